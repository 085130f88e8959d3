//! Events of API Gateway, from their bytes to the answer's JSON, with the service over the embedded engine.
//!
//! The first byte, a digit, picks the endpoint. In texts of the event `{code}`, `{access}`, `{refresh}`, `{form}`, `{consent}`,
//! `{cookie}`, `{password}`, `{pushed}`, `{begun}` and `{now}` stand for real ones, and an Authorization header that begins with
//! `{sign}` is signed.

use base64::{Engine, engine::general_purpose::STANDARD};
use latchkey::context::Endpoint;
use latchkey::endpoint::metadata::metadata;
use latchkey::endpoint::{authorize, introspect, issue, refresh, revoke};
use latchkey::lambda::invoke;
use latchkey::log::LogLine;
use latchkey_oauth::form::encode;
use latchkey_oauth::grant::Institutions;
use latchkey_oauth::grants::authorization_code::prompt::Prompt;
use latchkey_oauth::grants::authorization_code::pushed::PushedRequest;
use latchkey_oauth::grants::authorization_code::request::{Request, ResponseType};
use latchkey_oauth::scope::Scope;
use latchkey_oauth::service::{Function, KeySet};
use latchkey_oauth::session::{Devices, Form, Session, Step};
use serde_json::Value;

use super::world::{CLIENT, ISSUER, PASSWORD, REDIRECT, SECRET, World, context, is_late};

const ENDPOINTS: [Endpoint; 5] =
    [issue::ENDPOINT, refresh::ENDPOINT, introspect::ENDPOINT, revoke::ENDPOINT, authorize::ENDPOINT];
// The authorizer has no endpoint.
const _: () = assert!(ENDPOINTS.len() + 1 == Function::ALL.len());

/// What the OpenAPI document says of any endpoint.
const STATUSES: [i64; 11] = [200, 201, 204, 303, 400, 401, 403, 409, 413, 429, 503];

/// Wherever it stands in an event, no log line has it; and no answer, where it stands in headers alone.
const CANARY: &str = "cAnArY-5d1c";

/// What an event holds that bears on its answer.
#[derive(Default)]
struct Sent {
    signed: bool,
    /// In headers alone.
    canary: bool,
    /// The right password, as a field of a form.
    password: bool,
    /// The names that real values took the place of.
    real: Vec<&'static str>,
}

impl Sent {
    fn has(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.real.contains(name))
    }
}

pub fn event(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let which = usize::from(first.wrapping_sub(b'0')) % ENDPOINTS.len();
    context(|world| {
        let Ok(mut event) = serde_json::from_slice::<Value>(rest) else {
            return answer(world, which, &String::from_utf8_lossy(rest), Sent::default());
        };
        let mut sent = Sent::default();
        fill(world, &mut event, &mut sent.real);
        let headers = event["headers"].to_string() + &event["cookies"].to_string();
        let canaries = |text: &str| text.matches(CANARY).count();
        sent.canary = canaries(&headers) == canaries(&event.to_string());
        let body = body(&event).unwrap_or_default();
        sent.password = url::form_urlencoded::parse(&body).any(|field| field == ("password".into(), PASSWORD.into()));
        if let Some(name) = authorization(&event)
            && let Some(rest) = event["headers"][&name].as_str().and_then(|value| value.strip_prefix("{sign}"))
            && let Some(value) = sign(world, &event)
        {
            let rest = rest.to_owned();
            event["headers"][&name] = (value + &rest).into();
            sent.signed = true;
        }
        answer(world, which, &event.to_string(), sent);
    });
}

fn authorization(event: &Value) -> Option<String> {
    let headers = event.get("headers")?.as_object()?;
    headers.keys().find(|name| name.eq_ignore_ascii_case("authorization")).cloned()
}

fn body(event: &Value) -> Option<Vec<u8>> {
    let body = event.get("body").and_then(Value::as_str).unwrap_or_default();
    let encoded = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    if encoded { STANDARD.decode(body).ok() } else { Some(body.as_bytes().to_vec()) }
}

