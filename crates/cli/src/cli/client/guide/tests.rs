//! Guides for every registration: what stands in them, and what is refused.

#![allow(clippy::unwrap_used)]

use latchkey_oauth::auth_method::AuthMethod;
use latchkey_oauth::client::Client;
use latchkey_oauth::grant_type::GrantType;
use latchkey_oauth::jose::PublicKey;
use latchkey_oauth::user::DescribedScope;

use super::library::{Does, LIBRARIES, Library};
use super::signer;
use super::text::{Guide, heading, of};

const EVERY: [GrantType; 3] = [GrantType::ClientCredentials, GrantType::AuthorizationCode, GrantType::RefreshToken];
const DEVICE: [GrantType; 2] = [GrantType::DeviceCode, GrantType::RefreshToken];

fn client(methods: &[AuthMethod], grant_types: &[GrantType], introspects: bool) -> Client {
    let mut client =
        Client::without_secret("it's \\n${HOME}$(id)`id`#{1}@x".to_owned(), "A \u{2028}\"B\"\\".to_owned(), 0);
    client.auth_methods = methods.to_vec();
    client.grant_types = grant_types.to_vec();
    client.scopes = vec!["WMS_NCIP".to_owned(), "$('a')".to_owned()];
    client.institutions = vec!["128807".to_owned()];
    client.redirect_uris = vec!["https://app.example/it's$(1)".to_owned(), "https://app.example/other".to_owned()];
    if client.authenticates_by(AuthMethod::PrivateKeyJwt) {
        let key = r#"{"kty":"OKP","crv":"Ed25519","kid":"k'$(id)","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        client.keys = vec![(&PublicKey::parse(key).unwrap()).into()];
    }
    client.assertion_seconds = client.asserts().then_some(3600);
    client.introspects = if introspects { vec!["WMS_NCIP".to_owned()] } else { Vec::new() };
    client
}

/// Each registration that makes a difference to a template.
fn registrations() -> Vec<Client> {
    let secrets =
        [AuthMethod::WsKey, AuthMethod::Basic, AuthMethod::Post, AuthMethod::SecretJwt, AuthMethod::PrivateKeyJwt];
    let grant_types = [&EVERY[..], &EVERY[..1], &EVERY[1..2], &EVERY[..2], &EVERY[1..], &DEVICE[..], &[]];
    let with_secret = secrets.into_iter().flat_map(|method| {
        grant_types
            .into_iter()
            .flat_map(move |types| [true, false].map(|introspects| client(&[method], types, introspects)))
    });
    with_secret.chain([client(&[AuthMethod::None], &EVERY[1..2], false)]).collect()
}

fn rendered(library: &Library, client: &Client, issuer: &str) -> Option<String> {
    let method = library.fits(client).ok()?;
    let known = [DescribedScope { scope: "WMS_NCIP".to_owned(), name: "Borrow\nand \"return\"\\".to_owned() }];
    let key = signer(client, method, None).unwrap();
    let guide = Guide::new(library, client, (method, key), issuer, Some("128807"));
    Some(format!("{}\n{}", heading(library, client, &guide, &known), of(library, &guide).unwrap()))
}

#[test]
fn each_library_has_a_guide_for_each_registration_that_it_fits_without_a_placeholder() {
    for library in &LIBRARIES {
        let mut fitting = 0;
        for client in registrations() {
            for issuer in ["https://auth.example", "http://127.0.0.1:8080"] {
                let Some(text) = rendered(library, &client, issuer) else { continue };
                fitting += 1;
                for left in ["{{", "}}", "{%", "%}", "guide."] {
                    assert!(!text.contains(left), "{} has {left}:\n{text}", library.name);
                }
                assert!(text.contains(issuer), "{text}");
                let by_key = client.authenticates_by(AuthMethod::PrivateKeyJwt);
                assert!(client.is_public() || by_key || text.contains("LATCHKEY_SECRET"), "{text}");
                assert_eq!(by_key, text.contains("PRIVATE_KEY_FILE") && text.contains("k'$(id)"), "{text}");
                assert!(!text.contains("\n\n\n\n") && !text.contains(" \n"), "{}:\n{text}", library.name);
                let comments: Vec<_> = text.lines().take_while(|line| line.starts_with(library.comment)).collect();
                assert!(comments.iter().any(|line| line.contains("\"A ?\"B\"\\\"")), "{text}");
                assert!(comments.iter().all(|line| !line.ends_with('\\')), "{text}");
                let code = !matches!(library.does, Does::Guards) && client.may_use(GrantType::AuthorizationCode);
                assert_eq!(
                    comments.iter().any(|line| line.contains("or https://app.example/other")),
                    code && library.uses(GrantType::AuthorizationCode, &client)
                );
            }
        }
        assert!(fitting > 0, "{}", library.name);
    }
}

