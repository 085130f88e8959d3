//! The fuzz target `assertion`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| latchkey_properties::assertion(data));
