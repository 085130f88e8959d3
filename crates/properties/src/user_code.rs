//! User codes: a text is one code's or none's, whatever is typed around its letters.

use latchkey_oauth::token::{GrantId, UserCode};

pub fn user_code(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Some(code) = UserCode::parse(text)
    {
        let shown = code.text();
        // Nothing but the letters counts, and all of them do.
        let letters: String = text.chars().filter(|character| character.is_alphanumeric()).collect();
        assert_eq!(letters.to_ascii_uppercase(), shown.replace('-', ""));
        assert!(shown.len() == 9 && !shown.contains(['A', 'E', 'I', 'O', 'U', 'Y']), "{shown}");
        same(code, &shown);
        same(code, &shown.to_lowercase().replace('-', " "));
        for other in ["B", "0", "\u{3b2}"] {
            assert!(UserCode::parse(&format!("{text}{other}")).is_none());
        }
    }
    if let Some(bytes) = data.first_chunk() {
        let code = UserCode::random(*bytes);
        same(code, &code.text());
        let other = UserCode::random(bytes.map(|byte| !byte));
        assert_eq!(code == other, GrantId::of_user_code(&code) == GrantId::of_user_code(&other));
    }
}

fn same(code: UserCode, typed: &str) {
    assert!(UserCode::parse(typed) == Some(code), "{typed}");
}
