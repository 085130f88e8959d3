//! The fuzz target `user_code`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::user_code(data));
