//! The fuzz target `authorizer`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::authorizer(data));
