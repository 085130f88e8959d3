//! The guard before an axum API: RFC 6750 answers, and the API learns who bears the token.

use http::{Method, StatusCode};
use latchkey_guard::bearer::{Bearer, Checker};
use latchkey_guard::layer::Guard;
use latchkey_oauth::scope::Scope;
use latchkey_testkit::world::World;

#[tokio::test]
async fn the_guard_answers_as_the_rfc_says_and_hands_the_bearer_on() {
    let world = World::new().await;
    let client = world.client().await;
    let guard = Guard::new(Checker::new(world.service.store.clone(), 0), Scope::parse("WMS_NCIP").unwrap());
    let hello = |axum::Extension(bearer): axum::Extension<Bearer>| async move { bearer.client_id };
    let api = axum::Router::new()
        .route("/loans", axum::routing::get(hello).layer(guard.clone()))
        .route("/orders", axum::routing::get(hello).layer(guard.requiring(Scope::parse("WMS_ACQ").unwrap())));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, api).await.unwrap() });
    let token = format!("Bearer {}", world.tokens(&client).await.member("access_token"));
    let get = |path: &'static str, headers: Vec<(&'static str, String)>| {
        let (world, base) = (&world, &base);
        async move {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            world.send_to(base, Method::GET, path, &headers, bytes::Bytes::new()).await
        }
    };
    let passed = get("/loans", vec![("authorization", token.clone())]).await;
    assert_eq!((passed.status, passed.text.as_str()), (StatusCode::OK, client.id.as_str()));
    let missing = get("/loans", vec![]).await;
    assert_eq!(
        (missing.status.as_u16(), &missing.headers["www-authenticate"]),
        (401, &r#"Bearer realm="api", scope="WMS_NCIP""#.parse().unwrap())
    );
    let wrong = get("/loans", vec![("authorization", "Bearer tk_x".into())]).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer error=\"invalid_token\""));
    let narrow = get("/orders", vec![("authorization", token.clone())]).await;
    assert_eq!(narrow.status, 403);
    let challenge = narrow.headers["www-authenticate"].to_str().unwrap();
    assert!(
        challenge.contains("error=\"insufficient_scope\"") && challenge.ends_with("scope=\"WMS_ACQ\""),
        "{challenge}"
    );
    let twice = get("/loans", vec![("authorization", token.clone()), ("authorization", token)]).await;
    assert_eq!(twice.status, 401);
}
