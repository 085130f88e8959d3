//! Attempts to sign in, from behind a proxy, so that each can come from an address of its own.

use std::sync::Arc;

use http::Method;
use latchkey_oauth::form::encode;
use latchkey_oauth::settings::Settings;
use latchkey_testkit::reply::Reply;
use latchkey_testkit::signer::Signer;
use latchkey_testkit::visitor::{AUTHORIZE, Visitor, request};
use latchkey_testkit::world::{Choices, World};
use tokio::task::JoinSet;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A world behind a proxy, with people in it.
pub async fn proxied() -> World {
    let settings = Settings { trusted_proxies: 1, ..Settings::default() };
    let world = World::with(Choices { settings, ..Choices::default() }).await;
    world.with_people().await;
    world
}

/// The same at the begin of a minute, and a client.
pub async fn place() -> (World, Signer) {
    let world = proxied().await;
    world.advance(60 - world.now() % 60);
    let client = world.client().await;
    (world, client)
}

/// What a browser at this address is answered.
pub async fn try_with(visitor: &Visitor<'_>, client: &Signer, address: &str, name: &str, password: &str) -> Reply {
    try_code(visitor, client, address, (name, password, "")).await
}

/// The same, with a code of a second factor.
pub async fn try_code(
    visitor: &Visitor<'_>,
    client: &Signer,
    address: &str,
    (name, password, code): (&str, &str, &str),
) -> Reply {
    let form = visitor.ask(&request(client, &[("prompt", "login")])).await.form();
    let forwarded = format!("{address}, 10.0.0.1");
    let fields = fields(name, password, code);
    let body = format!("form={form}&{fields}&action=sign_in");
    visitor.send(Method::POST, AUTHORIZE, &[FORM, ("x-forwarded-for", &forwarded)], body.into()).await
}

/// The fields that a user fills in.
pub fn fields(name: &str, password: &str, code: &str) -> String {
    format!("username={}&password={}&code={}", encode(name), encode(password), encode(code))
}

/// The answer to a browser that is seen for the first time.
pub async fn try_from(world: &World, client: &Signer, address: &str, name: &str, password: &str) -> Reply {
    try_with(&world.visitor(), client, address, name, password).await
}

/// As many wrong passwords from as many networks, as fast as they are taken.
pub async fn guess(world: &World, client: &Signer, name: &str, count: u32) {
    for number in 0..count {
        if number % 50 == 0 {
            world.advance(660);
        }
        let address = format!("198.51.{}.{}", number / 200, number % 200);
        try_from(world, client, &address, name, "wrong").await.shows(403);
        assert_eq!(world.last_log()["denial"], "sign_in_failed", "{number}");
    }
    world.advance(660);
}

/// A form of the sign-in page, and the cookies that it is bound to.
pub async fn form_and_cookie(visitor: &Visitor<'_>, client: &Signer) -> (String, String) {
    let form = visitor.ask(&request(client, &[("prompt", "login")])).await.form();
    (form, visitor.cookie.lock().unwrap().clone().unwrap())
}

/// The statuses of attempts with one form that are sent at once: each is an address, and what [`fields`] makes.
pub async fn at_once(
    world: &Arc<World>,
    (form, cookie): &(String, String),
    attempts: impl Iterator<Item = (String, String)>,
) -> Vec<u16> {
    let mut running = JoinSet::new();
    for (address, fields) in attempts {
        let (world, cookie) = (world.clone(), cookie.clone());
        let (body, forwarded) = (format!("form={form}&{fields}&action=sign_in"), format!("{address}, 10.0.0.1"));
        running.spawn(async move {
            let headers = [FORM, ("cookie", cookie.as_str()), ("x-forwarded-for", forwarded.as_str())];
            world.send(Method::POST, AUTHORIZE, &headers, body.into()).await.status.as_u16()
        });
    }
    running.join_all().await
}

/// A page without what differs from one to the next.
pub fn normal(page: &Reply, name: &str) -> String {
    page.text.replace(&page.form(), "").replace(&format!("value=\"{name}\""), "value=\"\"")
}
