//! The benchmark's table and plot.

use latchkey_testkit::bench::page;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::contestant::{Measured, at};

type Line<'a> = (&'a str, &'a Measured);
/// What it is, what a function of ours may take of it, and how it is shown.
type Figure = (&'static str, &'static str, fn(&Measured) -> String);

const FIGURES: [Figure; 11] = [
    ("spawn to first `next`, ms", "", |m| format!("{:.1}", at(&m.start, 50) / 1e3)),
    ("of it CPU, ms", "4", |m| format!("{:.1}", at(&m.start_cpu, 50) / 1e3)),
    ("first invocation, µs", "", |m| format!("{:.0}", at(&m.first, 50))),
    ("of it CPU, µs", "", |m| format!("{:.0}", at(&m.first_cpu, 50))),
    ("warm p50, µs", "", |m| format!("{:.0}", at(&m.warm, 50))),
    ("warm p99, µs", "", |m| format!("{:.0}", at(&m.warm, 99))),
    ("warm CPU, µs", "refresh: 250, 1.3 × bare_sdk", |m| format!("{:.0}", m.warm_cpu)),
    ("resident, MB", "8", |m| format!("{:.1}", m.resident)),
    ("binary, MB", "", |m| m.binary.map_or("–".to_owned(), |size| format!("{size:.1}"))),
    ("zip, MB", "3, and 3.2 for authorize", |m| m.zip.map_or("–".to_owned(), |size| format!("{size:.2}"))),
    ("calls; RRU; WRU", "", |m| {
        format!("{:.0}; {:.1}; {:.1}", m.counts.calls, m.counts.read_units, m.counts.write_units)
    }),
];

/// A figure by itself.
type Value = fn(&Measured) -> f64;

/// What is compared with that of `refresh`, and how it is measured.
const COMPARED: [(&str, Value); 4] = [
    ("CPU of a warm refresh", |m| m.warm_cpu),
    ("CPU from spawn to first `next`", |m| at(&m.start_cpu, 50)),
    ("CPU of the first invocation", |m| at(&m.first_cpu, 50)),
    ("resident memory", |m| m.resident),
];

/// Markdown. `runtimes` are those of the peers.
pub fn text(lines: &[Line<'_>], grants: usize, runtimes: &[String]) -> String {
    let mut text = page::of_this_run(runtimes) + "\n\n";
    text += &ratios(lines);
    text += &absolute(lines, grants);
    text
}

/// How many times of refresh's the others take that do its work; nothing without one of them.
fn ratios(lines: &[Line<'_>]) -> String {
    let Some((_, refresh)) = lines.iter().find(|(name, _)| *name == "refresh") else { return String::new() };
    let others: Vec<_> = lines.iter().filter(|(name, _)| EQUAL.contains(name)).collect();
    if others.is_empty() {
        return String::new();
    }
    let mut text = String::from("| times that of `refresh` |");
    others.iter().for_each(|(name, _)| text += &format!(" {name} |"));
    text += "\n|---|";
    others.iter().for_each(|_| text += "---:|");
    for (what, of) in COMPARED {
        text += &format!("\n| {what} |");
        others.iter().for_each(|(_, other)| text += &format!(" {:.2} |", of(other) / of(refresh)));
    }
    text + "\n\n"
}

/// Who does the work of a refresh, or its two calls.
const EQUAL: [&str; 3] = ["bare_sdk", "node", "python"];

fn absolute(lines: &[Line<'_>], grants: usize) -> String {
    let mut text = String::from("|  |");
    lines.iter().for_each(|(name, _)| text += &format!(" {name} |"));
    text += " budget |\n|---|";
    lines.iter().for_each(|_| text += "---:|");
    text += "---|";
    for (figure, budget, show) in FIGURES {
        text += &format!("\n| {figure} |");
        lines.iter().for_each(|(_, measured)| text += &format!(" {} |", show(measured)));
        text += &format!(" {budget} |");
    }
    text += &format!(
        "\n\nMedians of {} starts and {} warm invocations, these in turns of 100; {grants} more grants stood in the table.\n\
         A MB has 1,048,576 bytes; the budget of zips is in millions of bytes.\n",
        lines[0].1.start.len(),
        lines[0].1.warm.len(),
    );
    text
}

/// Replaces the table in docs/benchmark.md, and the plot beside it.
pub fn write(text: &str, lines: &[Line<'_>]) {
    page::replace("measured", text);
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let plot = docs.join("benchmark.svg");
    let area = SVGBackend::new(&plot, (960, 360)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let (left, right) = area.split_horizontally(480);
    bars(&left, "CPU from spawn to first next, ms", lines, |measured| at(&measured.start_cpu, 50) / 1e3);
    bars(&right, "CPU of a warm invocation, µs", lines, |measured| measured.warm_cpu);
    area.present().unwrap();
}

fn bars(area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>, title: &str, lines: &[Line<'_>], value: Value) {
    let most = lines.iter().map(|(_, measured)| value(measured)).fold(0.0, f64::max) * 1.15;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .y_label_area_size(90)
        .build_cartesian_2d(0.0..most, (0..lines.len() - 1).into_segmented())
        .unwrap();
    // From the top down, as in the table.
    let rows: Vec<_> = lines.iter().rev().collect();
    let label = TextStyle::from(("sans-serif", 13).into_font()).pos(Pos::new(HPos::Left, VPos::Center));
    let name = |row: &SegmentValue<usize>| match row {
        SegmentValue::CenterOf(row) => rows.get(*row).map(|(name, _)| (*name).to_owned()).unwrap_or_default(),
        _ => String::new(),
    };
    chart
        .configure_mesh()
        .disable_mesh()
        .disable_x_axis()
        .y_labels(rows.len())
        .y_label_formatter(&name)
        .label_style(("sans-serif", 13))
        .draw()
        .unwrap();
    for (row, (_, measured)) in rows.iter().enumerate() {
        let value = value(measured);
        let end = if row + 1 < rows.len() { SegmentValue::Exact(row + 1) } else { SegmentValue::Last };
        let corners = [(0.0, SegmentValue::Exact(row)), (value, end)];
        let mut bar = Rectangle::new(corners, BLUE.mix(0.6).filled());
        bar.set_margin(5, 5, 0, 0);
        let figure = EmptyElement::at((value, SegmentValue::CenterOf(row)))
            + Text::new(format!("{value:.1}"), (5, 0), label.clone());
        chart.draw_series([bar]).unwrap();
        chart.draw_series([figure]).unwrap();
    }
}
