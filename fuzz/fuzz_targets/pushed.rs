//! The fuzz target `pushed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::pushed(data));
