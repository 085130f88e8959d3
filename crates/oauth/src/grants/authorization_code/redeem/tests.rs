//! What a code is redeemed for, once, and what leaves it as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::error::Sent;
use crate::example::{
    ACCESS_SECRET, CHALLENGE, CODE_SECRET, NOW, REDIRECT_URI, VERIFIER, client, consented, entropy, grant_id,
    institutions, institutions_of, key, presented, principal, replay, scope,
};
use crate::token::{Minted, TokenHash};

/// A grant, what is presented for it, by whom and when.
struct Case {
    client: Client,
    grant: Option<Grant>,
    code: Option<Unverified>,
    redirect_uri: Option<&'static str>,
    institutions: NamedInstitutions,
    verifier: Option<&'static str>,
    request: &'static str,
    now: u64,
}

type Edit = fn(&mut Case);

/// A good redemption, but for `edit`.
fn case(edit: impl FnOnce(&mut Case)) -> Case {
    let mut case = Case {
        client: client(),
        grant: Some(consented()),
        code: Some(presented(Kind::Code, None, &CODE_SECRET)),
        redirect_uri: Some(REDIRECT_URI),
        institutions: institutions().into(),
        verifier: None,
        request: "redeeming",
        now: NOW,
    };
    edit(&mut case);
    case
}

impl Case {
    fn grant(&mut self) -> &mut Grant {
        self.grant.as_mut().unwrap()
    }

    fn code(&mut self) -> &mut Code {
        self.grant().code.as_mut().unwrap()
    }

    fn redeem(&self) -> Result<(Redemption, TokenResponse), Denied> {
        let asked = RedemptionRequest {
            code: self.code,
            redirect_uri: self.redirect_uri,
            institutions: self.institutions.clone(),
            verifier: self.verifier,
        };
        let request = replay(self.request);
        redeem(&self.client, self.grant.as_ref(), &asked, &request, &Settings::default(), &entropy(), self.now)
    }

    /// The refusal, and whether it revokes.
    fn refused(&self) -> Option<(Denial, bool)> {
        self.redeem().err().map(|denied| (denied.denial, denied.revoke))
    }
}

#[test]
fn what_is_no_code_of_this_client_is_refused_as_an_unknown_one_and_revokes_nothing() {
    let cases: &[(&str, Edit)] = &[
        ("no grant", |case| case.grant = None),
        ("no code", |case| case.code = None),
        ("another secret", |case| case.code = Some(presented(Kind::Code, None, &[0; 20]))),
        ("its secret as an access token's", |case| case.code = Some(presented(Kind::Access, None, &CODE_SECRET))),
        ("its secret as a refresh token's", |case| case.code = Some(presented(Kind::Refresh, None, &CODE_SECRET))),
        ("an access token's secret", |case| case.code = Some(presented(Kind::Code, None, &ACCESS_SECRET))),
        ("another client's", |case| case.grant().client_id = "OTHER".into()),
        ("a grant without one", |case| case.grant().code = None),
        ("another client's, redeemed", |case| {
            case.grant().client_id = "OTHER".into();
            case.code().redeemed = Some(Redeemed { at: NOW, by: Some(key("before")) });
        }),
        ("another secret, redeemed", |case| {
            case.code = Some(presented(Kind::Code, None, &[0; 20]));
            case.code().redeemed = Some(Redeemed { at: NOW, by: Some(key("before")) });
        }),
    ];
    for (what, edit) in cases {
        assert_eq!(case(edit).refused(), Some((Denial::CodeUnknown, false)), "{what}");
    }
}

