//! The fuzz target `key_set`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::key_set(data));
