//! Route scopes: a table finds each of its routes, and a path passes only under a route that matches it.

use latchkey_oauth::scope::{RouteScopes, Scope, Target};
use serde_json::Value;

pub fn routes(data: &[u8]) {
    let [method, path, lines] = super::parts(data).map(super::text);
    // A table as JSON, and one of lines `route=scope`.
    let routes = lines.lines().filter_map(|line| line.split_once('='));
    let made = Value::Object(routes.map(|(route, scope)| (route.to_owned(), scope.into())).collect()).to_string();
    for table in [lines, &made] {
        if let Some(scopes) = RouteScopes::parse(table) {
            let named: serde_json::Map<String, Value> = serde_json::from_str(table).unwrap();
            let mut apis: Vec<_> = named.keys().map(|route| apart(route).0).collect();
            apis.extend([None, Some("another")]);
            for api in apis {
                let of = of_api(&named, api);
                finds(&scopes, api, &of);
                asked(&scopes, api, &of, method, path);
            }
        }
    }
}

/// The id of an API before a route, where there is one.
fn apart(route: &str) -> (Option<&str>, &str) {
    let id = |text: &str| !text.is_empty() && !text.contains(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    route.split_once(' ').filter(|(api, _)| id(api)).map_or((None, route), |(api, route)| (Some(api), route))
}

/// What the table says of an API: of no API at all, nothing where it names one.
fn of_api(named: &serde_json::Map<String, Value>, api: Option<&str>) -> serde_json::Map<String, Value> {
    let names = |wanted: Option<&str>| {
        named.keys().any(|route| apart(route).0.is_some_and(|api| wanted.is_none_or(|w| w == api)))
    };
    let own = api.filter(|api| names(Some(api)));
    if api.is_none() && names(None) {
        return serde_json::Map::new();
    }
    let of = named.iter().filter(|(route, _)| apart(route).0 == own);
    of.map(|(route, scope)| (apart(route).1.to_owned(), scope.clone())).collect()
}

/// Every route of the table asks for what stands there.
fn finds(scopes: &RouteScopes, api: Option<&str>, named: &serde_json::Map<String, Value>) {
    for (route, scope) in named {
        let scope = Scope::parse(scope.as_str().unwrap());
        let target = match route.split_once(' ') {
            Some((method, path)) => Target::Route { method, path },
            None if route == "*" => continue,
            None => Target::Route { method: "GET", path: route },
        };
        assert_eq!(scopes.required(api, target), Some(scope.as_ref()), "{route}");
    }
}

/// What is found for any target stands in the table, under a route that names it.
fn asked(scopes: &RouteScopes, api: Option<&str>, named: &serde_json::Map<String, Value>, method: &str, path: &str) {
    for target in [Target::Path { method, path }, Target::Route { method, path }] {
        let literal = matches!(target, Target::Path { .. });
        let Some(found) = scopes.required(api, target) else { continue };
        let suits = named.iter().any(|(route, scope)| {
            let suits = match route.split_once(' ') {
                Some((known, template)) => (known == method || known == "ANY") && is_of(template, path, literal),
                None => route == "*" || route == path,
            };
            suits && Scope::parse(scope.as_str().unwrap()).as_ref() == found
        });
        assert!(suits, "{target:?} {found:?} {named:?}");
        // Where no route is named, any path is as good as another.
        if literal && named.keys().any(|route| route != "*") {
            assert!(
                path.starts_with('/') && !path.contains("//") && !path.contains(['%', '*', '?', '$', '\\', '{', '}'])
            );
            assert!(!path.split('/').any(|part| [".", ".."].contains(&part)) && (path == "/" || !path.ends_with('/')));
        }
    }
}

/// Whether a template names a path, or where none is `literal`, another template.
fn is_of(template: &str, path: &str, literal: bool) -> bool {
    let variable = |part: &str| part.starts_with('{') && part.ends_with('}');
    let (mut known, mut parts) = (template.split('/'), path.split('/'));
    loop {
        match (known.next(), parts.next()) {
            (None, None) => return true,
            (Some(known), Some(part)) if variable(known) => match (known.ends_with("+}"), literal) {
                (true, true) => return !part.is_empty(),
                (greedy, false) if !variable(part) || part.ends_with("+}") != greedy => return false,
                _ => {}
            },
            (Some(known), Some(part)) if known == part => {}
            _ => return false,
        }
    }
}
