//! Nodes, as proxies of several makers write them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

#[test]
fn a_node_has_an_address_and_may_have_a_port() {
    for (node, read) in [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:50001", "203.0.113.7"),
        (" 203.0.113.7:80 ", "203.0.113.7"),
        ("203.0.113.7:_hidden", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("\"[2001:db8::1]:443\"", "2001:db8::1"),
        ("\"192.0.2.43:47011\"", "192.0.2.43"),
        ("[2001:db8::1]:_port.of-ours", "2001:db8::1"),
    ] {
        assert_eq!(address(node).unwrap().to_string(), read, "{node}");
    }
}

#[test]
fn what_is_no_address_is_not_guessed_at() {
    for node in [
        "",
        "unknown",
        "_hidden",
        "host.example",
        "host.example:80",
        "203.0.113.7:",
        "203.0.113.7:x",
        "203.0.113.7:123456",
        "203.0.113.7:_",
        "203.0.113.256",
        "203.0.113:80",
        "[203.0.113.7]",
        "[203.0.113.7]:80",
        "[2001:db8::1",
        "2001:db8::1]",
        "[2001:db8::1]443",
        "[2001:db8::1]:",
        "[]",
        "[fe80::1%eth0]",
        "\"203.0.113.7",
        "\"",
        ":80",
    ] {
        assert_eq!(address(node), None, "{node}");
    }
}
