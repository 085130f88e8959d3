//! The benchmarks of the functions and of the local server: options, peers, and what they fail for.

use latchkey_testkit::bench::{peers, servers};

#[allow(dead_code)]
#[path = "../benches/functions/arguments.rs"]
mod arguments;
#[path = "../benches/functions/share.rs"]
mod share;

use arguments::Arguments;
use share::Share;

fn read(words: &[&str]) -> Result<Arguments, String> {
    Arguments::read(["functions"].iter().chain(words).map(|word| (*word).to_owned()))
}

#[test]
fn a_wrong_option_of_the_benchmark_gets_one_line_that_names_it() {
    for (words, named) in [
        (&["--peer-s"][..], "--peer-s"),
        (&["--starts", "many"], "many"),
        (&["--starts", "0"], "--starts"),
        (&["--invocations", "0"], "--invocations"),
        (&["--record"], "--quick"),
        (&["--quick", "--peers"], "--peers"),
        (&["--quick", "--write"], "--write"),
    ] {
        let said = read(words).expect_err(named);
        assert!(said.starts_with("error: ") && said.contains(named) && !said.contains('\n'), "{said}");
    }
    assert!(read(&["--bench", "--peers", "--starts", "3"]).is_ok_and(|read| read.peers && read.starts == 3));
    assert!(read(&["--quick", "--record"]).is_ok_and(|read| read.quick && read.record));
}

#[test]
fn a_peer_whose_tool_is_missing_is_said_in_one_line_and_left_out() {
    let nowhere = std::ffi::OsStr::new("/nowhere");
    let said = peers::all(nowhere).map(|peer| peer.err().expect("a peer without its tool"));
    assert_eq!(said, ["left out: node: no node here", "left out: python: no python3 here"]);
    let said = servers::all(nowhere).map(|peer| peer.err().expect("a peer without its tool"));
    assert_eq!(said, ["left out: oidc-provider: no node here", "left out: authlib: no python3 here"]);
}

#[test]
fn a_share_is_too_large_only_beyond_three_times_the_spread_of_its_runs() {
    let share = Share::of(vec![0.93, 0.91, 0.92, 0.90, 0.94]);
    assert!((share.median - 0.92).abs() < 1e-9 && (share.spread - 0.0158).abs() < 1e-4, "{share}");
    for (recorded, is_over) in [(0.94, false), (0.92, false), (0.873, false), (0.872, true), (0.85, true)] {
        assert_eq!(share.median > share.limit(recorded), is_over, "{recorded}");
    }
}
