//! The fuzz target `token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::token(data));
