//! When a grant ends, and what an application is told to have been allowed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{NOW, consented, grant, grant_with, institutions_of, scope};
use crate::grant::device::Device;
use crate::grant::{Code, Redeemed, StoredToken};
use crate::token::TokenHash;

/// In how many seconds what an application was allowed ends; none within if that is not known yet, none at all if it has ended.
fn until(grant: Grant) -> Option<Option<u64>> {
    let grants = [grant];
    let found = applications(&grants, &Settings::default(), NOW);
    found.first().map(|one| one.allowed(None).unwrap().until.map(|until| until - NOW))
}

#[test]
fn a_grant_ends_with_the_last_that_can_be_done_with_it() {
    let code = |edit: fn(&mut Code)| {
        let mut grant = consented();
        edit(grant.code.as_mut().unwrap());
        grant
    };
    let device = |answer, redeemed| {
        grant_with(|grant| {
            (grant.access, grant.refresh) = (None, None);
            let hash = TokenHash::of(&[1; 20]);
            grant.device = Some(Device { hash, expires_at: NOW + 900, answer, poll: None, redeemed });
        })
    };
    let redeemed = Some(Redeemed { at: NOW, by: None });
    for (grant, ends) in [
        (grant(), Some(Some(87_600))),
        (grant_with(|grant| grant.refresh = None), Some(Some(1200))),
        (grant_with(|grant| (grant.refresh, grant.access_revoked_at) = (None, Some(NOW))), None),
        (grant_with(|grant| grant.expires_at = NOW + 60), Some(Some(60))),
        (grant_with(|grant| grant.expires_at = NOW), None),
        (grant_with(|grant| grant.revoked_at = Some(NOW)), None),
        (
            grant_with(|grant| {
                (grant.access, grant.refresh) =
                    (None, Some(StoredToken { hash: TokenHash::of(&[2; 20]), expires_at: NOW }))
            }),
            Some(Some(1200)),
        ),
        (consented(), Some(None)),
        (code(|code| code.expires_at = NOW), None),
        (code(|code| code.redeemed = Some(Redeemed { at: NOW, by: None })), None),
        (device(None, None), None),
        (device(Some(Answer::Denied(NOW)), None), None),
        (device(Some(Answer::Allowed(NOW)), None), Some(None)),
        (device(Some(Answer::Allowed(NOW)), redeemed), None),
    ] {
        assert_eq!(until(grant), ends);
    }
}

#[test]
fn what_a_device_was_allowed_counts_from_the_answer_and_not_from_its_request() {
    let since = |answer| {
        let hash = TokenHash::of(&[1; 20]);
        let device = Some(Device { hash, expires_at: NOW + 900, answer, poll: None, redeemed: None });
        let grants = [grant_with(|grant| (grant.created_at, grant.device) = (NOW - 60, device))];
        let found = applications(&grants, &Settings::default(), NOW);
        found[0].allowed(None).unwrap().since
    };
    assert_eq!(since(Some(Answer::Allowed(NOW - 5))), NOW - 5);
    assert_eq!(since(None), NOW - 60);
}

#[test]
fn an_application_is_told_once_with_all_that_it_was_allowed() {
    let newest = grant_with(|grant| {
        (grant.scope, grant.created_at) = (scope("B refresh_token"), NOW - 10);
        grant.institutions.context = "2".into();
    });
    let oldest = Grant {
        created_at: NOW - 100,
        expires_at: NOW + 600,
        scope: scope("A B"),
        institutions: institutions_of("1", "1"),
        ..consented()
    };
    let other = grant_with(|grant| grant.client_id = "another".into());
    let grants = [newest, other, oldest];
    let found = applications(&grants, &Settings::default(), NOW);
    assert_eq!(found.iter().map(|one| one.client_id).collect::<Vec<_>>(), [grants[0].client_id.as_str(), "another"]);
    let told = found[0].allowed(None).unwrap();
    assert_eq!((told.institutions, told.services), (vec!["2", "1"], vec!["B", "A"]));
    assert_eq!((told.since, told.until), (NOW - 100, None));
    assert_eq!(told.redirect_uri, Some(crate::example::REDIRECT_URI));
    // What the registration or the deployment ended is not counted.
    let mut client = Client::without_secret(grants[0].client_id.clone(), "name".into(), NOW);
    client.not_before = Some(NOW - 50);
    let told = found[0].allowed(Some(&client)).unwrap();
    assert_eq!((told.since, told.until), (NOW - 10, Some(NOW + 87_600)));
    client.not_before = Some(NOW);
    assert_eq!(found[0].allowed(Some(&client)), None);
    let settings = Settings { not_before: NOW - 50, ..Settings::default() };
    assert_eq!(applications(&grants, &settings, NOW)[0].allowed(None).unwrap().since, NOW - 10);
}
