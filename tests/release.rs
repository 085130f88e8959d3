//! What a release is made by, with stand-ins for all that compiles or comes from a registry.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Says what it was asked to do, and makes what it would have made.
const STAND_IN: &str = r#"#!/usr/bin/env bash
name=${0##*/}
printf '%s' "$name" >>"$LOG"; printf ' %s' "$@" >>"$LOG"; echo >>"$LOG"
case "$name $1 $2" in
  "rustup --quiet target") [ -z "$RUSTUP_FAILS" ] || { echo "no such target" >&2; exit 1; } ;;
  "cargo install "*)
    echo "\"${*: -1} (somewhere)\" = []" | tr @ ' ' >"$TOOLS/.crates.toml" ;;
  "cargo lambda build")
    printf '%s\n' "$CARGO_ENCODED_RUSTFLAGS" | tr '\037' '\n' >>"$LOG"
    for argument; do
      case $argument in --bin=*) programs+=" ${argument#--bin=}" ;; esac
    done
    for program in $programs; do mkdir -p "${*: -1}/$program"; echo "$program" >"${*: -1}/$program/bootstrap"; done ;;
  "cargo tree "*) echo "some v1.0.0|MIT" ;;
  "cargo-cyclonedx cyclonedx "*)
    for folder in . crates/cli crates/check; do
      echo '{"serialNumber": 1, "metadata": {"timestamp": 1, "component": {"bom-ref": "path+file://'"${PWD// /%20}"'#x"}},
        "components": [{"name": "some", "version": "1.0.0", "bom-ref": "s"}, {"name": "other", "version": "1.0.0", "bom-ref": "o"}],
        "dependencies": []}' >"$folder/latchkey.cdx.json"
    done ;;
  "python3 -m venv") mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  "python -m pip") ;;
  "python3 "* | "python "*) exec "$PYTHON" "$@" ;;
esac
"#;

/// Nothing of the machine's own.
const GIT: [(&str, &str); 6] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_AUTHOR_NAME", "releaser"),
    ("GIT_AUTHOR_EMAIL", "releaser@example.org"),
    ("GIT_COMMITTER_NAME", "releaser"),
    ("GIT_COMMITTER_EMAIL", "releaser@example.org"),
];

struct Tree {
    root: PathBuf,
    _folder: tempfile::TempDir,
}

impl Tree {
    /// In a path with a blank, with tools of older versions in place.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a b");
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        for file in [
            "infra/package",
            "infra/packaged.py",
            "infra/Dockerfile",
            "infra/sam/requirements.txt",
            "infra/template.yaml",
            "samconfig.toml",
            "stages/lib.sh",
            "LICENSE-MIT",
            "LICENSE-APACHE",
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::copy(here.join(file), root.join(file)).unwrap();
        }
        let tree = Self { root, _folder: folder };
        for package in ["crates/cli", "crates/check"] {
            fs::create_dir_all(tree.root.join(package)).unwrap();
        }
        for tool in [
            "bin/cargo",
            "bin/rustup",
            "bin/python3",
            "target/tools/bin/cargo-cyclonedx",
            "target/tools/infra/bin/python",
        ] {
            tree.put(tool, STAND_IN);
            fs::set_permissions(tree.root.join(tool), fs::Permissions::from_mode(0o755)).unwrap();
        }
        tree.put("target/tools/.crates.toml", "\"cargo-cyclonedx 0.5.8 (somewhere)\" = []\n");
        tree.put("target/tools/infra/pins", "cargo-lambda==1.8.0\n");
        tree
    }

    fn put(&self, file: &str, text: &str) {
        fs::create_dir_all(self.root.join(file).parent().unwrap()).unwrap();
        fs::write(self.root.join(file), text).unwrap();
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.root.join(file)).unwrap()
    }

    fn package(&self, rustup_fails: &str) -> Output {
        self.run(&["infra/package"], rustup_fails)
    }

    fn run(&self, script: &[&str], rustup_fails: &str) -> Output {
        let path = format!("{}:{}", self.root.join("bin").display(), std::env::var("PATH").unwrap());
        let python = String::from_utf8(
            Command::new("sh").args(["-c", "python3 -c 'import sys; print(sys.executable)'"]).output().unwrap().stdout,
        );
        Command::new("bash")
            .args(script)
            .current_dir(&self.root)
            .env("PATH", path)
            .envs(GIT)
            .env("LOG", self.root.join("log"))
            .env("TOOLS", self.root.join("target/tools"))
            .env("PYTHON", python.unwrap().trim())
            .env("RUSTUP_FAILS", rustup_fails)
            .env_remove("CI")
            .output()
            .unwrap()
    }
}

