//! The fuzz target `header`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::header(data));