fn sign(world: &World, event: &Value) -> Option<String> {
    let method = event.pointer("/requestContext/http/method").and_then(Value::as_str).unwrap_or("POST");
    world.sign(method, event.get("rawQueryString").and_then(Value::as_str).unwrap_or_default(), &body(event)?)
}

/// Puts real values where their names stand.
fn fill(world: &World, value: &mut Value, filled: &mut Vec<&'static str>) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| fill(world, value, filled)),
        Value::Object(members) => members.values_mut().for_each(|value| fill(world, value, filled)),
        Value::String(text) if text.contains('{') => {
            for name in ["code", "access", "refresh", "form", "consent", "cookie", "password", "pushed", "begun", "now"]
            {
                let place = format!("{{{name}}}");
                if text.contains(&place) {
                    *text = text.replace(&place, &real(world, name));
                    filled.push(name);
                }
            }
        }
        _ => {}
    }
}

/// The id of the browser that forms are made for, as its cookie has it.
const BROWSER: &str = "BQUFBQUFBQUFBQUFBQUFBQ";

fn real(world: &World, name: &str) -> String {
    let keyring = world.service.keyring(KeySet::Pages);
    let nonce = latchkey_dynamodb::random().unwrap();
    match name {
        "code" => world.token(name, ResponseType::Code),
        "access" | "refresh" => world.token(&format!("{name}_token="), ResponseType::Token),
        "now" => world.now.to_string(),
        "password" => PASSWORD.replace(' ', "+"),
        "cookie" => {
            let session = Session::begin(world.alice.clone(), false, &world.service.settings, world.now);
            format!("latchkey-browser={BROWSER}; latchkey={}", session.seal(keyring, nonce).unwrap())
        }
        step => {
            let request = Request {
                client_id: CLIENT.into(),
                redirect_uri: REDIRECT.into(),
                response_type: ResponseType::Code,
                scope: Scope::parse("WMS_NCIP").unwrap(),
                institutions: Some(Institutions { authenticating: "128807".into(), context: "128807".into() }),
                picked: false,
                state: Some("<x7q>".into()),
                challenge: None,
                prompt: Prompt::default(),
                ui_locales: None,
                device: None,
                pushed: false,
            };
            if ["pushed", "begun"].contains(&step) {
                let made = if step == "begun" { PushedRequest::begun } else { PushedRequest::new };
                let keyring = world.service.keyring(KeySet::Requests);
                return encode(&made(request, world.now).seal(keyring, nonce).unwrap()).into_owned();
            }
            let form = Form {
                step: if step == "form" { Step::SignIn } else { Step::Consent },
                browser: [5; 16],
                user: (step != "form").then(|| world.alice.clone()),
                made_at: 0,
                ends_at: world.now + 600,
                request: Some(request),
                grant: latchkey_dynamodb::random().unwrap(),
                secret: latchkey_dynamodb::random().unwrap(),
            };
            form.seal(keyring, nonce).unwrap()
        }
    }
}

