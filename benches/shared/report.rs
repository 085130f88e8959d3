//! The benchmark's table and plot.

use plotters::prelude::*;

use crate::contestant::{Measured, at};

type Line<'a> = (&'a str, &'a Measured);
type Figure = (&'static str, fn(&Measured) -> String);

const FIGURES: [Figure; 11] = [
    ("spawn to first `next`, ms", |m| format!("{:.1}", at(&m.start, 50) / 1e3)),
    ("of it CPU, ms", |m| format!("{:.1}", at(&m.start_cpu, 50) / 1e3)),
    ("first invocation, µs", |m| format!("{:.0}", at(&m.first, 50))),
    ("of it CPU, µs", |m| format!("{:.0}", at(&m.first_cpu, 50))),
    ("warm p50, µs", |m| format!("{:.0}", at(&m.warm, 50))),
    ("warm p99, µs", |m| format!("{:.0}", at(&m.warm, 99))),
    ("warm CPU, µs", |m| format!("{:.0}", m.warm_cpu)),
    ("resident, MB", |m| format!("{:.1}", m.resident)),
    ("binary, MB", |m| format!("{:.1}", m.binary)),
    ("zip, MB", |m| format!("{:.2}", m.zip)),
    ("calls; RRU; WRU", |m| format!("{:.0}; {:.1}; {:.1}", m.counts.calls, m.counts.read_units, m.counts.write_units)),
];

/// Markdown.
pub fn text(lines: &[Line<'_>], pure_path: Vec<f64>, grants: usize) -> String {
    let mut text = String::from("|  |");
    lines.iter().for_each(|(name, _)| text += &format!(" {name} |"));
    text += "\n|---|";
    lines.iter().for_each(|_| text += "---:|");
    for (figure, show) in FIGURES {
        text += &format!("\n| {figure} |");
        lines.iter().for_each(|(_, measured)| text += &format!(" {} |", show(measured)));
    }
    text += &format!(
        "\n\nThe pure path of a refresh (parse, canonicalise, verify, decide, render): {:.1} µs. Medians of {} starts and {} \
         warm invocations; {grants} more grants stood in the table.\n",
        at(&pure_path, 50),
        lines[0].1.start.len(),
        lines[0].1.warm.len(),
    );
    text
}

/// Replaces the table in docs/benchmark.md, and the plot beside it.
pub fn write(text: &str, lines: &[Line<'_>]) {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let page = std::fs::read_to_string(docs.join("benchmark.md")).unwrap();
    let (before, rest) = page.split_once("<!-- measured -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    let page = format!("{before}<!-- measured -->\n{text}<!-- end -->{after}");
    std::fs::write(docs.join("benchmark.md"), page).unwrap();
    let plot = docs.join("benchmark.svg");
    let area = SVGBackend::new(&plot, (960, 360)).into_drawing_area();
    area.fill(&WHITE).unwrap();
    let (left, right) = area.split_horizontally(480);
    bars(&left, "CPU from spawn to first next, ms", lines, |measured| at(&measured.start_cpu, 50) / 1e3);
    bars(&right, "CPU of a warm invocation, µs", lines, |measured| measured.warm_cpu);
    area.present().unwrap();
}

fn bars(
    area: &DrawingArea<SVGBackend<'_>, plotters::coord::Shift>,
    title: &str,
    lines: &[Line<'_>],
    value: fn(&Measured) -> f64,
) {
    let most = lines.iter().map(|(_, measured)| value(measured)).fold(0.0, f64::max) * 1.15;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 16))
        .margin(12)
        .y_label_area_size(90)
        .build_cartesian_2d(0.0..most, 0.0..lines.len() as f64)
        .unwrap();
    let label = ("sans-serif", 13).into_font();
    for (row, (name, measured)) in lines.iter().rev().enumerate() {
        let (low, value) = (row as f64, value(measured));
        chart.draw_series([Rectangle::new([(0.0, low + 0.2), (value, low + 0.8)], BLUE.mix(0.6).filled())]).unwrap();
        let figure = Text::new(format!("{value:.1}"), (value, low + 0.65), label.clone());
        chart.plotting_area().draw(&figure).unwrap();
        let name = Text::new((*name).to_owned(), (-most * 0.24, low + 0.65), label.clone());
        chart.draw_series([name]).unwrap();
    }
}
