//! Where the service may call: public addresses only, so that no registration leads it to a machine beside it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

#[cfg(test)]
mod tests;

/// IPv4 addresses that are not public, and the length of their prefix: IANA's registry of special-purpose addresses, multicast
/// (RFC 5771), and the address at which Azure serves metadata.
const SPECIAL_4: [([u8; 4], u32); 20] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    ([255, 255, 255, 255], 32),
];

/// Parts of the one range of public IPv6 addresses, 2000::/3, that are not public: protocols (Teredo, ORCHID, benchmarks),
/// documentation, 6to4, AS112.
const SPECIAL_6: [([u16; 3], u32); 5] = [
    ([0x2001, 0, 0], 23),
    ([0x2001, 0xdb8, 0], 32),
    ([0x2002, 0, 0], 16),
    ([0x2620, 0x4f, 0x8000], 48),
    ([0x3fff, 0, 0], 20),
];

/// Whether an address is one of the public network. Of IPv4 in IPv6, the prefix of NAT64 (RFC 6052) is as public as the address
/// in it; no other form leads anywhere.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_4(address),
        IpAddr::V6(address) => match address.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                is_public_4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
            }
            _ => is_public_6(address),
        },
    }
}

fn is_public_4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    let within = |(prefix, length): &([u8; 4], u32)| {
        let mask = u32::MAX.checked_shl(32_u32.saturating_sub(*length)).unwrap_or_default();
        bits & mask == u32::from(Ipv4Addr::from(*prefix))
    };
    !SPECIAL_4.iter().any(within)
}

fn is_public_6(address: Ipv6Addr) -> bool {
    let bits = u128::from(address);
    let within = |([one, two, three], length): &([u16; 3], u32)| {
        let mask = u128::MAX.checked_shl(128_u32.saturating_sub(*length)).unwrap_or_default();
        bits & mask == u128::from(Ipv6Addr::new(*one, *two, *three, 0, 0, 0, 0, 0))
    };
    bits >> 125 == 1 && !SPECIAL_6.iter().any(within)
}

/// The address that a URL names by its number, in any of the ways to write one. `None` where it has a name.
pub fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    }
}

/// Whether a URL is `http` on loopback, by its number: what a provider beside a service on loopback may have.
pub fn is_loopback(url: &Url) -> bool {
    let is_loopback = literal(url).is_some_and(|address| address.is_loopback());
    url.scheme() == "http" && is_loopback
}

/// Whether a text is such a URL.
pub fn is_loopback_text(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_loopback(&url))
}