fn answer(world: &World, which: usize, event: &str, sent: Sent) {
    let log_line = LogLine::default();
    let invoked = invoke(&world.service, ENDPOINTS[which], event, log_line, world.now);
    let (response, mut log_line) = world.runtime.block_on(invoked);
    let text = serde_json::to_string(&response).unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    let status = answer["statusCode"].as_i64().unwrap();
    assert!(STATUSES.contains(&status), "{answer}");
    assert!(status != 503 || is_late(&log_line), "{log_line}");
    let body = answer["body"].as_str().unwrap();
    let kind = answer["headers"]["content-type"].as_str().unwrap_or_default();
    match (kind, status) {
        ("application/json;charset=UTF-8", _) => json(&serde_json::from_str(body).unwrap(), status),
        ("text/html;charset=UTF-8", _) => {
            assert!(body.contains("</html>") && !body.contains("<x7q"), "{body}");
            if let Some((_, location)) = body.split_once("http-equiv=\"refresh\" content=\"0;url=") {
                leads(which, location.split('"').next().unwrap(), &sent);
            }
        }
        // A preflight.
        ("", 204) => assert_eq!((body, &answer["headers"]["access-control-allow-credentials"]), ("", &Value::Null)),
        ("text/css;charset=UTF-8", 200) => assert_eq!(which, 4),
        (_, 303) => {
            let location = answer["headers"]["location"].as_str().unwrap();
            leads(which, location, &sent);
        }
        _ => panic!("{answer}"),
    }
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    // One document is for everybody.
    let public =
        which == 2 && event.contains("oauth-authorization-server") && body == metadata(&world.service.settings, ISSUER);
    assert!(
        which == 4 || sent.signed || public || status == 204 || status >= 400,
        "{answer} for a request that nobody signed"
    );
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        kept(world, cookie.as_str().unwrap(), &sent);
    }
    assert!(!text.contains(SECRET), "{answer}");
    assert!(!sent.canary || text.matches(CANARY).count() == told(&body), "{answer}");
    assert_eq!(log_line.status, status as u16);
    // The gateway makes the id, and the service the pseudonyms; no caller chooses them.
    (log_line.request_id, log_line.user_log_id, log_line.network_log_id) = (None, None, None);
    // What client a caller claims to be is told, except where it begins as a token does.
    let claimed = log_line.claimed_client_id.take().unwrap_or_default();
    assert!(!["tk_", "rt_", "auth_"].iter().any(|token| claimed.starts_with(token)), "{claimed}");
    let log_line = log_line.to_string();
    assert!(
        ![CANARY, "tk_", "rt_", "auth_", "v1.", "urn:ietf"].iter().any(|secret| log_line.contains(secret)),
        "{log_line}"
    );
}

/// Where a browser is sent: to the client, or to the beginning. A user gives consent in a form that asks for it, with the
/// cookie of the session.
fn leads(which: usize, location: &str, sent: &Sent) {
    let to_client = location.strip_prefix(REDIRECT).is_some_and(|rest| rest.starts_with(['?', '#']));
    assert!(which == 4 && (to_client || location.starts_with("authorizeCode?")), "{location}");
    let granted = location.contains("?code=") || location.contains("#access_token=");
    assert!(!granted || sent.has(&["consent", "cookie"]), "{location}");
}

/// How often the canary comes back where it may: the client, the nonce and the user that a header names.
fn told(body: &Value) -> usize {
    let lines = body["details"].as_str().unwrap_or_default().lines();
    let signed = lines.filter(|line| [" 1: ", " 3: "].iter().any(|start| line.starts_with(start)));
    let named = ["principalID", "principalIDNS"].iter().filter_map(|name| body[*name].as_str());
    signed.chain(named).map(|text| text.matches(CANARY).count()).sum()
}

/// A cookie is one of ours, or ends ours. Only a password signs a user in, typed into a form of ours, and only an answer to a
/// form moves a session's end.
fn kept(world: &World, cookie: &str, sent: &Sent) {
    if cookie.starts_with("latchkey-browser=") {
        return;
    }
    if let Some(rest) = cookie.strip_prefix("latchkey-devices=") {
        let devices =
            Devices::open(rest.split(';').next().unwrap(), world.service.keyring(KeySet::Pages), 0, world.now).unwrap();
        let user = (world.alice.institution_id.as_str(), world.alice.username.as_str());
        assert!(devices.at(user).is_some() && sent.password && sent.has(&["form"]), "{cookie}");
        return;
    }
    let value = cookie.strip_prefix("latchkey=").and_then(|rest| rest.split(';').next()).unwrap();
    let session = Session::open(value, world.service.keyring(KeySet::Pages), 0, world.now);
    assert!(session.is_some() || value.is_empty(), "{cookie}");
    if let Some(Session { user, .. }) = session {
        let is_typed = sent.password && sent.has(&["form"]);
        assert!(user == world.alice && (is_typed || sent.has(&["consent", "cookie"])), "{cookie}");
    }
}

fn json(body: &Value, status: i64) {
    assert!(body.is_object());
    if status >= 400 {
        assert_eq!(body["code"]["value"], status.to_string());
        assert!(body["error"].is_string() && body["details"].is_string() && body.get("access_token").is_none());
    }
}
