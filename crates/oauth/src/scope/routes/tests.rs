//! Which route a request is on, and that what is on none gets nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn routes(json: &str) -> RouteScopes {
    RouteScopes::parse(json).unwrap_or_else(|| panic!("{json}"))
}

/// `None`: nobody may pass. `""`: any good token may.
fn text(required: Option<Option<&Scope>>) -> Option<String> {
    required.map(|scope| scope.map_or(String::new(), ToString::to_string))
}

fn on_route(routes: &RouteScopes, method: &str, path: &str) -> Option<String> {
    text(routes.required(None, Target::Route { method, path }))
}

fn on_path(routes: &RouteScopes, method: &str, path: &str) -> Option<String> {
    text(routes.required(None, Target::Path { method, path }))
}

#[test]
fn a_list_of_routes_that_is_none_is_refused() {
    for json in [
        "",
        "[]",
        "null",
        "x",
        r#"{"*":1}"#,
        r#"{"*":null}"#,
        r#"{"*":"a\"b"}"#,
        r#"{"*":" "}"#,
        r#"{"*":"A"} x"#,
        // No route.
        r#"{"":"A"}"#,
        r#"{"GET":"A"}"#,
        r#"{"$other":"A"}"#,
        r#"{"**":"A"}"#,
        r#"{"/x":"A"}"#,
        r#"{" /x":"A"}"#,
        r#"{"get /x":"A"}"#,
        r#"{"GEt /x":"A"}"#,
        r#"{"GET  /x":"A"}"#,
        r#"{"GET x":"A"}"#,
        r#"{"GET //x":"A"}"#,
        r#"{"GET /x/":"A"}"#,
        r#"{"GET /x//y":"A"}"#,
        // No variable.
        r#"{"GET /{}":"A"}"#,
        r#"{"GET /{a":"A"}"#,
        r#"{"GET /a}":"A"}"#,
        r#"{"GET /x{a}":"A"}"#,
        r#"{"GET /{a}x":"A"}"#,
        r#"{"GET /{a}{b}":"A"}"#,
        r#"{"GET /{{a}}":"A"}"#,
        r#"{"GET /{a+}/b":"A"}"#,
        r#"{"GET /{a+}/{b+}":"A"}"#,
        // No API, or none of its routes.
        r#"{"A1b2 GET /x":"A"}"#,
        r#"{"a-b GET /x":"A"}"#,
        r#"{"a1b2c3d4e5 ":"A"}"#,
        r#"{"a1b2c3d4e5 /x":"A"}"#,
        r#"{"a1b2c3d4e5  GET /x":"A"}"#,
        r#"{"a1b2c3d4e5 b1b2c3d4e5 GET /x":"A"}"#,
        r#"{"a1b2c3d4e5":"A"}"#,
        r#"{"a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5abc GET /x":"A"}"#,
        r#"{"a1b2c3d4e5 GET /{a}":"A","a1b2c3d4e5 GET /{b}":"B"}"#,
        // Twice the same.
        r#"{"GET /x":"A","GET /x":"B"}"#,
        r#"{"GET /x":"A","GET /x":"A"}"#,
        r#"{"GET /{a}":"A","GET /{b}":"B"}"#,
        r#"{"GET /{a+}":"A","GET /{b+}":"B"}"#,
        r#"{"*":"A","*":"B"}"#,
        r#"{"$default":"A","$default":""}"#,
        // One wrong one among right ones.
        r#"{"GET /x":"A","GET /y/":"B"}"#,
    ] {
        assert!(RouteScopes::parse(json).is_none(), "{json}");
    }
}

#[test]
fn a_list_of_routes_says_what_is_wrong_with_it() {
    let error = serde_json::from_str::<Pairs>("[]").err().unwrap();
    assert!(error.to_string().contains("an object of texts"), "{error}");
}

#[test]
fn a_route_is_found_by_method_and_template_whatever_its_variables_are_called() {
    let json = r#"{"GET /":"R","GET /loans/{id}":"A","ANY /loans/{id}":"O","ANY /orders/{proxy+}":"B","PUT /a/b":"P"}"#;
    let routes = routes(json);
    for (method, path, scope) in [
        ("GET", "/", Some("R")),
        ("GET", "/loans/{id}", Some("A")),
        ("GET", "/loans/{loan}", Some("A")),
        ("POST", "/loans/{id}", Some("O")),
        ("ANY", "/loans/{id}", Some("O")),
        ("GET", "/orders/{proxy+}", Some("B")),
        ("GET", "/orders/{rest+}", Some("B")),
        ("PUT", "/a/b", Some("P")),
        // Other routes than those that are named.
        ("GET", "/a/b", None),
        ("get", "/", None),
        ("POST", "/", None),
        ("GET", "/loans/42", None),
        ("GET", "/loans/{id+}", None),
        ("GET", "/orders/{proxy}", None),
        ("GET", "/orders", None),
        ("GET", "/loans", None),
        ("GET", "/loans/{id}/{x}", None),
        ("GET", "/x/loans/{id}", None),
        ("GET", "$default", None),
        ("GET", "*", None),
        ("GET", "", None),
        ("GET", "loans/{id}", None),
    ] {
        assert_eq!(on_route(&routes, method, path).as_deref(), scope, "{method} {path}");
    }
}

