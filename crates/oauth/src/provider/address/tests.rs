//! The addresses that the service calls, and those that it does not.

#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn only_addresses_of_the_public_network_are_called() {
    for (text, is) in [
        ("1.1.1.1", true),
        ("8.8.8.8", true),
        ("9.255.255.255", true),
        ("11.0.0.0", true),
        ("100.63.255.255", true),
        ("100.128.0.0", true),
        ("168.63.129.15", true),
        ("168.63.129.17", true),
        ("172.15.255.255", true),
        ("172.32.0.0", true),
        ("192.0.1.0", true),
        ("192.167.255.255", true),
        ("198.17.255.255", true),
        ("198.20.0.0", true),
        ("223.255.255.255", true),
        ("0.0.0.0", false),
        ("0.1.2.3", false),
        ("10.0.0.1", false),
        ("100.64.0.1", false),
        ("100.100.100.200", false),
        ("127.0.0.1", false),
        ("127.255.255.254", false),
        ("168.63.129.16", false),
        ("169.254.169.254", false),
        ("169.254.170.2", false),
        ("172.16.0.1", false),
        ("172.31.255.255", false),
        ("192.0.0.192", false),
        ("192.0.2.1", false),
        ("192.31.196.1", false),
        ("192.52.193.1", false),
        ("192.88.99.1", false),
        ("192.168.0.1", false),
        ("192.175.48.1", false),
        ("198.18.0.1", false),
        ("198.19.255.255", false),
        ("198.51.100.1", false),
        ("203.0.113.1", false),
        ("224.0.0.1", false),
        ("239.255.255.250", false),
        ("240.0.0.1", false),
        ("255.255.255.255", false),
        ("2001:4860:4860::8888", true),
        ("2600:1f18::1", true),
        ("2a00:1450::1", true),
        ("2001:200::1", true),
        ("3ffe::1", true),
        ("64:ff9b::808:808", true),
        ("::", false),
        ("::1", false),
        ("::8.8.8.8", false),
        ("::ffff:8.8.8.8", false),
        ("::ffff:127.0.0.1", false),
        ("::ffff:169.254.169.254", false),
        ("64:ff9b::a00:1", false),
        ("64:ff9b::a9fe:a9fe", false),
        ("64:ff9b:1::808:808", false),
        ("64:ff9b::1:808:808", false),
        ("100::1", false),
        ("100:0:0:1::1", false),
        ("2001::1", false),
        ("2001:2::1", false),
        ("2001:20::1", false),
        ("2001:1ff:ffff::1", false),
        ("2001:db8::1", false),
        ("2002:a00:1::1", false),
        ("2002:808:808::1", false),
        ("2620:4f:8000::1", false),
        ("3fff::1", false),
        ("3fff:fff:ffff::1", false),
        ("4000::1", false),
        ("5f00::1", false),
        ("fc00::1", false),
        ("fd00:ec2::254", false),
        ("fe80::1", false),
        ("fec0::1", false),
        ("ff02::1", false),
    ] {
        assert_eq!(is_public(text.parse().unwrap()), is, "{text}");
    }
}

#[test]
fn an_address_by_number_is_known_however_it_is_written() {
    for (text, address) in [
        ("https://127.0.0.1/", Some("127.0.0.1")),
        ("https://127.1/", Some("127.0.0.1")),
        ("https://2130706433/", Some("127.0.0.1")),
        ("https://0x7f.0.0.1/", Some("127.0.0.1")),
        ("https://0177.0.0.1/", Some("127.0.0.1")),
        ("https://169.254.169.254:443/latest", Some("169.254.169.254")),
        ("https://[::1]:8443/", Some("::1")),
        ("https://[::ffff:127.0.0.1]/", Some("::ffff:7f00:1")),
        ("https://login.example/", None),
        ("https://localhost/", None),
        ("https://127.0.0.1.example/", None),
    ] {
        let url = Url::parse(text).unwrap();
        assert_eq!(literal(&url), address.map(|address| address.parse().unwrap()), "{text}");
    }
}

#[test]
fn loopback_is_http_at_a_number_of_loopback() {
    for (text, is) in [
        ("http://127.0.0.1:3000", true),
        ("http://127.0.0.2", true),
        ("http://[::1]:3000/path", true),
        ("https://127.0.0.1:3000", false),
        ("http://localhost:3000", false),
        ("http://127.0.0.1.example", false),
        ("http://10.0.0.1", false),
        ("http://[::ffff:127.0.0.1]", false),
        ("127.0.0.1", false),
        ("", false),
    ] {
        assert_eq!(is_loopback_text(text), is, "{text}");
    }
}
