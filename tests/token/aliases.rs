//! The paths that OAuth libraries know: each is another name of a route.

use bytes::Bytes;
use http::Method;
use latchkey_oauth::service::{AUTHORIZE, METADATA, OPENID, ROUTES};
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{ASK, World};

use super::stock::{PLAIN, members, sends};

#[tokio::test]
async fn every_alias_does_what_its_route_does_and_no_document_names_it() {
    let world = World::peopled().await;
    let client = world.client_with(sends).await;
    for path in ["/token", "/oauth2/token"] {
        let tokens = world.ask_basic(&client, path, PLAIN).await;
        let revoking = format!("token={}", tokens.member("refresh_token"));
        assert_eq!(world.ask_basic(&client, "/revoke", &revoking).await.status, 200, "{path}");
        let old = format!("refresh_token={}", tokens.member("refresh_token"));
        let headers = [("authorization", client.basic(true))];
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let target = format!("/revoke?{old}");
        assert_eq!(world.send(Method::PUT, &target, &headers, Bytes::new()).await.status, 200);
        assert_eq!(world.send(Method::OPTIONS, path, &[], Bytes::new()).await.status, 204);
    }
    assert_eq!(world.send(Method::OPTIONS, "/revoke", &[], Bytes::new()).await.status, 204);
    // A client that signs may call them too: its signature covers no path.
    let signs = world.client().await;
    let mut told = members(&world.ask(&signs, "/token", ASK).await).join(" ");
    told.truncate(40);
    assert_eq!(told, "access_token token_type expires_in expir");
    let (metadata, openid) = (
        world.send(Method::GET, METADATA, &[], Bytes::new()).await,
        world.send(Method::GET, OPENID, &[], Bytes::new()).await,
    );
    assert_eq!(metadata.text, openid.text);
    for name in ["jwks_uri", "id_token_signing_alg_values_supported", "subject_types_supported", "userinfo_endpoint"] {
        assert!(openid.body.get(name).is_none(), "{name} is not there");
    }
    for route in ROUTES.iter().filter(|route| route.is_alias && route.path != OPENID) {
        let named = metadata.text.contains(&format!("\"{}{}\"", world.url, route.path));
        assert!(!named, "{}", route.path);
    }
}

#[tokio::test]
async fn an_alias_of_the_pages_leads_to_them_with_the_whole_query() {
    let world = World::peopled().await;
    let client = world.client_with(sends).await;
    let query = request(&client, &[("state", "a b&=+%/\u{e9}")]);
    for path in ["/authorize", "/oauth2/authorize"] {
        for method in [Method::GET, Method::HEAD] {
            let reply = world.send(method, &format!("{path}?{query}"), &[], Bytes::new()).await;
            assert_eq!(reply.status, 303, "{path}");
            assert_eq!(reply.headers["location"], format!("{}{AUTHORIZE}?{query}", world.url));
            assert_eq!(reply.headers["cache-control"], "no-store");
            assert_eq!(world.last_log()["round_trips"], 0);
        }
        let long = format!("{path}?{}", "a".repeat(8 * 1024 + 1));
        world.send(Method::GET, &long, &[], Bytes::new()).await.shows(400);
    }
    let visitor = world.visitor();
    let led = visitor.get(&format!("/authorize?{query}")).await.location();
    let page = visitor.get(led.strip_prefix(&world.url).unwrap()).await;
    assert!(page.text.contains("name=\"username\""), "{}", page.text);
}
