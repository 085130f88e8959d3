//! What the fuzzer has kept (`fuzz/corpus`), held to the same properties without it.

#[path = "../../fuzz/src/lib.rs"]
mod properties;

use std::path::Path;

#[test]
fn every_input_that_the_fuzzer_kept_holds_its_property() {
    for (name, property) in properties::TARGETS {
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
