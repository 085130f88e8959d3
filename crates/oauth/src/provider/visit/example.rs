//! A request that a visit keeps.

use crate::example::{CHALLENGE, REDIRECT_URI, institutions, scope};
use crate::grants::authorization_code::prompt::Prompt;
use crate::grants::authorization_code::request::{Request, ResponseType};

pub fn request() -> Request {
    Request {
        client_id: "WSKEY".into(),
        redirect_uri: REDIRECT_URI.into(),
        response_type: ResponseType::Code,
        scope: scope("A B refresh_token"),
        institutions: Some(institutions()),
        picked: false,
        state: Some("a state".into()),
        challenge: Some(CHALLENGE.into()),
        prompt: Prompt::default(),
        ui_locales: None,
        device: None,
        pushed: false,
    }
}
