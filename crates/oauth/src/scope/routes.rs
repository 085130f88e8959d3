//! Which scopes the routes of an API ask for.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::scope::Scope;

#[cfg(test)]
mod tests;

/// What a request asks an API for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// The route that the gateway chose, as it is written there, and the request's method.
    Route {
        /// `GET`.
        method: &'a str,
        /// `/loans/{id}`, or `$default`.
        path: &'a str,
    },
    /// A path as it came, where the gateway does not say which route it chose.
    Path {
        /// `GET`.
        method: &'a str,
        /// `/loans/42`.
        path: &'a str,
    },
}

/// What each route asks for. Routes are written as API Gateway writes them: `GET /loans/{id}`, `ANY /{proxy+}`,
/// `$default`; `*` is every route that no other names. An empty scope lets any good access token pass. A table without
/// routes lets no token pass.
///
/// `a1b2c3d4e5 GET /loans/{id}` is a route of the API with this id. An API that the table names has only its own routes; the
/// routes without an id are those of every other API.
#[derive(Clone, Debug, Default)]
pub struct RouteScopes {
    named: BTreeMap<String, Routes>,
    others: Routes,
}

/// The routes of an API, or of all that are not named.
#[derive(Clone, Debug, Default)]
struct Routes(BTreeMap<String, Option<Scope>>);

const ANY_ROUTE: &str = "*";
const DEFAULT_ROUTE: &str = "$default";

/// The pairs of a JSON object, repeated names included.
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Pairs, M::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl RouteScopes {
    /// Any good access token may pass everywhere.
    pub fn any() -> Self {
        let others = Routes(BTreeMap::from([(ANY_ROUTE.to_owned(), None)]));
        Self { others, ..Self::default() }
    }

    /// Reads a JSON object from routes to scopes. `None` where it is none, or names a route twice.
    pub fn parse(json: &str) -> Option<Self> {
        let mut scopes = Self::default();
        for (route, scope) in serde_json::from_str::<Pairs>(json).ok()?.0 {
            let scope = if scope.is_empty() { None } else { Some(Scope::parse(&scope)?) };
            let (routes, route) = match route.split_once(' ').filter(|(api, _)| is_api_id(api)) {
                Some((api, route)) => (scopes.named.entry(api.to_owned()).or_default(), route),
                None => (&mut scopes.others, route.as_str()),
            };
            if routes.0.insert(key(route)?, scope).is_some() {
                return None;
            }
        }
        Some(scopes)
    }

    /// Returns the scope that a request to an API needs. `None` if no route is named for it: then the request is refused. It
    /// is refused too where the table tells APIs apart and the gateway does not say which one it is.
    pub fn required(&self, api: Option<&str>, target: Target<'_>) -> Option<Option<&Scope>> {
        let routes = match api {
            Some(api) => self.named.get(api).unwrap_or(&self.others),
            None => self.named.is_empty().then_some(&self.others)?,
        };
        routes.required(target)
    }
}

impl Routes {
    fn required(&self, target: Target<'_>) -> Option<Option<&Scope>> {
        let any = self.0.get(ANY_ROUTE).map(Option::as_ref);
        // Where no route is named, it does not matter how a path is read.
        if self.0.keys().all(|route| route == ANY_ROUTE) {
            return any;
        }
        let named = match target {
            Target::Route { path: DEFAULT_ROUTE, .. } => self.0.get(DEFAULT_ROUTE),
            Target::Route { method, path } => {
                let template = template(path)?;
                [method, "ANY"].into_iter().find_map(|method| self.0.get(&format!("{method} {template}")))
            }
            Target::Path { method, path } => self.matching(method, path)?,
        };
        named.map(Option::as_ref).or(any)
    }

    /// The route that a gateway would choose for a path: a whole one before a greedy one, then the one with the most
    /// literal parts. The outer `None` is for a path that two readers could read differently, and for one that suits two
    /// routes alike: it belongs to none.
    fn matching(&self, method: &str, path: &str) -> Option<Option<&Option<Scope>>> {
        let parts = parts(path)?;
        let plain = |part: &&str| !part.contains(['%', '*', '?', '$', '\\', '{', '}']) && *part != "." && *part != "..";
        if !parts.iter().all(plain) {
            return None;
        }
        let candidates = self.0.iter().filter_map(|(route, scope)| {
            let (known, template) = route.split_once(' ')?;
            let any = || known == "ANY" && !self.0.contains_key(&format!("{method} {template}"));
            (known == method || any()).then_some((says(template, &parts)?, scope))
        });
        let candidates: Vec<_> = candidates.collect();
        let Some(most) = candidates.iter().map(|(says, _)| *says).max() else { return Some(None) };
        let mut best = candidates.into_iter().filter(|(says, _)| *says == most).map(|(_, scope)| scope);
        let scope = best.next();
        best.all(|other| Some(other) == scope).then_some(scope)
    }
}

/// How much of a path a template names, if it matches: whether all of it, how many literal parts, how many variables.
fn says(template: &str, path: &[&str]) -> Option<(bool, usize, usize)> {
    let template: Vec<_> = parts(template)?;
    let greedy = template.last() == Some(&"{+}");
    let matches = if greedy { path.len() >= template.len() } else { path.len() == template.len() }
        && template.iter().zip(path).all(|(known, part)| ["{}", "{+}", part].contains(known));
    let count = |wanted: fn(&str) -> bool| template.iter().filter(|part| wanted(part)).count();
    matches.then(|| (!greedy, count(|part| !part.starts_with('{')), count(|part| part == "{}")))
}

/// The parts of a path; none of them is empty. The root has none.
fn parts(path: &str) -> Option<Vec<&str>> {
    let path = path.strip_prefix('/')?;
    if path.is_empty() {
        return Some(Vec::new());
    }
    let parts: Vec<_> = path.split('/').collect();
    parts.iter().all(|part| !part.is_empty()).then_some(parts)
}

/// Whether it is written as API Gateway writes the id of an API. A method has capitals.
fn is_api_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// A route as it is looked up: the names of its variables do not matter.
fn key(route: &str) -> Option<String> {
    if [ANY_ROUTE, DEFAULT_ROUTE].contains(&route) {
        return Some(route.to_owned());
    }
    let (method, path) = route.split_once(' ')?;
    let fits = !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase());
    fits.then_some(())?;
    Some(format!("{method} {}", template(path)?))
}

fn template(path: &str) -> Option<String> {
    let parts = parts(path)?;
    let last = parts.len().saturating_sub(1);
    let part = |(at, part): (usize, &&str)| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) if name.contains(['{', '}']) || name.is_empty() => None,
        Some(name) if name.ends_with('+') => (at == last).then(|| "{+}".to_owned()),
        Some(_) => Some("{}".to_owned()),
        None if part.contains(['{', '}']) => None,
        None => Some((*part).to_owned()),
    };
    let parts: Vec<String> = parts.iter().enumerate().map(part).collect::<Option<_>>()?;
    Some(format!("/{}", parts.join("/")))
}
