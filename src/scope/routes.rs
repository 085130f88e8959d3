//! Which scopes the routes of an API ask for.

use std::collections::BTreeMap;

use super::Scope;

/// What each route asks for. Routes are written as API Gateway writes them: `GET /loans/{id}`, `ANY /{proxy+}`; `*` is
/// every route that no other names.
#[derive(Clone, Debug)]
pub struct RouteScopes(Vec<Route>);

#[derive(Clone, Debug)]
struct Route {
    method: Option<String>,
    segments: Option<Vec<Segment>>,
    scope: Option<Scope>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Literal(String),
    One,
    Rest,
}

impl RouteScopes {
    /// Any good access token may pass everywhere.
    pub fn any() -> Self {
        Self(vec![Route { method: None, segments: None, scope: None }])
    }

    /// Reads a JSON object from routes to scopes; an empty scope lets any good access token pass. `None` where it is
    /// none.
    pub fn parse(json: &str) -> Option<Self> {
        let routes: BTreeMap<String, String> = serde_json::from_str(json).ok()?;
        let routes = routes.iter().map(|(route, scope)| {
            let scope = if scope.is_empty() { None } else { Some(Scope::parse(scope)?) };
            if route == "*" {
                return Some(Route { method: None, segments: None, scope });
            }
            let (method, path) = route.split_once(' ')?;
            let named = method != "ANY";
            if !method.bytes().all(|byte| byte.is_ascii_uppercase()) || method.is_empty() {
                return None;
            }
            Some(Route { method: named.then(|| method.to_owned()), segments: Some(segments(path)?), scope })
        });
        Some(Self(routes.collect::<Option<_>>()?))
    }

    /// What the route of this request asks for: of those that match, the one that says most. `None` where none matches:
    /// then nobody may pass.
    pub fn required(&self, method: &str, path: &str) -> Option<Option<&Scope>> {
        let path: Vec<_> = path.trim_matches('/').split('/').collect();
        let matching = self.0.iter().filter(|route| route.matches(method, &path));
        matching.max_by_key(|route| route.says()).map(|route| route.scope.as_ref())
    }
}

impl Route {
    fn matches(&self, method: &str, path: &[&str]) -> bool {
        let Some(segments) = &self.segments else { return true };
        if self.method.as_deref().is_some_and(|known| known != method) {
            return false;
        }
        let greedy = segments.last() == Some(&Segment::Rest);
        let long_enough = if greedy { path.len() >= segments.len() } else { path.len() == segments.len() };
        long_enough
            && segments.iter().zip(path).all(|(segment, part)| match segment {
                Segment::Literal(literal) => literal == part,
                Segment::One | Segment::Rest => !part.is_empty(),
            })
    }

    /// Literal segments count first, then variables, then the method.
    fn says(&self) -> (usize, usize, bool, bool) {
        let count = |wanted: fn(&Segment) -> bool| self.segments.iter().flatten().filter(|one| wanted(one)).count();
        let literal = count(|segment| matches!(segment, Segment::Literal(_)));
        (literal, count(|segment| *segment == Segment::One), self.segments.is_some(), self.method.is_some())
    }
}

fn segments(path: &str) -> Option<Vec<Segment>> {
    let path = path.strip_prefix('/')?;
    let parts: Vec<_> = path.trim_end_matches('/').split('/').collect();
    let last = parts.len() - 1;
    let segment = |(at, part): (usize, &&str)| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) if name.ends_with('+') => (at == last).then_some(Segment::Rest),
        Some(_) => Some(Segment::One),
        None => Some(Segment::Literal((*part).to_owned())),
    };
    parts.iter().enumerate().map(segment).collect()
}
