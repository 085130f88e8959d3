//! Which tokens are good, and which may be revoked.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{
    ACCESS_SECRET, CODE_SECRET, NOW, REFRESH_SECRET, REFRESHED_SECRET, consented, grant, grant_with, key, presented,
    refreshed, selector,
};
use crate::grant::Redeemed;

fn access() -> Unverified {
    presented(Kind::Access, None, &ACCESS_SECRET)
}

fn refresh() -> Unverified {
    presented(Kind::Refresh, None, &REFRESH_SECRET)
}

fn of_a_refresh() -> Unverified {
    presented(Kind::Access, Some(selector()), &REFRESHED_SECRET)
}

#[test]
fn a_good_token_says_what_it_is_for_since_when_and_until_when() {
    for (token, kind, scope, issued_at, expires_at) in [
        (access(), Kind::Access, "A B refresh_token", Some(NOW), NOW + 1200),
        (refresh(), Kind::Refresh, "A B refresh_token", Some(NOW), NOW + 86_400),
        (of_a_refresh(), Kind::Access, "A", Some(NOW + 1200), NOW + 2400),
    ] {
        let (grant, item) = (grant(), refreshed());
        let good = active(&token, Some(&grant), Some(&item), 0, NOW).unwrap();
        assert_eq!((good.kind, good.scope.to_string().as_str()), (kind, scope));
        assert_eq!((good.issued_at, good.expires_at, good.grant.id), (issued_at, expires_at, grant.id));
    }
}

#[test]
fn a_token_is_good_until_its_last_second_and_not_beyond() {
    for (token, end) in [(access(), NOW + 1200), (refresh(), NOW + 86_400), (of_a_refresh(), NOW + 2400)] {
        for (now, good) in [(0, true), (end - 1, true), (end, false), (end + 1, false), (u64::MAX, false)] {
            let found = active(&token, Some(&grant()), Some(&refreshed()), 0, now).is_some();
            assert_eq!(found, good, "{:?} {:?} at {now}", token.kind, token.selector);
        }
    }
}

#[test]
fn what_is_none_of_the_grants_tokens_is_not_good_and_is_nobodys_to_revoke() {
    let item = refreshed();
    for (what, token, item) in [
        ("another secret", presented(Kind::Access, None, &[0; 20]), None),
        ("another refresh token", presented(Kind::Refresh, None, &[0; 20]), None),
        ("another refreshed token", presented(Kind::Access, Some(selector()), &[0; 20]), Some(&item)),
        ("an access token as a refresh token", presented(Kind::Refresh, None, &ACCESS_SECRET), None),
        ("a refresh token as an access token", presented(Kind::Access, None, &REFRESH_SECRET), None),
        ("an access token as a refreshed one", presented(Kind::Access, Some(selector()), &ACCESS_SECRET), Some(&item)),
        ("a refreshed token as the first one", presented(Kind::Access, None, &REFRESHED_SECRET), Some(&item)),
        ("a refreshed token that is not there", of_a_refresh(), None),
        ("a code", presented(Kind::Code, None, &CODE_SECRET), None),
        ("an access token as a code", presented(Kind::Code, None, &ACCESS_SECRET), None),
        ("a refresh token as a code", presented(Kind::Code, None, &REFRESH_SECRET), Some(&item)),
    ] {
        let grant = grant_with(|grant| grant.code = consented().code);
        assert!(active(&token, Some(&grant), item, 0, NOW).is_none(), "{what}");
        assert!(!belongs(&token, &grant, item), "{what}");
    }
}

#[test]
fn a_token_is_good_only_while_its_grant_is() {
    let revoked = grant_with(|grant| grant.revoked_at = Some(NOW));
    for token in [access(), refresh(), of_a_refresh()] {
        assert!(active(&token, Some(&revoked), Some(&refreshed()), 0, NOW).is_none());
        assert!(active(&token, None, Some(&refreshed()), 0, NOW).is_none(), "no grant, no token");
        assert!(belongs(&token, &revoked, Some(&refreshed())));
    }
}

#[test]
fn a_token_that_was_revoked_alone_takes_no_other_along() {
    let first_revoked = grant_with(|grant| grant.access_revoked_at = Some(NOW));
    let mut other_revoked = refreshed();
    other_revoked.revoked_at = Some(NOW);
    for (grant, item, good) in [
        (grant(), refreshed(), [true, true, true]),
        (first_revoked.clone(), refreshed(), [false, true, true]),
        (grant(), other_revoked.clone(), [true, true, false]),
        (first_revoked, other_revoked, [false, true, false]),
    ] {
        let tokens = [access(), refresh(), of_a_refresh()];
        assert_eq!(tokens.map(|token| active(&token, Some(&grant), Some(&item), 0, NOW).is_some()), good);
        assert_eq!(tokens.map(|token| belongs(&token, &grant, Some(&item))), [true; 3], "they stay their owner's");
    }
}

#[test]
fn a_grant_that_minted_nothing_yet_has_nothing_good() {
    for token in [access(), refresh(), presented(Kind::Code, None, &CODE_SECRET)] {
        assert!(active(&token, Some(&consented()), None, 0, NOW).is_none());
        assert!(!belongs(&token, &consented(), None));
    }
}

#[test]
fn tokens_of_a_code_were_issued_when_it_was_redeemed() {
    let redeemed = grant_with(|grant| {
        grant.code = consented().code;
        grant.code.as_mut().unwrap().redeemed = Some(Redeemed { at: NOW + 60, by: Some(key("redeeming")) });
    });
    for token in [access(), refresh()] {
        assert_eq!(active(&token, Some(&redeemed), None, 0, NOW + 60).unwrap().issued_at, Some(NOW + 60));
    }
    let mut item = refreshed();
    for created_at in [Some(NOW + 70), None] {
        item.created_at = created_at;
        let good = active(&of_a_refresh(), Some(&redeemed), Some(&item), 0, NOW + 70).unwrap();
        assert_eq!(good.issued_at, created_at, "older items do not say");
    }
}
