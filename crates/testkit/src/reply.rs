//! An answer over HTTP, and what a test asserts of it.

use http::{HeaderMap, StatusCode};
use latchkey_oauth::form::Pairs;
use serde_json::Value;

use crate::world::REDIRECT;

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

    pub fn location(&self) -> &str {
        self.headers.get("location").unwrap_or_else(|| panic!("no redirect: {}", self.text)).to_str().unwrap()
    }

    /// A parameter of the redirect, from query or fragment.
    pub fn given(&self, name: &str) -> Option<String> {
        let (_, pairs) = self.location().split_once(['?', '#'])?;
        let pairs = Pairs::parse(pairs.as_bytes()).unwrap();
        pairs.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }

    /// Asserts that the application is told of this error, as RFC 6749 section 4.1.2.1 says, and is given nothing.
    #[track_caller]
    pub fn tells(&self, error: &str) -> &Self {
        assert_eq!(self.status, 303, "{}", self.text);
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
        assert!(self.headers.get("location").is_none());
        assert_eq!(self.headers["content-type"], "text/html;charset=UTF-8");
        assert_eq!(self.headers["cache-control"], "no-store");
        assert!(self.text.contains("</html>"), "{}", self.text);
        self
    }
}
