//! `--quick`: whether a refresh of this commit takes more of the bare SDK's CPU than was recorded.

use std::path::Path;
use std::process::ExitCode;

use latchkey_testkit::tls::Tls;

use crate::contestant::{Contestant, Measured};
use crate::share::Share;

const RUNS: usize = 5;
/// Invocations of each in a run, and of them in a turn.
const INVOCATIONS: usize = 1000;
const TURN: usize = 50;
/// Invocations of each that come first and are not measured.
const FIRST: usize = 200;

/// The recorded share: a number.
const RECORDED: &str = "benches/functions/recorded";

/// Each run has processes of its own.
pub async fn run(contestants: &[Contestant], tls: &Tls, record: bool) -> Result<ExitCode, String> {
    let named = |name: &str| contestants.iter().find(|contestant| contestant.name == name).unwrap();
    let both = [named("refresh"), named("bare_sdk")];
    let mut shares = Vec::new();
    for _ in 0..RUNS {
        let warm = [both[0].warm_up(FIRST).await, both[1].warm_up(FIRST).await];
        let mut measured = [Measured::default(), Measured::default()];
        for _ in 0..INVOCATIONS / TURN {
            for ((contestant, warm), measured) in both.iter().zip(&warm).zip(&mut measured) {
                contestant.invoke(warm, TURN, tls, measured).await;
            }
        }
        let [refresh, bare_sdk] = warm.map(|warm| warm.cpu());
        shares.push(refresh.as_secs_f64() / bare_sdk.as_secs_f64());
    }
    let share = Share::of(shares);
    println!("CPU of a warm refresh, of bare_sdk's: {share}");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(RECORDED);
    if record {
        std::fs::write(&file, format!("{:.3}\n", share.median)).unwrap();
        println!("recorded in {RECORDED}");
        return Ok(ExitCode::SUCCESS);
    }
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let recorded: f64 =
        text.trim().parse().map_err(|_| format!("{RECORDED} has no number: record one by --quick --record"))?;
    let limit = share.limit(recorded);
    println!("recorded: {recorded:.3}; most, by three times the spread: {limit:.3}");
    if share.median > limit {
        return Err("a refresh takes more CPU than was recorded: see what came into it, or record the share by --quick --record".to_owned());
    }
    Ok(ExitCode::SUCCESS)
}