#[test]
fn what_a_library_does_stands_in_its_guide_only_if_the_client_may() {
    let library = |name: &str| LIBRARIES.iter().find(|library| library.name == name).unwrap();
    let text = |name: &str, client: &Client| rendered(library(name), client, "https://auth.example").unwrap();
    let all = client(&[AuthMethod::Basic], &EVERY, true);
    for word in ["own", "begin", "refresh", "isActive", "revoke", "refresh_token"] {
        assert!(text("openid-client", &all).contains(word), "{word}");
    }
    let own = text("openid-client", &client(&[AuthMethod::Basic], &EVERY[..1], false));
    assert!(
        own.contains("own") && !own.contains("begin") && !own.contains("isActive") && !own.contains("refresh("),
        "{own}"
    );
    let public = text("openid-client", &client(&[AuthMethod::None], &EVERY[1..2], false));
    assert!(
        public.contains("client.None()") && !public.contains("SECRET") && !public.contains(" refresh_token\""),
        "{public}"
    );
    assert!(!text("openid-client", &all).contains("allowInsecure"));
    // The client of an API gets no tokens.
    let owner = text("authlib", &client(&[AuthMethod::Basic], &[], true));
    assert!(owner.contains("def is_active") && !owner.contains("def revoke") && !owner.contains("def own"), "{owner}");
    // The best method of those that both have.
    let both = client(&[AuthMethod::WsKey, AuthMethod::Post, AuthMethod::Basic], &EVERY, false);
    assert!(text("authlib", &both).contains("client_secret_basic"));
    assert!(text("passport-oauth2", &both).contains("by client_secret_post"));
    assert!(text("oclc-wskey", &both).contains("by wskey"));
}

/// What a guide says of refreshes, in one library or another.
const REFRESHES: [&str; 9] = [
    "refresh(",
    "refresh =",
    "refreshToken(",
    "refreshed(",
    "refresh!",
    "refreshes",
    "refresh_token_path",
    "grant_type=refresh_token",
    " refresh_token\"",
];

#[test]
fn a_refresh_stands_in_a_guide_only_if_the_client_may_refresh_and_then_in_each_that_signs_users_in() {
    let methods =
        [AuthMethod::WsKey, AuthMethod::Basic, AuthMethod::Post, AuthMethod::SecretJwt, AuthMethod::PrivateKeyJwt];
    for library in &LIBRARIES {
        for method in methods.into_iter().filter(|method| library.methods.contains(method)) {
            for grant_types in [&EVERY[..2], &EVERY[..1], &EVERY[1..2]] {
                let once = client(&[method], grant_types, true);
                let Some(text) = rendered(library, &once, "https://auth.example") else { continue };
                for word in REFRESHES {
                    assert!(!text.contains(word), "{} has {word}:\n{text}", library.name);
                }
                let again = client(&[method], &[grant_types, &EVERY[2..]].concat(), true);
                let text = rendered(library, &again, "https://auth.example").unwrap();
                let shows = REFRESHES.iter().any(|word| text.contains(word));
                assert_eq!(shows, library.uses(GrantType::AuthorizationCode, &again), "{}:\n{text}", library.name);
            }
        }
    }
}

#[test]
fn a_client_that_must_push_does_so_where_the_library_can_and_has_its_own_tokens_elsewhere() {
    let mut pushing = client(&[AuthMethod::Basic], &EVERY, false);
    pushing.require_pushed_requests = true;
    let text = |name: &str| {
        let library = LIBRARIES.iter().find(|library| library.name == name).unwrap();
        rendered(library, &pushing, "https://auth.example").unwrap()
    };
    for name in ["openid-client", "oauth4webapi"] {
        assert!(
            text(name).contains("began(client.buildAuthorizationUrlWithPAR)") || text(name).contains("began(pushed)")
        );
        assert!(!text(name).contains("beginPushed"), "{}", text(name));
    }
    let own = text("curl");
    assert!(own.contains("own()") && !own.contains("begin"), "{own}");
}

