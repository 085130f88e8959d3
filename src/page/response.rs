//! A page as a response: its policy, and the headers that every response to a browser has.

use askama::Template;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::header::{STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use http::{HeaderName, HeaderValue, Response, StatusCode};

use latchkey_oauth::settings::Theme;

#[derive(Template)]
#[template(path = "style.css", escape = "none")]
struct Style {
    accent: String,
    on_accent: &'static str,
}

/// A page. It runs no script, loads one image at most, and its forms lead to this service and nowhere else.
pub(super) fn page(status: u16, text: String, logo_url: Option<&str>) -> Response<Bytes> {
    let mut response = Response::new(text.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let images = logo_url.map_or("'none'".to_owned(), origin);
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src {images}; form-action 'self'; frame-ancestors 'none'; base-uri \
         'none'"
    );
    set(&mut response, CONTENT_TYPE, "text/html;charset=UTF-8");
    set(&mut response, CONTENT_SECURITY_POLICY, &policy);
    guard(&mut response);
    response
}

/// Renders the stylesheet. It has no data of a user, so a browser may cache it.
pub fn style(theme: &Theme) -> Response<Bytes> {
    let style = Style { accent: theme.color.to_string(), on_accent: theme.color.text() };
    let mut response = Response::new(style.render().unwrap_or_default().into());
    set(&mut response, CONTENT_TYPE, "text/css;charset=UTF-8");
    set(&mut response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(&mut response, CACHE_CONTROL, "public, max-age=300");
    response
}

/// Redirects a form's POST to a GET (RFC 9700 section 4.12).
pub fn redirect(location: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    set(&mut response, http::header::LOCATION, location);
    guard(&mut response);
    response
}

/// Sets the headers that every response to a browser has.
fn guard(response: &mut Response<Bytes>) {
    set(response, CACHE_CONTROL, "no-store");
    // The URL of the page has the client's state.
    set(response, REFERRER_POLICY, "no-referrer");
    set(response, X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(response, X_FRAME_OPTIONS, "DENY");
    set(response, STRICT_TRANSPORT_SECURITY, "max-age=31536000");
}

fn set(response: &mut Response<Bytes>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}

/// Returns scheme, host and port of a URL.
fn origin(url: &str) -> String {
    let end = url.find("://").and_then(|at| url[at + 3..].find(['/', '?']).map(|end| at + 3 + end));
    url[..end.unwrap_or(url.len())].to_owned()
}
