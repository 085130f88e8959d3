//! The fuzz target `canonical`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::canonical(data));
