//! The user that a client names by client credentials: of which namespace, and where in the request.

use bytes::Bytes;
use http::Method;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::world::{ASK, ISSUE, REFRESH, World, refreshing};

const WMS: (&str, &str) = ("201571dd-b197", "urn:oclc:wms:da");
const LIBRARY: (&str, &str) = ("alice", "urn:latchkey:91475");
const OTHER_LIBRARY: (&str, &str) = ("alice", "urn:latchkey:128807");

/// A client as the commands register one: for the institution 91475, and so for its users.
async fn registered(world: &World) -> Signer {
    world
        .client_with(|client| {
            client.institutions = vec!["91475".into()];
            client.names_principal = true;
            client.namespaces = Some(vec![LIBRARY.1.into()]);
            client.signed_principal_required = true;
        })
        .await
}

fn ask() -> String {
    ASK.replace("128807", "91475")
}

fn naming((id, idns): (&str, &str)) -> String {
    format!("{}&principalID={id}&principalIDNS={idns}", ask())
}

async fn by_query(world: &World, client: &Signer, query: &str) -> Reply {
    world.ask(client, ISSUE, query).await
}

async fn by_header(world: &World, client: &Signer, query: &str, user: (&str, &str)) -> Reply {
    world.post(ISSUE, query, &client.sign_as(query, world.now(), Some(user), &[])).await
}

#[track_caller]
fn names(reply: &Reply, (id, idns): (&str, &str)) {
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!((reply.member("principalID"), reply.member("principalIDNS")), (id, idns));
}

/// Whether the last request was refused so, and wrote nothing.
#[track_caller]
fn refused(world: &World, reply: &Reply, error: &str, denial: &str) {
    reply.refuses(400, error);
    assert_eq!((&world.last_log()["denial"], &world.last_log()["write_units"]), (&denial.into(), &0.0.into()));
}

#[tokio::test]
async fn a_client_names_only_users_of_the_namespaces_of_its_registration() {
    let world = World::new().await;
    let client = registered(&world).await;
    names(&by_query(&world, &client, &naming(LIBRARY)).await, LIBRARY);
    for foreign in [OTHER_LIBRARY, WMS, ("alice", "urn:latchkey:91475x"), ("alice", "URN:LATCHKEY:91475"), ("x", "*")] {
        let reply = by_query(&world, &client, &naming(foreign)).await;
        refused(&world, &reply, "unauthorized_client", "namespace_not_allowed");
        assert!(reply.member("error_description").contains(foreign.1), "{}", reply.text);
    }
    let none = world.client_with(|client| (client.names_principal, client.namespaces) = (true, Some(vec![]))).await;
    let reply = by_query(&world, &none, &naming(LIBRARY)).await;
    refused(&world, &reply, "unauthorized_client", "namespace_not_allowed");
    // Nor by another spelling of a character: one form is compared.
    let composed = world
        .client_with(|client| {
            (client.names_principal, client.namespaces) = (true, Some(vec!["urn:b\u{FC}cher".into()]));
        })
        .await;
    let spelt =
        by_query(&world, &composed, &naming(("zoe%CC%88", "urn:bu%CC%88cher")).replace("91475", "128807")).await;
    names(&spelt, ("zo\u{EB}", "urn:b\u{FC}cher"));
}

#[tokio::test]
async fn a_stored_client_without_a_list_names_users_of_every_namespace_in_the_header_too() {
    let world = World::new().await;
    let client = world.client_with(|client| client.names_principal = true).await;
    for user in [WMS, LIBRARY, OTHER_LIBRARY] {
        names(&by_header(&world, &client, &ask(), user).await, user);
        names(&by_query(&world, &client, &naming(user)).await, user);
    }
}

