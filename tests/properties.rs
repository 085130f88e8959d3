//! The inputs in `fuzz/corpus`, written by hand or kept of what the fuzzers learned: each is held to its target's property
//! once. New ones are tried by `fuzz/run` alone.

use std::path::Path;

use latchkey_properties::TARGETS;

#[test]
fn every_input_of_the_corpora_holds_its_property() {
    for (name, property) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut kept = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let file = file.unwrap().path();
            // Shown only where the property does not hold.
            println!("{}", file.display());
            property(&std::fs::read(&file).unwrap());
            kept += 1;
        }
        assert!(kept > 2, "{name}");
    }
}
