//! What a revocation takes along, and what it leaves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::example::{
    ACCESS_SECRET, CODE_SECRET, NOW, REFRESH_SECRET, REFRESHED_SECRET, client, consented, grant, grant_id, grant_with,
    presented, refreshed, selector,
};
use crate::token::Minted;

const NOTHING: (&[GrantId], &[(GrantId, Option<Selector>)]) = (&[], &[]);

fn access() -> Unverified {
    presented(Kind::Access, None, &ACCESS_SECRET)
}

fn refresh() -> Unverified {
    presented(Kind::Refresh, None, &REFRESH_SECRET)
}

fn of_a_refresh() -> Unverified {
    presented(Kind::Access, Some(selector()), &REFRESHED_SECRET)
}

fn other_id() -> GrantId {
    GrantId::random([6; 16])
}

/// Another grant of the same client, with the same secrets.
fn other() -> Grant {
    grant_with(|grant| grant.id = other_id())
}

fn of_other(kind: Kind, secret: &[u8; 20]) -> Unverified {
    Unverified::parse(&Minted::new(kind, other_id(), None, secret).text).unwrap()
}

fn revoking(tokens: &[(Unverified, Option<&Grant>, Option<&RefreshedToken>)]) -> Result<Revocation, Denial> {
    let tokens: Vec<_> = tokens
        .iter()
        .map(|(token, grant, access)| Presented { token: *token, grant: *grant, access: *access })
        .collect();
    revoke(&client(), &tokens)
}

#[test]
fn a_refresh_token_takes_its_whole_grant_along_and_an_access_token_goes_alone() {
    let (grant, item, id) = (grant(), refreshed(), grant_id());
    for (what, token, item, grants, accesses) in [
        ("a refresh token", refresh(), None, &[id][..], &[][..]),
        ("an access token", access(), None, &[], &[(id, None)][..]),
        ("a refreshed one", of_a_refresh(), Some(&item), &[], &[(id, Some(selector()))]),
    ] {
        let told = revoking(&[(token, Some(&grant), item)]).unwrap();
        assert_eq!((&told.grants[..], &told.accesses[..]), (grants, accesses), "{what}");
    }
}

#[test]
fn what_is_unknown_is_no_error_and_revokes_nothing() {
    let (grant, consented) = (grant(), consented());
    for (what, token, grant) in [
        ("no grant", access(), None),
        ("another secret", presented(Kind::Access, None, &[0; 20]), Some(&grant)),
        ("another kind", presented(Kind::Refresh, None, &ACCESS_SECRET), Some(&grant)),
        ("a refreshed token that is not there", of_a_refresh(), Some(&grant)),
        ("a code", presented(Kind::Code, None, &CODE_SECRET), Some(&consented)),
    ] {
        let told = revoking(&[(token, grant, None)]).unwrap();
        assert_eq!((&told.grants[..], &told.accesses[..]), NOTHING, "{what}");
    }
    assert_eq!(revoking(&[]), Ok(Revocation::default()));
}

#[test]
fn what_ended_before_is_not_revoked_again() {
    let first = grant_with(|grant| grant.access_revoked_at = Some(NOW));
    let whole = grant_with(|grant| grant.revoked_at = Some(NOW));
    let mut item = refreshed();
    item.revoked_at = Some(NOW);
    let good = refreshed();
    for (what, token, grant, item) in [
        ("the first access token", access(), &first, None),
        ("a refreshed one", of_a_refresh(), &first, Some(&item)),
        ("a refresh token of a revoked grant", refresh(), &whole, None),
        ("an access token of a revoked grant", access(), &whole, None),
        ("a refreshed one of a revoked grant", of_a_refresh(), &whole, Some(&good)),
    ] {
        let told = revoking(&[(token, Some(grant), item)]).unwrap();
        assert_eq!((&told.grants[..], &told.accesses[..]), NOTHING, "{what}");
    }
    // Each of the two knows its own end only.
    let told = revoking(&[(of_a_refresh(), Some(&first), Some(&good))]).unwrap();
    assert_eq!(told.accesses, [(grant_id(), Some(selector()))]);
    let told = revoking(&[(access(), Some(&grant()), Some(&item))]).unwrap();
    assert_eq!(told.accesses, [(grant_id(), None)]);
    // An access token that went alone leaves its refresh token to be revoked.
    assert_eq!(revoking(&[(refresh(), Some(&first), None)]).unwrap().grants, [grant_id()]);
}

#[test]
fn a_token_of_another_client_is_refused_and_nothing_at_all_is_revoked() {
    let theirs = grant_with(|grant| grant.client_id = "OTHER".into());
    let ended = grant_with(|grant| {
        grant.client_id = "OTHER".into();
        grant.revoked_at = Some(NOW);
    });
    let (mine, item) = (other(), refreshed());
    let of_mine = of_other(Kind::Refresh, &REFRESH_SECRET);
    for foreign in [&theirs, &ended] {
        for token in [access(), refresh(), of_a_refresh()] {
            for tokens in [
                &[(token, Some(foreign), Some(&item))][..],
                &[(of_mine, Some(&mine), None), (token, Some(foreign), Some(&item))],
                &[(token, Some(foreign), Some(&item)), (of_mine, Some(&mine), None)],
            ] {
                assert_eq!(revoking(tokens), Err(Denial::TokenForeign));
            }
        }
        // Whoever does not hold the token is told nothing.
        let told = revoking(&[(presented(Kind::Access, None, &[0; 20]), Some(foreign), None)]);
        assert_eq!(told, Ok(Revocation::default()));
    }
}

#[test]
fn of_two_tokens_a_grant_takes_its_own_along() {
    let (grant, other, item) = (grant(), other(), refreshed());
    let (id, other_id) = (grant_id(), other_id());
    let pair = |one, another| revoking(&[one, another]).map(|told| (told.grants, told.accesses)).unwrap();
    let refresh = (refresh(), Some(&grant), None);
    let access = (access(), Some(&grant), None);
    let refreshed = (of_a_refresh(), Some(&grant), Some(&item));
    let other_refresh = (of_other(Kind::Refresh, &REFRESH_SECRET), Some(&other), None);
    let other_access = (of_other(Kind::Access, &ACCESS_SECRET), Some(&other), None);
    for (one, another, grants, accesses) in [
        (refresh, access, vec![id], vec![]),
        (refresh, refreshed, vec![id], vec![]),
        (refresh, refresh, vec![id], vec![]),
        (access, access, vec![], vec![(id, None)]),
        (access, refreshed, vec![], vec![(id, None), (id, Some(selector()))]),
        (refresh, other_access, vec![id], vec![(other_id, None)]),
        (refresh, other_refresh, vec![id, other_id], vec![]),
        (access, other_access, vec![], vec![(id, None), (other_id, None)]),
    ] {
        assert_eq!(pair(one, another), (grants.clone(), accesses.clone()));
        let (mut reversed_grants, mut reversed_accesses) = pair(another, one);
        reversed_grants.reverse();
        reversed_accesses.reverse();
        assert_eq!((reversed_grants, reversed_accesses), (grants, accesses), "in whichever order");
    }
}