#[test]
fn a_client_of_the_device_grant_is_shown_it_where_the_library_has_it_and_told_of_another_where_not() {
    let both = client(&[AuthMethod::Basic], &[&EVERY[..], &DEVICE[..1]].concat(), false);
    let only = client(&[AuthMethod::Basic], &DEVICE, false);
    let plain = client(&[AuthMethod::Basic], &EVERY, false);
    for (name, begins) in [
        ("openid-client", "export const beginDevice"),
        ("oauth4webapi", "export async function beginDevice"),
        ("authlib", "def begin_device"),
        ("requests-oauthlib", "def begin_device"),
        ("curl", "begin_device() {"),
    ] {
        let library = LIBRARIES.iter().find(|library| library.name == name).unwrap();
        let text = |client: &Client| rendered(library, client, "https://auth.example").unwrap();
        for client in [&both, &only] {
            let text = text(client);
            assert!(text.contains(begins) && text.contains("latchkey token device does this"), "{text}");
            // Its tokens are refreshed, so its scope asks for that.
            assert!(text.contains("refresh_token\"") || text.contains("refresh_token'"), "{text}");
        }
        assert!(!text(&only).contains("redirect") && !text(&only).contains("begin("), "{}", text(&only));
        assert!(!text(&plain).contains("evice"), "{}", text(&plain));
    }
    let go = LIBRARIES.iter().find(|library| library.name == "go-oauth2").unwrap();
    let text = rendered(go, &both, "https://auth.example").unwrap();
    assert!(text.contains("device grant, and go-oauth2 has none: latchkey token device gets tokens by it."), "{text}");
    let refused = go.fits(&only).unwrap_err();
    assert!(
        refused.contains("is registered for urn:ietf:params:oauth:grant-type:device_code, refresh_token;"),
        "{refused}"
    );
}

#[test]
fn an_institution_is_named_where_the_registration_has_more_than_one() {
    let mut many = client(&[AuthMethod::Basic], &EVERY, false);
    let authlib = LIBRARIES.iter().find(|library| library.name == "authlib").unwrap();
    assert!(!rendered(authlib, &many, "https://auth.example").unwrap().contains("context:"));
    many.institutions.push("91475".to_owned());
    assert!(rendered(authlib, &many, "https://auth.example").unwrap().contains("WMS_NCIP $('a') context:128807\""));
}

#[test]
fn a_library_that_cannot_do_what_the_client_is_registered_for_is_refused_with_the_command_that_changes_it() {
    let plain = |methods: &[AuthMethod], types: &[GrantType]| {
        let mut client = client(methods, types, false);
        client.id = "app".to_owned();
        client
    };
    let mut colon = plain(&[AuthMethod::Basic], &EVERY);
    colon.id = "urn:app".to_owned();
    let mut nowhere = plain(&[AuthMethod::Basic], &EVERY[..1]);
    nowhere.redirect_uris.clear();
    let mut pushing = plain(&[AuthMethod::Basic, AuthMethod::Post], &EVERY);
    pushing.require_pushed_requests = true;
    for (name, client, told) in [
        (
            "httpx-oauth",
            plain(&[AuthMethod::WsKey], &EVERY),
            "authenticates by client_secret_basic, client_secret_post, and the client is registered for wskey; to change that, run \
             latchkey client update app --add-auth-method client_secret_basic",
        ),
        (
            "client-oauth2",
            plain(&[AuthMethod::Post], &EVERY),
            "registered for client_secret_post; to change that, run latchkey client update app --add-auth-method client_secret_basic",
        ),
        ("oclc-wskey", plain(&[AuthMethod::Basic], &EVERY), "latchkey client update app --add-auth-method wskey"),
        (
            "bookops-worldcat",
            plain(&[AuthMethod::Basic], &EVERY[1..2]),
            "registered for authorization_code; to change that, run latchkey client update app --add-grant-type client_credentials",
        ),
        ("httpx-oauth", nowhere, "--add-grant-type authorization_code --add-redirect-uri URI"),
        (
            "client-oauth2",
            plain(&[AuthMethod::None], &EVERY[1..2]),
            "latchkey client update app --auth-method client_secret_basic and latchkey client rotate-secret app",
        ),
        ("mod-oauth2", plain(&[AuthMethod::Basic], &EVERY), "latchkey client update app --introspects SCOPE"),
        (
            "curl",
            colon.clone(),
            "has a colon, which would end it; to send both in the form, run latchkey client update urn:app --add-auth-method \
             client_secret_post",
        ),
        ("client-oauth2", colon, "register the client under another id"),
        (
            "httpx-oauth",
            pushing.clone(),
            "does not push authorization requests, and the client is registered to; to change that, run latchkey client update app \
             --require-pushed-requests false",
        ),
        ("passport-oauth2", pushing, "latchkey client update app --require-pushed-requests false"),
    ] {
        let library = LIBRARIES.iter().find(|library| library.name == name).unwrap();
        let reason = library.fits(&client).unwrap_err();
        assert!(reason.contains(told), "{reason}");
    }
}

