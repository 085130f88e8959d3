//! A route and its scopes: which of them the authorizer asks for.

use latchkey_oauth::scope::{RouteScopes, Target};
use latchkey_testkit::events::{AUTHORIZER_SHAPES, authorizer_event};
use latchkey_testkit::world::World;

use super::{ask, passes};

#[tokio::test]
async fn a_route_asks_for_its_scopes_and_an_unknown_route_for_more_than_anybody_has() {
    let world = World::new().await;
    let client = world.client().await;
    let token = world.tokens(&client).await.member("access_token").to_owned();
    for shape in AUTHORIZER_SHAPES {
        let event = authorizer_event(shape, Some(&format!("Bearer {token}")));
        for (scopes, may) in [
            (r#"{"GET /loans/{id}":"WMS_NCIP"}"#, true),
            (r#"{"GET /loans/{number}":"WMS_NCIP"}"#, true),
            (r#"{"GET /loans/{id}":"WMS_ACQ"}"#, false),
            (r#"{"GET /loans/{id}":"WMS_NCIP WMS_ACQ"}"#, false),
            (r#"{"GET /loans/{id}":"","*":"WMS_ACQ"}"#, true),
            (r#"{"ANY /loans/{id}":"WMS_NCIP","ANY /{proxy+}":"WMS_ACQ"}"#, true),
            (r#"{"ANY /loans/{id}":"WMS_ACQ","GET /loans/{id}":"WMS_NCIP"}"#, true),
            (r#"{"*":"WMS_NCIP"}"#, true),
            (r#"{"*":"WMS_ACQ"}"#, false),
            (r#"{"POST /loans/{id}":""}"#, false),
            (r#"{"GET /loans":"","GET /loans/{id}/x":"","GET /prod/loans/{id}":""}"#, false),
        ] {
            let (answer, log_line) = ask(&world, scopes, &event).await;
            assert_eq!(passes(&answer), may, "{shape} {scopes}");
            if !may {
                assert_eq!((log_line.denial, log_line.status), (Some("scope_insufficient"), 403));
                assert!(answer.is_ok(), "403, where the gateway lets it be told from 401");
            }
        }
    }
    for wrong in [
        "",
        "[]",
        "x",
        r#"{"GET":"a"}"#,
        r#"{"get /x":"a"}"#,
        r#"{"GET x":"a"}"#,
        r#"{"GET /{a+}/b":"a"}"#,
        r#"{"GET /x{a}":"a"}"#,
        r#"{"GET /{a}{b}":"a"}"#,
        r#"{"GET //x":"a"}"#,
        r#"{"GET /x/":"a"}"#,
        r#"{"GET /x":"a","GET /x":"b"}"#,
        r#"{"GET /{a}":"a","GET /{b}":"b"}"#,
        r#"{"*":"a\"b"}"#,
        r#"{"*":1}"#,
    ] {
        assert!(RouteScopes::parse(wrong).is_none(), "{wrong}");
    }
    for path in ["/x", "/x/", "/a%20b"] {
        assert_eq!(RouteScopes::any().required(None, Target::Path { method: "GET", path }), Some(None), "{path}");
    }
}

#[tokio::test]
async fn without_route_scopes_no_token_passes_and_an_api_has_its_own() {
    let world = World::new().await;
    let client = world.client().await;
    let token = world.tokens(&client).await.member("access_token").to_owned();
    for shape in AUTHORIZER_SHAPES {
        let event = authorizer_event(shape, Some(&format!("Bearer {token}")));
        // The API of the recorded events.
        let api = if shape == "authorizer-rest-token" { "ymy8tbxw7b" } else { "abcdef123" };
        for (scopes, may) in [
            ("{}".to_owned(), false),
            (r#"{"*":""}"#.to_owned(), true),
            (format!(r#"{{"{api} GET /loans/{{id}}":"WMS_NCIP"}}"#), true),
            (format!(r#"{{"{api} *":""}}"#), true),
            (format!(r#"{{"{api} GET /loans/{{id}}":"WMS_ACQ","GET /loans/{{id}}":"WMS_NCIP","*":""}}"#), false),
            (format!(r#"{{"{api} GET /books":"WMS_NCIP","*":""}}"#), false),
            (r#"{"zzz1234567 *":""}"#.to_owned(), false),
            (r#"{"zzz1234567 *":"WMS_ACQ","*":"WMS_NCIP"}"#.to_owned(), true),
        ] {
            let (answer, log_line) = ask(&world, &scopes, &event).await;
            assert_eq!(passes(&answer), may, "{shape} {scopes}");
            if !may {
                assert_eq!((log_line.denial, log_line.status), (Some("scope_insufficient"), 403));
            }
            // By the ARN alone.
            let event = event.replace(r#""apiId""#, r#""x""#);
            assert_eq!(passes(&ask(&world, &scopes, &event).await.0), may, "{shape} {scopes}");
        }
    }
    // No gateway of this table.
    let event = authorizer_event(AUTHORIZER_SHAPES[0], Some(&format!("Bearer {token}")));
    let event = event.replace(r#""apiId""#, r#""x""#).replace(r#""routeArn""#, r#""y""#);
    assert!(!passes(&ask(&world, r#"{"zzz1234567 *":"","*":""}"#, &event).await.0));
    assert!(passes(&ask(&world, r#"{"*":""}"#, &event).await.0));
}

#[test]
fn the_route_that_the_gateway_chose_counts_and_no_path_is_matched_once_more() {
    let scopes =
        RouteScopes::parse(r#"{"GET /loans/{id}":"A","ANY /orders/{proxy+}":"B","$default":"C","*":"D"}"#).unwrap();
    let asked = |method, path| scopes.required(None, Target::Route { method, path }).unwrap().unwrap().to_string();
    assert_eq!(asked("GET", "/loans/{loan}"), "A");
    assert_eq!(asked("GET", "/orders/{proxy+}"), "B");
    assert_eq!(asked("POST", "/orders/{proxy+}"), "B");
    assert_eq!(asked("GET", "$default"), "C");
    assert_eq!(asked("GET", "/loans/42"), "D", "a route of its own");
    assert_eq!(asked("POST", "/loans/{id}"), "D");
    assert!(scopes.required(None, Target::Route { method: "GET", path: "loans" }).is_none());
}

#[test]
fn where_only_the_path_is_known_one_that_can_be_read_in_two_ways_belongs_to_no_route() {
    let scopes = RouteScopes::parse(
        r#"{"GET /":"R","GET /loans/{id}":"A","GET /loans/new":"N","GET /a/{x}/{y}":"F","ANY /a/b/{p+}":"G","ANY /orders/{p+}":"B","*":""}"#,
    )
    .unwrap();
    let asked = |path| scopes.required(None, Target::Path { method: "GET", path });
    let named = |path| asked(path).flatten().map(ToString::to_string);
    for (path, scope) in
        [("/", "R"), ("/loans/42", "A"), ("/loans/new", "N"), ("/orders/1/2", "B"), ("/a/b/c", "F"), ("/a/b/c/d", "G")]
    {
        assert_eq!(named(path).as_deref(), Some(scope), "{path}");
    }
    assert_eq!(asked("/other"), Some(None));
    let alike = |scope: &str| {
        let scopes = format!(r#"{{"GET /a/{{x}}/c":"A","GET /{{x}}/b/c":"{scope}","*":""}}"#);
        let scopes = RouteScopes::parse(&scopes).unwrap();
        scopes
            .required(None, Target::Path { method: "GET", path: "/a/b/c" })
            .map(|scope| scope.map(ToString::to_string))
    };
    assert_eq!((alike("B"), alike("A")), (None, Some(Some("A".into()))), "two routes suit it alike");
    let scopes = RouteScopes::parse(r#"{"ANY /a/{x}":"A","GET /{y}/b":""}"#).unwrap();
    assert_eq!(scopes.required(None, Target::Path { method: "GET", path: "/a/b" }), None, "nor does the method tell");
    for path in [
        "",
        "loans/42",
        "//loans/42",
        "/loans//42",
        "/loans/42/",
        "/orders/%2e%2e/loans",
        "/%6Frders/1",
        "/orders/..",
        "/./orders/1",
        "/orders/*",
        "/orders/a?b",
        "/orders/${x}",
        "/orders\\1",
        "/orders//1",
    ] {
        assert_eq!(asked(path), None, "{path}");
    }
}

#[tokio::test]
async fn what_a_requester_writes_into_the_path_widens_no_policy() {
    let world = World::new().await;
    let client = world.client().await;
    let token = world.tokens(&client).await.member("access_token").to_owned();
    let event = authorizer_event(AUTHORIZER_SHAPES[2], Some(&format!("Bearer {token}")))
        .replace("/prod/GET/loans/42", "/prod/GET/loans/*?${aws:x}");
    let (answer, _) = ask(&world, r#"{"*":""}"#, &event).await;
    let answer = answer.unwrap();
    let resource = answer["policyDocument"]["Statement"][0]["Resource"].as_str().unwrap();
    assert!(resource.ends_with("/prod/GET/loans/${*}${?}${$}{aws:x}"), "{resource}");
}
