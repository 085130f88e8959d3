//! Addresses that pages link to.

/// Whether a URL is safe as the URL of an image, in a header and in a page.
pub fn is_https_url(text: &str) -> bool {
    let host = text.strip_prefix("https://").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    !host.is_empty()
        && host.bytes().all(fits)
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'<>;,".contains(&byte))
}

/// Whether users can be sent there for help: a page, or an address to write to.
pub fn is_help(text: &str) -> bool {
    let part = |part: &str, more: &[u8]| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    let mail = text.strip_prefix("mailto:").and_then(|address| address.split_once('@'));
    is_https_url(text) || mail.is_some_and(|(local, domain)| part(local, b"._+-") && part(domain, b".-"))
}