#[tokio::test]
async fn a_namespace_that_was_withdrawn_refreshes_nothing_that_was_got_for_its_users() {
    let world = World::new().await;
    let client = registered(&world).await;
    let named = by_query(&world, &client, &naming(LIBRARY)).await;
    // The user of a code is at another institution.
    world.change(&client, |client| client.institutions.push("128807".into())).await;
    let code = world.code(&client, "WMS_NCIP refresh_token").await;
    let consented = world.redeem(&client, &code).await;
    assert_eq!(world.refresh(&client, named.member("refresh_token")).await.status, 200);
    world.change(&client, |client| client.namespaces = Some(vec![OTHER_LIBRARY.1.into()])).await;
    let reply = world.ask(&client, REFRESH, &refreshing(named.member("refresh_token"))).await;
    refused(&world, &reply, "unauthorized_client", "namespace_not_allowed");
    // A user who consented was not named by the client.
    assert_eq!(world.refresh(&client, consented.member("refresh_token")).await.status, 200);
    world.change(&client, |client| client.namespaces = None).await;
    assert_eq!(world.refresh(&client, named.member("refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_user_in_the_header_counts_only_if_the_registration_takes_it() {
    let world = World::new().await;
    let client = registered(&world).await;
    let reply = by_header(&world, &client, &ask(), LIBRARY).await;
    refused(&world, &reply, "unauthorized_client", "principal_unsigned");
    // In both places it is the signed one that counts.
    names(&by_header(&world, &client, &naming(LIBRARY), LIBRARY).await, LIBRARY);
    world.change(&client, |client| client.signed_principal_required = false).await;
    names(&by_header(&world, &client, &ask(), LIBRARY).await, LIBRARY);
}

#[tokio::test]
async fn a_header_that_was_changed_on_the_way_gives_no_token_for_another_user() {
    let world = World::new().await;
    for signed_principal_required in [true, false] {
        let client = registered(&world).await;
        world.change(&client, |client| client.signed_principal_required = signed_principal_required).await;
        for other in [("mallory", LIBRARY.1), (LIBRARY.0, "urn:latchkey:x"), OTHER_LIBRARY, ("", "")] {
            let query = naming(LIBRARY);
            let sent = client.sign_as(&query, world.now(), Some(LIBRARY), &[]);
            let changed = sent
                .replace("principalID=\"alice\"", &format!("principalID=\"{}\"", other.0))
                .replace("principalIDNS=\"urn:latchkey:91475\"", &format!("principalIDNS=\"{}\"", other.1));
            let reply = world.post(ISSUE, &query, &changed).await;
            if other == ("", "") {
                names(&reply, LIBRARY);
            } else {
                refused(&world, &reply, "invalid_request", "principal_differs");
            }
        }
        // The parameters themselves are covered.
        let sent = client.sign(&naming(LIBRARY), world.now());
        for changed in [naming(("mallory", LIBRARY.1)), naming(OTHER_LIBRARY), ask()] {
            world.post(ISSUE, &changed, &sent).await.refuses(401, "invalid_client");
        }
    }
}

#[tokio::test]
async fn a_user_in_a_form_under_a_body_hash_is_signed_too() {
    let world = World::new().await;
    let client = registered(&world).await;
    let form = naming(LIBRARY);
    let authorization = client.sign_as("", world.now(), None, form.as_bytes());
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    names(&world.send(Method::POST, ISSUE, &headers, Bytes::from(form)).await, LIBRARY);
}

#[tokio::test]
async fn parameters_name_a_user_whole_once_and_as_text() {
    let world = World::new().await;
    let client = registered(&world).await;
    let long = "x".repeat(257);
    for (parameters, denial) in [
        ("principalID=alice", "principal_incomplete"),
        ("principalIDNS=urn:latchkey:91475", "principal_incomplete"),
        ("principalID=alice&principalIDNS=", "principal_incomplete"),
        ("principalID=a&principalID=a&principalIDNS=urn:latchkey:91475", "parameter_repeated"),
        ("principalID=j%EF%BF%BDrg&principalIDNS=urn:latchkey:91475", "principal_not_text"),
        ("principalID=a%0Ab&principalIDNS=urn:latchkey:91475", "parameter_invalid"),
        ("principalID=a%00&principalIDNS=urn:latchkey:91475", "parameter_invalid"),
        (&format!("principalID={long}&principalIDNS=urn:latchkey:91475"), "parameter_invalid"),
        (&format!("principalID=a&principalIDNS={long}"), "parameter_invalid"),
    ] {
        let reply = by_query(&world, &client, &format!("{}&{parameters}", ask())).await;
        refused(&world, &reply, "invalid_request", denial);
    }
    let whole = naming(("%22a%20b%22%7C%C3%A9", LIBRARY.1));
    names(&by_query(&world, &client, &whole).await, ("\"a b\"|\u{e9}", LIBRARY.1));
    // Half a user in the header is refused beside a whole one in the parameters.
    let authorization = format!("{}, principalID=\"alice\"", client.sign(&naming(LIBRARY), world.now()));
    let reply = world.post(ISSUE, &naming(LIBRARY), &authorization).await;
    refused(&world, &reply, "invalid_request", "principal_incomplete");
    // Empty ones are none.
    let empty = by_query(&world, &client, &naming(("", ""))).await;
    names(&empty, ("", ""));
}

#[tokio::test]
async fn a_client_that_may_name_no_user_is_refused_wherever_it_names_one() {
    let world = World::new().await;
    let client = world.client().await;
    for reply in [by_query(&world, &client, &naming(LIBRARY)).await, by_header(&world, &client, &ask(), LIBRARY).await]
    {
        reply.refuses(400, "unauthorized_client");
        assert_eq!(world.last_log()["denial"], "principal_not_allowed");
    }
}
