//! What is pushed with a client assertion: `client_secret_jwt` and `private_key_jwt`.

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::service::PUSH;
use latchkey_testkit::assertion::{Key, PAIRS, parameters};
use latchkey_testkit::visitor::request;
use latchkey_testkit::world::{INTROSPECT, ISSUE, World, redemption};

use super::address;

/// By its secret, and by each kind of key pair.
#[tokio::test]
async fn a_client_pushes_with_an_assertion_of_each_kind_and_its_user_allows_what_was_pushed() {
    let world = World::peopled().await;
    for pair in [&[None][..], &PAIRS.map(Some)].concat() {
        let method = if pair.is_none() { AuthMethod::SecretJwt } else { AuthMethod::PrivateKeyJwt };
        let edit = |client: &mut Client| {
            client.auth_methods = vec![method];
            client.keys = pair.iter().map(Key::registered).collect();
            if pair.is_some() {
                client.secrets.clear();
            }
        };
        let client = world.client_with(edit).await;
        let wrong = if pair.is_none() { Key::Secret("wrong".into()) } else { Key::Seed(9) };
        let key = pair.unwrap_or_else(|| client.shared_key());
        let asked = request(&client, &[("scope", "WMS_NCIP")]);
        let pushed = world.post_form(PUSH, &[], &world.asserted(&key, &client, &asked)).await;
        let line = world.last_log();
        assert_eq!(
            (&line["outcome"], &line["authenticates_by"]),
            (&"pushed".into(), &method.as_str().into()),
            "{line}"
        );
        assert_eq!((&line["round_trips"], &line["write_units"]), (&1.into(), &0.0.into()), "{line}");
        let address = address(&client, &pushed);
        let code = world.visitor().allow(&address).await.given("code").unwrap();
        let tokens = world.post_form(ISSUE, &[], &world.asserted(&key, &client, &redemption(&code))).await;
        assert_eq!(tokens.member("principalID"), "alice-id", "{}", tokens.text);
        // RFC 9126 section 2: this endpoint and that of tokens name the service here, and no other does.
        let for_endpoint = |path: &str| {
            let mut claims = world.claims(&client.id);
            claims["aud"] = format!("{}{path}", world.issuer()).into();
            key.assert(&claims)
        };
        for (assertion, denial) in [
            (for_endpoint(PUSH), None),
            (for_endpoint(ISSUE), None),
            (for_endpoint(INTROSPECT), Some("assertion_audience_wrong")),
            (wrong.assert(&world.claims(&client.id)), Some("assertion_wrong")),
        ] {
            let reply = world.post_form(PUSH, &[], &format!("{asked}&{}", parameters(&assertion))).await;
            assert_eq!(world.last_log()["denial"].as_str(), denial, "{method:?}: {}", reply.text);
            match denial {
                None => assert_eq!(reply.status, 201),
                Some(_) => _ = reply.refuses(401, "invalid_client"),
            }
        }
    }
}
