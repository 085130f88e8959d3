//! The address of a node, as proxies write it into `X-Forwarded-For` and `Forwarded`.

use std::net::{IpAddr, Ipv6Addr};

#[cfg(test)]
mod tests;

/// Reads the address of a node (RFC 7239 section 6): an address, with or without a port. An address of IPv6 may stand in
/// brackets, and must where a port follows. A quoted node is read too, since RFC 7239 quotes what has a colon. `None` for
/// `unknown`, an obfuscated name, and everything else.
pub fn address(node: &str) -> Option<IpAddr> {
    let node = node.trim_matches([' ', '\t']);
    let node = node.strip_prefix('"').and_then(|node| node.strip_suffix('"')).unwrap_or(node);
    if let Some(rest) = node.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        return (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then_some(address.into());
    }
    match node.split_once(':') {
        // More than one colon: an address of IPv6.
        Some((address, port)) if !port.contains(':') => {
            let address = address.parse().ok()?;
            is_port(port).then_some(IpAddr::V4(address))
        }
        _ => node.parse().ok(),
    }
}

/// Whether it is a port or the obfuscated name of one (RFC 7239 sections 6.2 and 6.3).
fn is_port(port: &str) -> bool {
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match port.strip_prefix('_') {
        Some(name) => !name.is_empty() && name.bytes().all(named),
        None => (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit()),
    }
}