fn python_is_here() -> bool {
    let here = Command::new("python3").arg("--version").output().is_ok();
    assert!(here || std::env::var_os("CI").is_none(), "CI has Python");
    here
}

#[test]
fn a_release_is_made_by_the_tools_that_it_names_in_a_path_with_a_blank_too() {
    if !python_is_here() {
        eprintln!("left out: no python3 here");
        return;
    }
    let tree = Tree::new();
    let made = tree.package("");
    let said = String::from_utf8_lossy(&made.stderr).into_owned() + &String::from_utf8_lossy(&made.stdout);
    assert!(made.status.success(), "{said}");
    let log = tree.read("log");
    assert!(log.contains("cargo-cyclonedx@0.5.9"), "{log}");
    assert!(log.contains("python -m pip install") && log.contains("cargo-lambda==1.9.2"), "{log}");
    assert!(log.contains(&format!("--remap-path-prefix={}=.\n", tree.root.display())), "{log}");
    let sums = tree.read("target/package/checksums.txt");
    for file in
        ["issue-arm64.zip", "authorizer-x86_64.zip", "latchkey-linux-arm64.tar.gz", "latchkey-linux-x86_64.tar.gz"]
    {
        assert!(sums.contains(&format!("  {file}\n")), "{file}: {sums}");
    }
    for file in ["check-arm64.zip", "Dockerfile"] {
        assert!(sums.contains(&format!("  {file}\n")), "{file}: {sums}");
    }
    for package in ["", "-cli", "-check"] {
        for file in [format!("  latchkey{package}.cdx.json\n"), format!("  licences{package}.txt\n")] {
            assert!(sums.contains(&file), "{file}: {sums}");
        }
    }
    for architecture in ["arm64", "x86_64"] {
        folder_for_sam(&tree, architecture);
    }
    let list = tree.read("target/package/latchkey.cdx.json");
    assert!(list.contains("\"some\"") && !list.contains("\"other\"") && !list.contains("file:"), "{list}");
    assert!(!tree.root.join("latchkey.cdx.json").exists(), "it stays in the tree");

    // Once more: the tools are those that it names now, and the bytes are the same.
    fs::remove_file(tree.root.join("log")).unwrap();
    assert!(tree.package("").status.success());
    let log = tree.read("log");
    assert!(!log.contains("install"), "{log}");
    assert_eq!(tree.read("target/package/checksums.txt"), sums);
}

/// What `sam deploy` takes as it is: each function's program beside the template, and no build.
fn folder_for_sam(tree: &Tree, architecture: &str) {
    let (archive, folder) = (format!("target/package/latchkey-sam-{architecture}.zip"), format!("sam-{architecture}"));
    let unpacked =
        Command::new("python3").args(["-m", "zipfile", "-e", &archive, &folder]).current_dir(&tree.root).status();
    assert!(unpacked.unwrap().success(), "{archive}");
    let template = tree.read(&format!("{folder}/template.yaml"));
    for function in latchkey_oauth::service::Function::ALL.map(|function| function.as_str()) {
        assert_eq!(template.matches(&format!("      CodeUri: {function}.zip\n")).count(), 1, "{function}");
        let own = fs::read(tree.root.join(format!("{folder}/{function}.zip"))).unwrap();
        let released = fs::read(tree.root.join(format!("target/package/{function}-{architecture}.zip"))).unwrap();
        assert!(own == released, "{function}: another program than the released one");
    }
    assert!(!template.contains("BuildMethod") && !template.contains("CodeUri: ../"), "it would be built");
    assert!(template.contains(&format!("    Default: {architecture}\n    AllowedValues: [{architecture}]\n")));
    let config = tree.read(&format!("{folder}/samconfig.toml"));
    assert!(config.contains("stack_name = ") && config.contains("resolve_s3 = true"), "{config}");
    assert!(!config.contains("infra/") && !config.contains("[local"), "{config}");
}