#[test]
fn a_guide_asserts_by_the_registered_key_and_wants_assertions_to_live_as_long_as_the_library_makes_them() {
    let library = |name: &str| LIBRARIES.iter().find(|library| library.name == name).unwrap();
    let mut client = client(&[AuthMethod::Basic, AuthMethod::PrivateKeyJwt], &EVERY, false);
    let text = rendered(library("oauth4webapi"), &client, "https://auth.example").unwrap();
    assert!(text.contains("by private_key_jwt") && text.contains("oauth.PrivateKeyJwt({ key, kid:"), "{text}");
    assert!(text.contains("\"Ed25519\",") && !text.contains("LATCHKEY_SECRET"), "{text}");
    assert!(rendered(library("authlib"), &client, "https://auth.example").unwrap().contains("alg=\"EdDSA\""));
    client.assertion_seconds = None;
    let refused = library("authlib").fits(&client).unwrap_err();
    assert!(refused.contains("--assertion-seconds 3600"), "{refused}");
    assert!(library("openid-client").fits(&client).is_ok());
}

#[test]
fn authlib_gets_the_key_as_an_object_of_its_kind_and_a_guide_names_the_keys_that_it_does_not_use() {
    let authlib = LIBRARIES.iter().find(|library| library.name == "authlib").unwrap();
    let mut client = client(&[AuthMethod::PrivateKeyJwt], &EVERY, false);
    let set = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/jose/public.json")).unwrap();
    let keys = latchkey_oauth::jose::key_set::parse(&set).unwrap();
    let kinds = [("rsa", None), ("p256", Some("ECKey")), ("ed25519", Some("OKPKey"))];
    for (kid, kind) in kinds {
        client.keys = keys.iter().filter(|key| key.kid.as_deref() == Some(kid)).map(Into::into).collect();
        let text = rendered(authlib, &client, "https://auth.example").unwrap();
        let read = "open(os.environ[\"PRIVATE_KEY_FILE\"]).read()";
        // Versions of Authlib without joserfc take the text of an RSA key only.
        let expected = kind.map_or(format!("\n        {read},"), |kind| format!("{kind}.import_key({read})"));
        assert!(text.contains(&expected), "{text}");
        let import = kind.map(|kind| format!("from joserfc.jwk import {kind}\n"));
        assert_eq!(text.contains("joserfc"), import.as_ref().is_some_and(|import| text.contains(import)), "{text}");
        assert_eq!(text.contains("joserfc"), kind.is_some(), "{text}");
        assert!(!text.contains("Other keys"), "{text}");
    }
    client.keys = keys.iter().map(Into::into).collect();
    // One that verifies nothing is not chosen.
    client.keys[0].jwk = "{}".to_owned();
    let first = keys[1].kid.clone().unwrap();
    let guide = Guide::new(
        authlib,
        &client,
        (AuthMethod::PrivateKeyJwt, signer(&client, AuthMethod::PrivateKeyJwt, None).unwrap()),
        "https://auth.example",
        None,
    );
    let text = heading(authlib, &client, &guide, &[]);
    assert!(text.contains(&format!(" key {first}.\n")) && text.contains("which --key names: "), "{text}");
    client.keys.truncate(1);
    let refused = signer(&client, AuthMethod::PrivateKeyJwt, None).err().unwrap();
    assert!(refused.0.contains("--jwks FILE"), "{}", refused.0);
}
