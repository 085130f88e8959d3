//! The parameters of a request, from query and form: as another library reads them, or refused.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use latchkey::context::{RequestContext, Service};
use latchkey::endpoint::client::{MAX_BODY, MAX_QUERY, Unverified};
use latchkey::endpoint::parameters::fields;
use latchkey::log::LogLine;
use latchkey_dynamodb::aws::dynamodb_at;
use latchkey_dynamodb::store::{Store, Tables};
use latchkey_oauth::client_auth::assertion::{self, CLIENT_ASSERTION};
use latchkey_oauth::client_auth::wskey::Signing;
use latchkey_oauth::client_auth::{CLIENT_SECRET, Failure};
use latchkey_oauth::error::Denial;
use latchkey_oauth::form::MAX_PAIRS;
use latchkey_oauth::grant::is_institution_id;
use latchkey_oauth::keyrings::Keyrings;
use latchkey_oauth::secret::{ClientSecret, Keyring};
use latchkey_oauth::settings::{Authority, OldKeys, Settings};

const NOW: u64 = 1_361_408_273;

const FORM: &str = "application/x-www-form-urlencoded";

/// A request that is read and goes no further: no database answers.
static LATCHKEY: LazyLock<Service> = LazyLock::new(|| Service {
    store: Store::new(dynamodb_at("http://127.0.0.1:9"), Tables::default()),
    keyrings: Keyrings::of_all(&Keyring::line("v1", &[7; 32]), OldKeys::None).unwrap(),
    settings: Settings::default(),
});

pub fn parameters(data: &[u8]) {
    let [query, form, typed] = super::parts(data);
    let typed = if typed.is_empty() { FORM } else { super::text(typed) };
    let Ok(uri) = Uri::try_from([b"/?", query].concat()) else { return };
    let query = uri.query().unwrap_or_default();
    let secret = ClientSecret::new("secret".into());
    let signing = Signing {
        client_id: "key",
        secret: &secret,
        authority: &Authority::default(),
        timestamp: &NOW.to_string(),
        nonce: "n",
        principal: None,
        method: "POST",
        query: "",
        body: form,
    };
    let mut request = Request::post(uri.clone()).body(Bytes::copy_from_slice(form)).unwrap();
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, HeaderValue::try_from(signing.sign().unwrap().authorization).unwrap());
    if let Ok(typed) = HeaderValue::try_from(typed) {
        headers.insert(CONTENT_TYPE, typed);
    }
    let mut context = RequestContext::new(NOW.into(), LogLine::default());
    match Unverified::read(&LATCHKEY, &request, &mut context, &[Method::POST]) {
        Ok(read) => taken(&read, query, form),
        Err(denial) => refused(&denial, query, form, typed),
    }
}

/// As the `url` crate reads them. It replaces what is no text, so there nothing is compared: such a one is refused.
fn others(raw: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(raw).into_owned().collect()
}

/// An empty one counts as none.
fn has(pairs: &[(String, String)], what: &str) -> bool {
    pairs.iter().any(|(name, value)| name == what && !value.is_empty())
}

fn taken(read: &Unverified<'_>, query: &str, form: &[u8]) {
    assert!(query.len() <= MAX_QUERY && form.len() <= MAX_BODY);
    let parameters = &read.parameters;
    let pairs = [others(query.as_bytes()), others(form)];
    for (known, other) in [&parameters.query, &parameters.form].into_iter().zip(&pairs) {
        assert!(known.iter().eq(other.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
        assert!(other.len() <= MAX_PAIRS);
        // The request is signed.
        assert!(!has(other, CLIENT_SECRET) && !has(other, CLIENT_ASSERTION));
    }
    for name in [&fields::TOKEN[..], &fields::INTROSPECT, &fields::REVOKE].concat() {
        let values: Vec<_> =
            pairs.iter().flatten().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        let first = values.first().copied().filter(|value| !value.is_empty());
        assert_eq!(parameters.get(name), first);
        assert_eq!(parameters.require(name).ok(), first);
        let fits = values.len() <= 1 && values.iter().all(|value| value.len() <= 2048);
        assert_eq!(parameters.check(&[name]).is_ok(), fits);
    }
    if let Ok(institutions) = parameters.institutions() {
        assert!(is_institution_id(&institutions.authenticating) && is_institution_id(&institutions.context));
    }
}

fn refused(denial: &Denial, query: &str, form: &[u8], typed: &str) {
    let [first, second] = [query.as_bytes(), form].map(others);
    let replaced =
        |pairs: &[(String, String)]| pairs.iter().any(|(name, value)| format!("{name}{value}").contains('\u{FFFD}'));
    match denial {
        Denial::QueryTooLong(_) => assert!(query.len() > MAX_QUERY),
        Denial::BodyTooLong(_) => assert!(form.len() > MAX_BODY),
        Denial::ParametersTooMany(_) => assert!(first.len() > MAX_PAIRS || second.len() > MAX_PAIRS),
        Denial::ParametersNotText => assert!(replaced(&first) || replaced(&second)),
        // The request is signed.
        Denial::ClientAuth(Failure::SecretInUrl) => assert!(has(&first, CLIENT_SECRET)),
        Denial::ClientAuth(Failure::Assertion(assertion::Error::InUrl)) => assert!(has(&first, CLIENT_ASSERTION)),
        Denial::ClientAuth(Failure::MethodsMixed) => {
            assert!(has(&second, CLIENT_SECRET) || has(&second, CLIENT_ASSERTION));
        }
        Denial::BodyNotForm => assert!(!form.is_empty() && typed != FORM),
        denial => panic!("{denial:?}"),
    }
}
