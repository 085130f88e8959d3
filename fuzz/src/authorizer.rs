//! Questions of a gateway to the authorizer: nobody passes without a good token, and a policy is about what was asked.
//!
//! In texts of the event `{access}` stands for a good token.

use latchkey::lambda::authorizer::{UNAUTHORIZED, authorize};
use latchkey::scope::RouteScopes;
use serde_json::Value;

use super::world::visit;

const SCOPES: &str =
    r#"{"GET /loans/{id}":"WMS_NCIP","POST /loans":"WMS_ACQ","ANY /open/{proxy+}":"","$default":"WMS_NCIP"}"#;

pub fn authorizer(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let scopes = RouteScopes::parse(SCOPES).unwrap();
    visit(|world| {
        let event = text.replace("{access}", &world.access);
        let asked = authorize(&world.checker, &scopes, &event, world.now);
        let (answer, mut record) = world.runtime.block_on(asked);
        record.request_id = None;
        assert!(!record.to_string().contains(&world.access));
        let answer = match answer {
            Ok(answer) => serde_json::to_value(&answer).unwrap(),
            // The engine is there. On a machine that is busy with other things it may be late.
            Err(error) => return assert!(error == UNAUTHORIZED || record.denial == Some("database_unreachable")),
        };
        assert!(!answer.to_string().contains(&world.access) || event != text);
        let known: Value = serde_json::from_str(&event).unwrap();
        let passes = match answer.get("isAuthorized") {
            Some(passes) => {
                assert_eq!(known["version"], "2.0");
                passes.as_bool().unwrap()
            }
            None => policy(&answer, known["methodArn"].as_str().unwrap()),
        };
        assert_eq!(passes, record.outcome == "granted");
        assert!(!passes || event.contains(&world.access), "{event}");
        assert!(answer["context"].as_object().unwrap().values().all(|value| value.is_string() || value.is_u64()));
        assert_eq!(answer["context"]["client_id"].is_string(), passes);
    });
}

/// Whether it allows. Its one statement is about the method that was asked for, whatever was written in the path.
fn policy(answer: &Value, arn: &str) -> bool {
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap();
    let [statement] = &statements[..] else { panic!("{answer}") };
    assert_eq!(
        (&statement["Action"], &answer["policyDocument"]["Version"]),
        (&"execute-api:Invoke".into(), &"2012-10-17".into())
    );
    let resource = statement["Resource"].as_str().unwrap();
    let (mut plain, mut rest) = (String::new(), resource);
    while let Some(character) = rest.chars().next() {
        let escaped = ["${*}", "${?}", "${$}"].into_iter().find(|escape| rest.starts_with(escape));
        assert!(escaped.is_some() || !"*?$".contains(character), "{resource}");
        plain.push_str(escaped.map_or(&rest[..character.len_utf8()], |escape| &escape[2..3]));
        rest = &rest[escaped.map_or(character.len_utf8(), str::len)..];
    }
    assert_eq!(plain, arn);
    statement["Effect"] == "Allow"
}
