//! Secrets that clients bring along.

use super::*;
use crate::client::new_secret;

#[test]
fn a_secret_that_can_be_guessed_is_weak() {
    for (secret, reason) in [
        ("", "fewer than 16 characters"),
        ("a", "fewer than 16 characters"),
        ("secret", "fewer than 16 characters"),
        ("123456789012345", "fewer than 16 characters"),
        ("secret                  ", "fewer than 16 characters"),
        ("aaaaaaaaaaaaaaaaaaaaaaaa", "fewer than 8 different"),
        ("secretsecretsecretsecret", "fewer than 8 different"),
        ("jdfRzYZbLc8HZXFB", "the client id"),
        ("jdfRzYZbLc8HZXFBsecret", "the client id"),
        ("0123456789abcdef", "follow one another"),
        ("abcdefghijklmnopqrstuvwxyz", "follow one another"),
        ("zyxwvutsrqponmlkjihgfedcba", "follow one another"),
        // Nine steps of fifteen.
        ("abcdefghijQ5Z_8m", "follow one another"),
    ] {
        let weakness = weakness(secret, "jdfRzYZbLc8HZXFB").unwrap_or_default();
        assert!(weakness.contains(reason), "{secret}: {weakness}");
    }
}

#[test]
fn a_secret_that_a_service_minted_is_not_weak() {
    // Of OCLC's documentation, and of other services.
    // The last two have eight different characters, and eight steps.
    for secret in [
        "UYnwZbmvf3fAXCEa0JryLQ==",
        "9f86d081884c7d659a2feaa0c55ad015",
        "mF_9.B5f-4.1JqM9",
        "pässwörter-mit-ümläuten",
        "aZ3_kQ9-aZ3_kQ9-",
        "abcdefghiQ5Z_8m2",
    ] {
        assert_eq!(weakness(secret, "jdfRzYZbLc8HZXFB"), None, "{secret}");
    }
    for byte in 0..=255_u8 {
        let bytes = std::array::from_fn(|at| byte.wrapping_add((at as u8).wrapping_mul(73)));
        assert_eq!(weakness(new_secret(bytes).expose(), "demo"), None, "{byte}");
    }
}

#[test]
fn what_was_added_to_a_secret_is_named() {
    for (secret, found) in [
        ("UYnwZbmvf3fAXCEa0JryLQ== ", vec!["a blank at an end"]),
        (" UYnwZbmvf3fAXCEa0JryLQ==", vec!["a blank at an end"]),
        ("UYnwZbmvf3fAXCEa0JryLQ==\u{A0}", vec!["a blank at an end"]),
        ("\u{FEFF}UYnwZbmvf3fAXCEa0JryLQ==", vec!["a byte order mark (BOM) at an end"]),
        ("UYnwZbmvf3fAXCEa0JryLQ==\u{FEFF}", vec!["a byte order mark (BOM) at an end"]),
        ("UYnwZbmvf3fAXCEa0JryLQ==\r\n", vec!["a line end at an end"]),
        (" UYnwZbmvf3fAXCEa0JryLQ==\n", vec!["a line end at an end", "a blank at an end"]),
        ("\"UYnwZbmvf3fAXCEa0JryLQ==\"", vec!["quotation marks around it"]),
        ("'UYnwZbmvf3fAXCEa0JryLQ=='", vec!["quotation marks around it"]),
        ("UYnwZbmvf3f AXCEa0JryLQ==", vec![]),
        ("\"", vec![]),
        ("", vec![]),
    ] {
        assert_eq!(additions(secret), found, "{secret:?}");
    }
}
