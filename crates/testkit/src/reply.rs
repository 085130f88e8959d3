//! An answer over HTTP, and what a test asserts of it.

use http::{HeaderMap, StatusCode};
use latchkey_oauth::form::Pairs;
use serde_json::Value;

/// Where the application of tests hears its answers.
pub const REDIRECT: &str = "https://app.example/callback";

/// Where a page leads by itself.
pub fn leads(page: &str) -> Option<String> {
    let location = page.split("<meta http-equiv=\"refresh\" content=\"0;url=").nth(1)?.split('"').next()?;
    let characters = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    Some(characters.iter().fold(location.to_owned(), |text, (written, meant)| text.replace(written, meant)))
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Reply {
    /// A member of the body, as text.
    pub fn member(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no text {name} in {}", self.text))
    }

    /// Asserts that it refuses so, in the shape that every client survives, and gives no token.
    #[track_caller]
    pub fn refuses(&self, status: u16, error: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.body["error"].as_str()), (status, Some(error)), "{}", self.text);
        assert_eq!(self.body["code"]["value"], status.to_string());
        assert!(!self.member("message").is_empty() && !self.member("error_description").is_empty());
        assert!(self.body["details"].is_string() && self.body.get("access_token").is_none());
        assert_eq!(self.headers["cache-control"], "no-store");
        self
    }

    /// The hidden field.
    pub fn form(&self) -> String {
        let rest = self.text.split("name=\"form\" value=\"").nth(1);
        rest.unwrap_or_else(|| panic!("no form in {}", self.text)).split('"').next().unwrap().to_owned()
    }

    /// Where it leads by itself: by a redirect, or as the page does that leads to an application.
    pub fn location(&self) -> String {
        let redirect = self.headers.get("location").map(|location| location.to_str().unwrap().to_owned());
        redirect.or_else(|| self.leads()).unwrap_or_else(|| panic!("no redirect: {}", self.text))
    }

    fn leads(&self) -> Option<String> {
        leads(&self.text)
    }

    /// A parameter of the redirect, from query or fragment.
    pub fn given(&self, name: &str) -> Option<String> {
        let location = self.location();
        let (_, pairs) = location.split_once(['?', '#'])?;
        let pairs = Pairs::parse(pairs.as_bytes()).unwrap();
        pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    /// Asserts that the application is told of this error, as RFC 6749 section 4.1.2.1 says, and is given nothing. A form's
    /// answer is a page that leads there.
    #[track_caller]
    pub fn tells(&self, error: &str) -> &Self {
        assert_eq!(self.status, if self.leads().is_some() { 200 } else { 303 }, "{}", self.text);
        assert!(self.location().starts_with(REDIRECT), "{}", self.location());
        assert_eq!(self.given("error").as_deref(), Some(error), "{}", self.location());
        assert!(self.given("error_description").is_some_and(|text| !text.is_empty()));
        assert!(self.given("http_code").is_some() && self.given("iss").is_some());
        assert!(self.given("code").is_none() && self.given("access_token").is_none());
        self
    }

    /// Asserts that it is a page that leads nowhere.
    #[track_caller]
    pub fn shows(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.headers.get("location").is_none() && self.leads().is_none(), "{}", self.text);
        assert_eq!(self.headers["content-type"], "text/html;charset=UTF-8");
        assert_eq!(self.headers["cache-control"], "no-store");
        assert!(self.text.contains("</html>"), "{}", self.text);
        self
    }
}
