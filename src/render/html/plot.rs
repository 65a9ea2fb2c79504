//! Plots as inline SVG whose widths are shares of the page's: they keep their letters at any width.

use super::super::Options;
use super::{Esc, overview};
use crate::report::words::{count, duration};
use crate::report::{Incident, Measure, Rate, Time};
use std::io::{self, Write};

/// Resets over time, a strip for each incident on one axis.
pub fn over_time(shown: &[&Incident], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let Some(rate) = shown.first().map(|incident| &incident.rate) else {
        return Ok(());
    };
    if rate.counts.len() < 2 {
        return Ok(()); // All at one moment: nothing to see.
    }
    writeln!(
        out,
        "<section id=\"time\">\n<h2>When</h2>\n<p class=\"aside\">Resets in spans of {}. Each strip has its own height; the number is \
         its tallest bar.</p>\n<div class=\"strips\" role=\"img\" aria-label=\"Resets over time by incident\">",
        Esc(&duration(rate.span.nanos()))
    )?;
    for incident in shown.iter().take(STRIPS) {
        strip(incident, out)?;
    }
    let spans = i64::try_from(rate.counts.len()).unwrap_or(1);
    let end = rate
        .start
        .nanos()
        .saturating_add(rate.span.nanos().saturating_mul(spans));
    writeln!(
        out,
        "<div class=\"axis\"><span>{}</span><span>{}</span></div>\n</div>\n</section>",
        Esc(&options.zone.time_of_day(rate.start)),
        Esc(&options.zone.time_of_day(Time::from_nanos(end))),
    )
}

fn strip(incident: &Incident, out: &mut dyn Write) -> io::Result<()> {
    let most = incident.rate.counts.iter().copied().max().unwrap_or(0);
    writeln!(
        out,
        "<div class=\"strip {}\"><a class=\"name\" href=\"#{id}\"><b>{id}</b> {}</a>{}<span class=\"most\">{most}</span></div>",
        incident.severity,
        Esc(&overview::label(incident)),
        bars(&incident.rate, 34),
        id = incident.id,
    )
}

/// Bars, as tall as they count.
#[expect(clippy::cast_precision_loss, reason = "a bar is some pixels tall")]
pub fn bars(rate: &Rate, height: u32) -> String {
    let most = rate.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let share = 100.0 / rate.counts.len().max(1) as f64;
    let tall = f64::from(height);
    let mut svg = format!("<svg class=\"bars\" height=\"{height}\" aria-hidden=\"true\">");
    for (place, counted) in rate.counts.iter().enumerate() {
        if *counted == 0 {
            continue;
        }
        let size = (*counted as f64 / most * tall).max(2.0);
        let bar = format!(
            "<rect x=\"{:.2}%\" width=\"{:.2}%\" y=\"{:.1}\" height=\"{size:.1}\"><title>{}</title></rect>",
            place as f64 * share,
            (share * 0.86).max(0.4),
            tall - size,
            count(*counted, "reset", "resets"),
        );
        svg.push_str(&bar);
    }
    svg.push_str("</svg>");
    svg
}

/// The measurements behind a finding: a row of marks for each outcome, and the estimate across them.
#[expect(
    clippy::cast_precision_loss,
    reason = "a place on the page has three digits"
)]
pub fn distribution(measure: &Measure, out: &mut dyn Write) -> io::Result<()> {
    let values = measure.series.iter().flat_map(|series| &series.values);
    let most = values
        .map(|value| value.nanos())
        .max()
        .unwrap_or(0)
        .max(measure.high.nanos());
    if most <= 0 {
        return Ok(());
    }
    let whole = most as f64 * 1.08;
    let at = |nanos: i64| (nanos as f64 / whole * 100.0).clamp(0.0, 100.0);
    let (low, high) = (at(measure.low.nanos()), at(measure.high.nanos()));
    let rows = measure.series.len();
    let height = rows * ROW + 6;
    writeln!(
        out,
        "<figure class=\"distribution\"><figcaption>{}: <b>{}</b></figcaption>\n<div class=\"graph\"><div class=\"names\">",
        Esc(&super::super::words::capital(measure.of)),
        Esc(&duration(measure.estimate.nanos()))
    )?;
    for series in &measure.series {
        writeln!(
            out,
            "<span>{} <i>{}</i></span>",
            Esc(series.name),
            series.count
        )?;
    }
    writeln!(
        out,
        "</div><svg class=\"marks\" height=\"{height}\" role=\"img\" aria-label=\"{} measurements\">\
         <rect class=\"band\" x=\"{low:.2}%\" width=\"{:.2}%\" y=\"0\" height=\"{height}\"/>\
         <line class=\"estimate\" x1=\"{x:.2}%\" x2=\"{x:.2}%\" y1=\"0\" y2=\"{height}\"/>",
        Esc(measure.of),
        (high - low).max(0.3),
        x = at(measure.estimate.nanos()),
    )?;
    for (row, series) in measure.series.iter().enumerate() {
        let middle = row * ROW + ROW / 2 + 3;
        write!(
            out,
            "<line class=\"base\" x1=\"0\" x2=\"100%\" y1=\"{middle}\" y2=\"{middle}\"/>"
        )?;
        for value in &series.values {
            write!(
                out,
                "<circle class=\"s{row}\" cx=\"{:.2}%\" cy=\"{middle}\" r=\"5\"><title>{}</title></circle>",
                at(value.nanos()),
                Esc(&duration(value.nanos()))
            )?;
        }
    }
    writeln!(out, "</svg></div>\n<div class=\"axis\">")?;
    for step in 0..=4 {
        write!(
            out,
            "<span>{}</span>",
            Esc(&rounded(whole / 4.0 * f64::from(step)))
        )?;
    }
    writeln!(out, "</div></figure>")
}

/// A place on the axis in few digits.
fn rounded(nanos: f64) -> String {
    let seconds = nanos / 1e9;
    if seconds == 0.0 {
        "0".into()
    } else if seconds < 1.0 {
        format!("{:.0} ms", seconds * 1e3)
    } else if seconds < 10.0 {
        format!("{seconds:.1} s")
    } else {
        format!("{seconds:.0} s")
    }
}

/// Strips drawn.
const STRIPS: usize = 12;
/// Pixels of a row of marks.
const ROW: usize = 24;
