# What the stages share. A stage begins with: . "${BASH_SOURCE%/*}/lib.sh"
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
tools=$root/target/tools
python=$(command -v python3 || true)
mkdir -p "$tools"
# Nobody edits a file while CI compiles: what cargo notes down for the next edit is never read.
[ -z "${CI:-}" ] || export CARGO_INCREMENTAL=0

# How the packages are cut: only these lines know.
packages=(--workspace)
# With an example named, cargo takes the features that the tests' dependencies add, as `cargo test` does. A plain
# `cargo build` has others, and compiles nearly every dependency a second time.
as_tested=(--example protected_api)
functions=(issue refresh authorize introspect revoke authorizer)
# The check is a function too, of a package of its own, and no part of the service.
shipped=("${functions[@]}" check)
functions_package=(--package latchkey)
# The command line's main is left out: its page would be that of the library `latchkey`.
documented=(--lib "${functions[@]/#/--bin=}")
behaviour=(--workspace --test service)
# Tests that bring an engine of their own, or read capacity figures, which the second engine does not count.
own_engine=(
  cost:: damage:: faults:: functions:: properties:: model:: stored:: writes::
  leaks::no_token costs_one_read_and_at_most_one_write get_the_same_answer get_one_answer_one_count
  a_sign_in_costs_one_read_and_one_transaction costs_at_most_fourteen_units
  a_change_of_the_directory_is_on_the_next_page providers::
)
counted=(--package latchkey-counted --bench pure_path)
fast_tests=(--workspace --lib)
pure=crates/oauth
mutated=(--package latchkey-oauth --all-features)

say() { printf '== %s\n' "$*"; }
# One line: what is wrong, and what to do about it.
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }
# For want of a tool. CI may want for nothing.
left_out() {
  say "LEFT OUT: $*"
  [ -z "${CI:-}" ] || fail "CI leaves nothing out: install what is missing"
}
# needs TOOL HOW: ends the stage where the tool is missing.
needs() { command -v "$1" >/dev/null || fail "no $1 here: $2"; }

# A cargo tool of this version, compiled where it is not there. None of them runs for long, so none is optimised.
pinned() {
  # Not what the tool says of itself, which some say in other words.
  [ ! -x "$tools/bin/$1" ] || ! grep -qsF "\"$1 $2 (" "$tools/.crates.toml" || return 0
  say "compiles $1 $2, once"
  CARGO_PROFILE_DEV_DEBUG=false CARGO_TARGET_DIR=$tools/build \
    cargo install --quiet --locked --debug --force --root "$tools" "$1@$2"
}
# venv NAME REQUIREMENTS: Python packages of these versions, below target/tools.
venv() {
  [ "$(cat "$tools/$1/pins" 2>/dev/null)" != "$2" ] || return 0
  "$python" -m venv "$tools/$1"
  # Words: no requirement has a space in it.
  # shellcheck disable=SC2086
  "$tools/$1/bin/python" -m pip install --quiet --disable-pip-version-check $2
  echo "$2" >"$tools/$1/pins"
}
# debian COMMAND PACKAGE...: puts packages on CI's machine where the command is missing, and on no other machine.
debian() {
  command -v "$1" >/dev/null && return
  [ -n "${CI:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
  shift
  # Two stages may want some at once, and apt lets one in.
  flock "$tools/apt.lock" bash -c 'apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@" >/dev/null' - "$@"
}

# One line for what is not formatted, and for a file that is made from another and is stale.
formatted() {
  # The lock files come first: cargo fmt brings a stale one up to date.
  local manifest
  for manifest in Cargo.toml fuzz/Cargo.toml; do
    cargo metadata --quiet --locked --format-version 1 --manifest-path "$manifest" >/dev/null 2>"$tools/metadata.log" && continue
    ! grep -q -e --locked "$tools/metadata.log" ||
      fail "${manifest%toml}lock is stale: run 'cargo metadata --manifest-path $manifest >/dev/null' and commit the lock file"
    cat "$tools/metadata.log" >&2
    exit 1
  done
  cargo fmt --all --check || fail "not formatted: run 'cargo fmt --all'"
  cargo fmt --check --manifest-path fuzz/Cargo.toml || fail "fuzz is not formatted: run 'cargo fmt --manifest-path fuzz/Cargo.toml'"
  stages/generate --check
}

# The clients that others wrote, and a browser's driver.
npm_packages() {
  [ ! tests/node/node_modules/.package-lock.json -nt tests/node/package-lock.json ] || return 0
  npm --prefix tests/node ci --silent --no-audit --no-fund
}

# The command line as the tests have it: in $latchkey.
command_line() {
  cargo build --locked --quiet "${packages[@]}" --bin latchkey "${as_tested[@]}"
  latchkey=${CARGO_TARGET_DIR:-target}/debug/latchkey
}

# until_true SECONDS WHAT COMMAND...
until_true() {
  local tries=$(($1 * 10)) what=$2
  shift 2
  for _ in $(seq "$tries"); do
    ! "$@" >/dev/null 2>&1 || return 0
    sleep 0.1
  done
  fail "$what is not ready in time"
}
free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1"); }