#[test]
fn what_fails_ends_a_release_and_is_told() {
    if !python_is_here() {
        return;
    }
    let failed = Tree::new().package("yes");
    assert!(!failed.status.success());
    assert!(String::from_utf8_lossy(&failed.stderr).contains("no such target"));
}

const CHANGES: &str = "# Changelog

## Unreleased

## 1.2.3 - 2026-01-31

### Added

- A thing.

## 1.2.2 - 2026-01-30

- Another thing.

## 1.2.1 - 2026-01-29

## 1.2.0 - some day

- An older thing.

## 1.1-9 - 2026-01-28

- Not a version.
";

impl Tree {
    /// What is committed, at version 1.2.3. The tools and what they make are not of it.
    fn committed() -> Self {
        let tree = Self::new();
        fs::create_dir_all(tree.root.join("stages")).unwrap();
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("stages/release"), tree.root.join("stages/release"))
            .unwrap();
        tree.put("CHANGELOG.md", CHANGES);
        tree.put("Cargo.toml", "[package]\nversion = \"9.9.9\"\n\n[workspace.package]\nversion = \"1.2.3\"\n");
        tree.put(".gitignore", "/target\n/bin\n/log\n");
        tree.git(&["init", "--quiet"]);
        tree.commit();
        tree
    }

    fn git(&self, arguments: &[&str]) -> String {
        let done = Command::new("git").args(arguments).current_dir(&self.root).envs(GIT).output().unwrap();
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", "A change"]);
    }

    /// Says that it does not release, and makes no tag.
    fn refuses(&self, versions: &[&str], reason: &str) {
        let before = self.git(&["tag"]);
        let done = self.run(&[&["stages/release"], versions].concat(), "");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!done.status.success() && said.contains(reason), "{versions:?}: {said}");
        assert_eq!(self.git(&["tag"]), before, "{versions:?}");
    }
}

#[test]
fn a_release_has_its_notes_its_sums_and_a_tag_that_says_the_same() {
    if !python_is_here() {
        return;
    }
    let tree = Tree::committed();
    let done = tree.run(&["stages/release", "1.2.3"], "");
    let said = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("    git push origin v1.2.3\n"), "{said}");
    let sums = tree.read("target/package/checksums.txt");
    let sums: String = sums.lines().map(|line| format!("    {line}\n")).collect();
    let notes = format!("Latchkey 1.2.3\n\n### Added\n\n- A thing.\n\nSHA-256:\n\n{sums}");
    assert_eq!(tree.read("target/package/notes.md"), notes);
    // git shows a message without the blank lines around it.
    let tagged = tree.git(&["for-each-ref", "--format=%(objecttype) %(refname:short)%0a%(contents)", "refs/tags"]);
    assert_eq!(tagged.trim_end(), format!("tag v1.2.3\n{notes}").trim_end());
    assert_eq!(tree.git(&["status", "--porcelain"]), "");
    tree.refuses(&["1.2.3"], "the tag v1.2.3 exists");
}

#[test]
fn no_release_is_made_of_what_is_not_ready() {
    if !python_is_here() {
        return;
    }
    let tree = Tree::committed();
    tree.refuses(&["1.2.3", "1.2.4"], "usage: stages/release [VERSION]");
    for version in ["v1.2.3", "1.2", "", "1.2.3 "] {
        tree.refuses(&[version], "is not a version such as 0.1.0");
    }
    // A dot is a dot.
    for version in ["1.2.4", "1.2.0", "1.1.9"] {
        tree.refuses(&[version], &format!("CHANGELOG.md has no heading '## {version} - YYYY-MM-DD'"));
    }
    tree.refuses(&["1.2.1"], "CHANGELOG.md says nothing of 1.2.1");
    tree.refuses(&["1.2.2"], "the version in [workspace.package] of Cargo.toml is '1.2.3', not 1.2.2");
    tree.put("new", "");
    tree.refuses(&["1.2.3"], "commit these changes first: ?? new");
    fs::remove_file(tree.root.join("new")).unwrap();
    let package = tree.read("infra/package");
    tree.put("infra/package", &package.replace("rm -rf \"$out\"\n", "rm -rf \"$out\"\ntouch left\n"));
    tree.commit();
    tree.refuses(&["1.2.3"], "infra/package changed files of the tree: ?? left");
}