#[test]
fn a_refusal_for_another_reason_leaves_the_code_good() {
    let cases: &[(Edit, Denial)] = &[
        (
            |case| case.client.grant_types = vec![GrantType::RefreshToken],
            Denial::GrantTypeNotAllowed(GrantType::AuthorizationCode),
        ),
        (|case| case.grant().revoked_at = Some(NOW), Denial::GrantRevoked),
        (|case| case.client.not_before = Some(case.grant().created_at + 1), Denial::GrantTooOld),
        (|case| case.redirect_uri = Some("https://app.example/done/"), Denial::RedirectUriDiffers),
        (|case| case.redirect_uri = Some(""), Denial::RedirectUriDiffers),
        // Another one of the client's own.
        (
            |case| {
                case.client.redirect_uris.push("https://app.example/other".into());
                case.redirect_uri = Some("https://app.example/other");
            },
            Denial::RedirectUriDiffers,
        ),
        // The client has lost it since.
        (|case| case.client.redirect_uris.clear(), Denial::RedirectUriDiffers),
        (|case| case.institutions = institutions_of("91475", "128807").into(), Denial::InstitutionsDiffer),
        (|case| case.institutions = institutions_of("128807", "128807").into(), Denial::InstitutionsDiffer),
        (
            |case| case.client.institutions = vec!["128807".into()],
            Denial::InstitutionNotAllowed("contextInstitutionId", Sent::of("91475")),
        ),
        (|case| case.client.scopes.clear(), Denial::ScopeNotAllowed(Sent::of("A B refresh_token"))),
    ];
    for (edit, denial) in cases {
        assert_eq!(case(edit).refused(), Some((denial.clone(), false)));
    }
}

#[test]
fn a_code_works_until_its_last_second_and_not_beyond() {
    for (now, expired) in [(NOW, false), (NOW + 599, false), (NOW + 600, true), (NOW + 601, true)] {
        let refused = case(|case| case.now = now).refused();
        assert_eq!(refused, expired.then_some((Denial::CodeExpired, false)), "{}", now - NOW);
    }
}

#[test]
fn a_code_works_once_and_a_second_use_revokes_what_the_first_produced() {
    // The same request again is a copy of it, and does no harm.
    for (request, revoked, told) in [
        ("another", false, (Denial::CodeRedeemed, true)),
        ("another", true, (Denial::CodeRedeemed, false)),
        ("redeeming", false, (replay("redeeming").refusal(), false)),
        ("redeeming", true, (replay("redeeming").refusal(), false)),
    ] {
        // However late, and whatever else is wrong.
        for at in [NOW, NOW + 600, NOW + 80_000] {
            for redirect_uri in [REDIRECT_URI, "https://evil.example/"] {
                let case = case(|case| {
                    case.code().redeemed = Some(Redeemed { at: NOW, by: Some(key("redeeming")) });
                    case.grant().revoked_at = revoked.then_some(NOW);
                    (case.request, case.redirect_uri, case.now) = (request, Some(redirect_uri), at);
                });
                assert_eq!(case.refused(), Some(told.clone()), "{request} {revoked} {at}");
            }
        }
    }
}

#[test]
fn a_challenge_demands_its_verifier_and_a_verifier_its_challenge() {
    for (challenge, verifier, denial) in [
        (None, None, None),
        (Some(CHALLENGE), Some(VERIFIER), None),
        (Some(CHALLENGE), None, Some(Denial::Verifier(VerifierError::Missing))),
        (None, Some(VERIFIER), Some(Denial::Verifier(VerifierError::Unexpected))),
        (
            Some(CHALLENGE),
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXj"),
            Some(Denial::Verifier(VerifierError::Wrong)),
        ),
        // What `plain` would take.
        (Some(CHALLENGE), Some(CHALLENGE), Some(Denial::Verifier(VerifierError::Wrong))),
        (Some(CHALLENGE), Some(""), Some(Denial::Verifier(VerifierError::Malformed))),
        (Some(""), Some(""), Some(Denial::Verifier(VerifierError::Malformed))),
        (
            Some(CHALLENGE),
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX"),
            Some(Denial::Verifier(VerifierError::Malformed)),
        ),
        (
            Some(CHALLENGE),
            Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjX="),
            Some(Denial::Verifier(VerifierError::Malformed)),
        ),
        (None, Some("short"), Some(Denial::Verifier(VerifierError::Unexpected))),
    ] {
        let case = case(|case| {
            case.code().challenge = challenge.map(str::to_owned);
            case.verifier = verifier;
        });
        assert_eq!(case.refused(), denial.map(|denial| (denial, false)), "{challenge:?} {verifier:?}");
    }
}

