//! The fuzz target `parameters`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::parameters(data));