#[test]
fn an_asterisk_is_every_route_that_no_other_names_and_the_default_route_is_one_of_its_own() {
    let both = routes(r#"{"GET /x":"A","$default":"C","*":"D"}"#);
    for (path, scope) in [("/x", Some("A")), ("$default", Some("C")), ("/y", Some("D")), ("y", None), ("/y/", None)] {
        assert_eq!(on_route(&both, "GET", path).as_deref(), scope, "{path}");
    }
    let asterisk = routes(r#"{"GET /x":"A","*":"D"}"#);
    assert_eq!(on_route(&asterisk, "GET", "$default").as_deref(), Some("D"));
    let default = routes(r#"{"$default":"C"}"#);
    for (path, scope) in [("$default", Some("C")), ("/x", None)] {
        assert_eq!(on_route(&default, "GET", path).as_deref(), scope, "{path}");
    }
    // A path that came is never taken for the gateway's default route.
    assert_eq!(on_path(&default, "GET", "/x"), None);
    assert_eq!(on_path(&both, "GET", "$default"), None);
}

#[test]
fn where_no_route_is_named_every_path_asks_for_the_same() {
    for path in ["/x", "/x/", "/a%20b", "", "x", "$default", "/.."] {
        for method in ["GET", "x"] {
            assert_eq!(on_path(&RouteScopes::any(), method, path).as_deref(), Some(""), "{path}");
            assert_eq!(on_route(&RouteScopes::any(), method, path).as_deref(), Some(""), "{path}");
            assert_eq!(on_path(&routes(r#"{"*":"A B"}"#), method, path).as_deref(), Some("A B"), "{path}");
        }
    }
}

#[test]
fn an_empty_scope_lets_any_good_token_pass() {
    let routes = routes(r#"{"GET /open":"","*":"A"}"#);
    assert_eq!(routes.required(None, Target::Path { method: "GET", path: "/open" }), Some(None));
    assert_eq!(on_path(&routes, "GET", "/other").as_deref(), Some("A"));
}

#[test]
fn a_path_is_on_the_route_that_a_gateway_would_choose() {
    let routes = routes(
        r#"{"GET /":"R","GET /loans":"L","GET /loans/{id}":"A","GET /loans/new":"N","GET /{x}/{y}/{z}":"V",
            "GET /a/{x}/{y}":"F","ANY /a/b/{p+}":"G","ANY /a/{p+}":"H","ANY /orders/{p+}":"B"}"#,
    );
    for (path, scope) in [
        ("/", Some("R")),
        ("/loans", Some("L")),
        ("/loans/42", Some("A")),
        ("/loans/new", Some("N")),
        // A whole route comes before a greedy one, however much that one names.
        ("/a/b/c", Some("F")),
        ("/b/b/c", Some("V")),
        ("/a/b/c/d", Some("G")),
        ("/a/c/d/e", Some("H")),
        ("/a/c", Some("H")),
        ("/orders/1", Some("B")),
        ("/orders/1/2/3", Some("B")),
        // A greedy variable stands for one part at least.
        ("/orders", None),
        ("/a", None),
        ("/other", None),
        ("/loansx", None),
        ("/LOANS", None),
    ] {
        assert_eq!(on_path(&routes, "GET", path).as_deref(), scope, "{path}");
    }
    assert_eq!(on_path(&routes, "POST", "/a/b/c").as_deref(), Some("G"), "of the routes of its method");
    assert_eq!(on_path(&routes, "POST", "/loans"), None);
}

#[test]
fn any_method_stands_back_where_the_same_route_names_the_method() {
    let routes = routes(r#"{"ANY /x":"A","GET /x":"B","ANY /{y}":"C","POST /{y}":"D"}"#);
    for (method, path, scope) in [
        ("GET", "/x", "B"),
        ("PUT", "/x", "A"),
        ("POST", "/x", "A"),
        ("PUT", "/z", "C"),
        ("POST", "/z", "D"),
        ("GET", "/z", "C"),
    ] {
        assert_eq!(on_path(&routes, method, path).as_deref(), Some(scope), "{method} {path}");
    }
}

#[test]
fn of_two_routes_the_one_that_says_more_of_a_path_counts() {
    // Whole before greedy, then literal parts, then variables.
    for (less, more) in [
        ("/{p+}", "/a/{p+}"),
        ("/{p+}", "/{x}/{p+}"),
        ("/{x}/{p+}", "/a/{p+}"),
        ("/{x}/{y}/{p+}", "/a/{p+}"),
        ("/a/b/{p+}", "/{x}/{y}/{z}"),
        ("/{x}/{y}/{z}", "/{x}/b/{z}"),
        ("/{x}/b/{z}", "/a/b/{z}"),
        ("/{x}/{y}/c", "/{x}/b/c"),
        ("/a/{p+}", "/a/{x}/{p+}"),
    ] {
        let routes = routes(&format!(r#"{{"GET {less}":"LESS","GET {more}":"MORE"}}"#));
        assert_eq!(on_path(&routes, "GET", "/a/b/c").as_deref(), Some("MORE"), "{less} and {more}");
    }
}

#[test]
fn a_path_that_suits_two_routes_alike_belongs_to_none_unless_they_ask_for_the_same() {
    for (one, other, path) in [
        ("GET /a/{x}/c", "GET /{x}/b/c", "/a/b/c"),
        ("GET /a/{x}", "GET /{x}/b", "/a/b"),
        // Nor does the method tell.
        ("ANY /a/{x}", "GET /{y}/b", "/a/b"),
        ("GET /a/{x}/{p+}", "GET /{x}/b/{p+}", "/a/b/c"),
    ] {
        let asked =
            |scope: &str| on_path(&routes(&format!(r#"{{"{one}":"A","{other}":"{scope}","*":"D"}}"#)), "GET", path);
        assert_eq!(asked("B"), None, "{one} and {other}");
        assert_eq!(asked(""), None, "{one} and {other}");
        assert_eq!(asked("A").as_deref(), Some("A"), "{one} and {other}");
    }
}

#[test]
fn a_path_that_two_readers_could_read_differently_belongs_to_no_route() {
    let routes = routes(r#"{"GET /orders/{p+}":"B","GET /x/{y}":"A","*":""}"#);
    for path in [
        "",
        "x/y",
        "//x/y",
        "/x//y",
        "/x/y/",
        "/x/%79",
        "/%78/y",
        "/x/*",
        "/x/a?b",
        "/x/${y}",
        "/x/{y}",
        "/x/y}",
        "/x/{y",
        r"/x\y/z",
        "/x/.",
        "/x/..",
        "/./x/y",
        "/../x/y",
        "/orders/..",
        "/orders/1/./2",
        "/other/..",
    ] {
        assert_eq!(on_path(&routes, "GET", path), None, "{path}");
    }
    for (path, scope) in [("/x/...", "A"), ("/x/.a", "A"), ("/x/a..b", "A"), ("/x/a-b_c~d", "A"), ("/other", "")] {
        assert_eq!(on_path(&routes, "GET", path).as_deref(), Some(scope), "{path}");
    }
}

#[test]
fn a_table_without_routes_lets_no_token_pass() {
    for json in ["{}", "{ }", " {\n} "] {
        for api in [None, Some("a1b2c3d4e5")] {
            for path in ["/", "/x", "$default", "*", "", "x"] {
                assert_eq!(routes(json).required(api, Target::Route { method: "GET", path }), None, "{path}");
                assert_eq!(routes(json).required(api, Target::Path { method: "GET", path }), None, "{path}");
            }
        }
    }
}

#[test]
fn an_api_that_the_table_names_has_its_own_routes_and_no_others() {
    let routes = routes(
        r#"{"a1b2c3d4e5 GET /loans/{id}":"A","a1b2c3d4e5 $default":"E","b1 *":"","GET /loans/{id}":"L","GET /books":"B","*":"R"}"#,
    );
    for (api, path, scope) in [
        ("a1b2c3d4e5", "/loans/{id}", Some("A")),
        ("a1b2c3d4e5", "$default", Some("E")),
        ("a1b2c3d4e5", "/books", None),
        ("a1b2c3d4e5", "/other", None),
        ("b1", "/loans/{id}", Some("")),
        ("b1", "/anything", Some("")),
        ("c1", "/loans/{id}", Some("L")),
        ("c1", "/books", Some("B")),
        ("c1", "/other", Some("R")),
        ("A1B2C3D4E5", "/loans/{id}", Some("L")),
        ("", "/other", Some("R")),
    ] {
        let found = text(routes.required(Some(api), Target::Route { method: "GET", path }));
        assert_eq!(found.as_deref(), scope, "{api} {path}");
    }
    let path = |api, path| text(routes.required(Some(api), Target::Path { method: "GET", path }));
    assert_eq!(path("a1b2c3d4e5", "/loans/42").as_deref(), Some("A"));
    assert_eq!(path("a1b2c3d4e5", "/books"), None, "a path is matched with the routes of its API alone");
    assert_eq!(path("b1", "/a//b").as_deref(), Some(""));
    assert_eq!(path("c1", "/loans/42").as_deref(), Some("L"));
}

#[test]
fn a_request_of_no_api_is_refused_where_the_table_tells_apis_apart() {
    let target = Target::Route { method: "GET", path: "/x" };
    assert_eq!(routes(r#"{"*":"","a1b2c3d4e5 GET /x":"A"}"#).required(None, target), None);
    assert_eq!(routes(r#"{"*":""}"#).required(None, target), Some(None));
}