#[test]
fn a_code_gets_tokens_for_its_user() {
    for (granted, left, refreshes) in [("A B", "A B", false), ("A refresh_token", "A refresh_token", true)] {
        let case = case(|case| case.grant().scope = scope(granted));
        let (redemption, told) = case.redeem().ok().unwrap();
        assert_eq!((redemption.id, &redemption.scope, &told.scope), (grant_id(), &scope(left), &scope(left)));
        assert_eq!((redemption.redeemed.at, redemption.redeemed.by), (NOW, Some(key("redeeming"))));
        let text = Minted::new(Kind::Access, grant_id(), None, &entropy().access).text;
        assert_eq!((&*told.access.token.text, told.access.expires_at), (&*text, NOW + 1200));
        assert!(redemption.access.hash == TokenHash::of(&entropy().access));
        assert_eq!(redemption.access.expires_at, NOW + 1200);
        assert_eq!((redemption.refresh.is_some(), told.refresh.is_some()), (refreshes, refreshes));
        if let (Some(stored), Some(refresh)) = (redemption.refresh, told.refresh) {
            assert!(stored.hash == refresh.token.hash && stored.hash == TokenHash::of(&entropy().refresh));
            assert_eq!((stored.expires_at, refresh.expires_at), (NOW + 86_400, NOW + 86_400));
        }
        assert_eq!((told.institutions, told.principal), (institutions(), Some(principal())));
    }
}

#[test]
fn the_grants_own_bound_of_a_refresh_token_counts_beside_todays_settings() {
    for (most, own, life) in [(Some(60), None, 60), (Some(90_000), None, 86_400), (Some(60), Some(50), 50)] {
        let case = case(|case| {
            case.grant().refresh_seconds = most;
            case.client.refresh_token_seconds = own;
        });
        let (redemption, told) = case.redeem().ok().unwrap();
        assert_eq!(told.refresh.unwrap().expires_at, NOW + life, "{most:?} {own:?}");
        assert_eq!(redemption.refresh.unwrap().expires_at, NOW + life);
    }
}

#[test]
fn a_scope_that_the_client_lost_since_the_consent_is_not_minted() {
    let case = case(|case| {
        case.client.scopes = vec!["A".into()];
        case.client.grant_types = vec![GrantType::AuthorizationCode];
    });
    let (redemption, told) = case.redeem().ok().unwrap();
    assert_eq!((redemption.scope, told.scope), (scope("A"), scope("A")));
    assert!(redemption.refresh.is_none() && told.refresh.is_none());
}

#[test]
fn a_redeemed_grants_item_outlives_its_tokens_its_request_and_its_form() {
    for (granted, was_kept, kept) in
        [("A", 600, 7201), ("A", 7202, 7202), ("A refresh_token", 600, 87_600), ("A refresh_token", 87_601, 87_601)]
    {
        let case = case(|case| {
            case.grant().scope = scope(granted);
            case.grant().expires_at = NOW + was_kept;
        });
        assert_eq!(case.redeem().ok().unwrap().0.expires_at, NOW + kept, "{granted} {was_kept}");
    }
}

#[test]
fn a_redirect_uri_may_be_left_out_only_with_pkce_or_where_the_client_has_just_that_one() {
    let missing = Some((Denial::ParameterMissing("redirect_uri"), false));
    let differs = Some((Denial::RedirectUriDiffers, false));
    fn two(case: &mut Case) {
        case.client.redirect_uris.push("https://app.example/other".into());
    }
    fn pkce(case: &mut Case) {
        case.code().challenge = Some(CHALLENGE.into());
        case.verifier = Some(VERIFIER);
    }
    fn lost(case: &mut Case) {
        case.client.redirect_uris = vec!["https://app.example/other".into()];
    }
    let cases: &[(&str, &[Edit], _)] = &[
        ("its only one", &[], None),
        ("one of two", &[two], missing.clone()),
        ("one of two, with PKCE", &[two, pkce], None),
        ("lost since", &[lost], missing),
        ("lost since, with PKCE", &[pkce, lost], differs),
    ];
    for (what, edits, told) in cases {
        let case = case(|case| {
            case.redirect_uri = None;
            edits.iter().for_each(|edit| edit(case));
        });
        assert_eq!(case.refused(), *told, "{what}");
    }
}

#[test]
fn institutions_that_are_not_named_are_those_of_the_code() {
    for (authenticating, context, told) in [
        (None, None, None),
        (Some("128807"), None, None),
        (None, Some("91475"), None),
        (None, Some("128807"), Some((Denial::InstitutionsDiffer, false))),
    ] {
        let case = case(|case| {
            let named = |id: Option<&str>| id.map(str::to_owned);
            case.institutions = NamedInstitutions { authenticating: named(authenticating), context: named(context) };
        });
        assert_eq!(case.refused(), told, "{authenticating:?} {context:?}");
    }
}
