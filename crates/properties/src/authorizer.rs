//! Questions of a gateway to the authorizer: nobody passes without a good token, and a policy is about what was asked.
//!
//! In texts of the event `{access}` stands for a good token.

use latchkey::lambda::authorizer::{UNAUTHORIZED, authorize};
use latchkey_oauth::scope::RouteScopes;
use latchkey_oauth::settings::Subjects;
use serde_json::Value;

use super::world::{context, is_late};

const SCOPES: &str =
    r#"{"GET /loans/{id}":"WMS_NCIP","POST /loans":"WMS_ACQ","ANY /open/{proxy+}":"","$default":"WMS_NCIP"}"#;

pub fn authorizer(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let scopes = RouteScopes::parse(SCOPES).unwrap();
    context(|world| {
        let event = text.replace("{access}", &world.access);
        let asked = authorize(&world.checker, &scopes, Subjects::V2, &event, world.began);
        let (answer, mut log_line) = world.runtime.block_on(asked);
        log_line.request_id = None;
        assert!(!log_line.to_string().contains("tk_"), "{log_line}");
        let mut answer = match answer {
            Ok(answer) => serde_json::to_value(&answer).unwrap(),
            Err(error) => return assert!(error == UNAUTHORIZED || is_late(&log_line), "{log_line}"),
        };
        // The requester wrote the path in the method's name, which a policy repeats. Nothing else of an event comes back.
        let resource = answer.pointer_mut("/policyDocument/Statement/0/Resource").map(Value::take);
        assert!(!answer.to_string().contains(&world.access), "{answer}");
        let passes = answer["isAuthorized"] == true || answer["policyDocument"]["Statement"][0]["Effect"] == "Allow";
        assert_eq!(passes, log_line.outcome == latchkey::log::Outcome::Granted);
        assert_eq!(answer["context"]["client_id"].is_string(), passes);
        assert_eq!(answer["context"]["subject"].is_string(), passes);
        assert!(answer["context"].as_object().unwrap().values().all(|value| value.is_string() || value.is_u64()));
        // serde reads a struct from an array as well, and is lax with members that nobody reads. No gateway sends such.
        let Some(known) = serde_json::from_str::<Value>(&event).ok().filter(is_of_objects) else { return };
        match resource {
            None => assert_eq!(known["version"], "2.0"),
            Some(resource) => policy(&answer, resource.as_str().unwrap(), known["methodArn"].as_str().unwrap()),
        }
        if passes {
            assert!(bears(&known, &world.access) && is_open(&known), "{event}");
        }
    });
}

fn is_of_objects(event: &Value) -> bool {
    let has_none = |pointer| event.pointer(pointer).is_none_or(|member| !member.is_array());
    ["", "/requestContext", "/requestContext/http"].into_iter().all(has_none)
}

/// Whether the token stands where a token belongs, and alone there.
fn bears(event: &Value, access: &str) -> bool {
    let mut values = Vec::new();
    if event["type"] == "TOKEN" {
        values.extend(event["authorizationToken"].as_str());
    } else {
        let headers = event["headers"].as_object().into_iter().flatten();
        values.extend(headers.filter(|(name, _)| is_authorization(name)).filter_map(|(_, value)| value.as_str()));
        let many = event["multiValueHeaders"].as_object().into_iter().flatten();
        let many = many.filter(|(name, _)| is_authorization(name)).filter_map(|(_, values)| values.as_array());
        assert!(many.flatten().filter(|value| value.is_string()).count() <= 1);
    }
    let [value] = values[..] else { return false };
    let scheme = value.trim().strip_suffix(access).unwrap_or_default();
    scheme.trim_end().eq_ignore_ascii_case("Bearer") && scheme.ends_with(char::is_whitespace)
}

fn is_authorization(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

/// Whether [`SCOPES`] asks for no more than the token is good for. `POST /loans` does, and what is not named there.
fn is_open(event: &Value) -> bool {
    let text = |pointer| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (arn, route) = (text("/methodArn"), text("/routeKey"));
    let (method, path) = match (text("/version"), text("/type")) {
        ("2.0", _) => (text("/requestContext/http/method"), route.split_once(' ').map_or(route, |(_, path)| path)),
        (_, "REQUEST") => (text("/httpMethod"), text("/resource")),
        _ => (arn.split('/').nth(2).unwrap(), arn.match_indices('/').nth(2).map_or("/", |(at, _)| &arn[at..])),
    };
    let one = path.strip_prefix("/loans/").is_some_and(|id| !id.is_empty() && !id.contains('/'));
    method == "GET" && one || path.starts_with("/open/") || path == "$default"
}

/// Its one statement is about the method that was asked for, whatever was written in the path.
fn policy(answer: &Value, resource: &str, arn: &str) {
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap();
    let [statement] = &statements[..] else { panic!("{answer}") };
    assert_eq!(
        (&statement["Action"], &answer["policyDocument"]["Version"]),
        (&"execute-api:Invoke".into(), &"2012-10-17".into())
    );
    let (mut plain, mut rest) = (String::new(), resource);
    while let Some(character) = rest.chars().next() {
        let escaped = ["${*}", "${?}", "${$}"].into_iter().find(|escape| rest.starts_with(escape));
        assert!(escaped.is_some() || !"*?$".contains(character), "{resource}");
        plain.push_str(escaped.map_or(&rest[..character.len_utf8()], |escape| &escape[2..3]));
        rest = &rest[escaped.map_or(character.len_utf8(), str::len)..];
    }
    assert_eq!(plain, arn);
    assert!(statement["Effect"] == "Allow" || statement["Effect"] == "Deny");
}
