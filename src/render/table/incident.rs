//! One incident: how many when, what its connections show together, and the case that shows it best.

use super::super::Options;
use super::super::telling::brief;
use super::super::text::{printable, stop};
use super::super::words::where_and_who;
use super::block::{Page, headline};
use crate::report::words::{count, duration};
use crate::report::{Incident, ResetReport};
use std::io::{self, Write};

/// Writes an incident.
pub fn write(incident: &Incident, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { options, out };
    page.title(&format!(
        "{}: {}",
        incident.id,
        printable(&incident.headline)
    ))?;
    let resets = count(incident.count, "reset", "resets");
    page.text(
        "",
        &format!(
            "[{}] {}, severity {}; {resets}: {}.",
            incident.cause,
            incident.confidence,
            incident.severity,
            where_and_who(incident)
        ),
    )?;
    when(incident, &mut page)?;
    for finding in &incident.findings {
        page.text("Found: ", &stop(&printable(&finding.statement)))?;
    }
    let Some(best) = incident.representatives.first() else {
        return Ok(());
    };
    page.heading(&format!("Best example: {}", headline(best, options)))?;
    page.case(best)?;
    page.advice(&incident.advice)?;
    others(&incident.representatives, &mut page)?;
    page.filter(best)
}

/// How many came when.
fn when(incident: &Incident, page: &mut Page<'_>) -> io::Result<()> {
    let zone = &page.options.zone;
    let span = zone.span(incident.first, incident.last);
    page.text("When: ", &stop(&span))?;
    let rate = &incident.rate;
    if rate.counts.iter().filter(|count| **count > 0).count() < 2 {
        return Ok(());
    }
    let most = rate.counts.iter().copied().max().unwrap_or(0);
    writeln!(
        page.out,
        "Rate: |{}| {} a column, {most} at most",
        page.options.style.sparkline(&rate.counts),
        duration(rate.span.nanos())
    )
}

/// The other examples, a line each.
fn others(representatives: &[ResetReport], page: &mut Page<'_>) -> io::Result<()> {
    let rest = representatives.get(1..).unwrap_or_default();
    if rest.is_empty() {
        return Ok(());
    }
    page.heading("Further examples")?;
    for reset in rest {
        let text = brief(reset, &page.options.zone);
        page.text("  - ", &text)?;
    }
    Ok(())
}
