//! Phrases about the whole and its incidents that all forms for people share; those about one reset are in `telling`.

use super::clock::Zone;
use super::text::{printable, stop};
use crate::report::words::{count, grouped};
use crate::report::{CaptureQuality, Clients, End, Incident, Source};
use std::collections::BTreeMap;

/// The incidents that are shown, and the benign resets by cause that are counted only. With nothing else to show, the benign are shown.
pub fn listed(
    incidents: &[Incident],
    every: bool,
) -> (Vec<&Incident>, BTreeMap<&'static str, u64>) {
    let matters =
        |incident: &&Incident| incident.severity != "benign" || incident.pattern == Some("scan");
    if every || !incidents.iter().any(|incident| matters(&incident)) {
        return (incidents.iter().collect(), BTreeMap::new());
    }
    let mut hidden = BTreeMap::new();
    for incident in incidents.iter().filter(|incident| !matters(incident)) {
        for (cause, count) in &incident.causes {
            *hidden.entry(*cause).or_default() += count;
        }
    }
    (incidents.iter().filter(matters).collect(), hidden)
}

/// The word for a severity, as wide as the others.
pub fn harm(severity: &str) -> &'static str {
    match severity {
        "error" => "ERROR  ",
        "warning" => "WARNING",
        _ => "benign ",
    }
}

/// What the inputs are, and when they were captured. Of many, the first ones and the last: [`legend`] has them all.
pub fn inputs(sources: &[Source], zone: &Zone) -> String {
    let mut text = match sources {
        [only] => name(&only.name),
        _ => several(sources),
    };
    let first = sources.iter().filter_map(|source| source.first).min();
    let last = sources.iter().filter_map(|source| source.last).max();
    if let Some((first, last)) = first.zip(last) {
        text.push_str(": ");
        text.push_str(&zone.span(first, last));
    }
    text
}

fn several(sources: &[Source]) -> String {
    let folder = folder(sources);
    let mut named = numbered(sources, folder);
    if let Some((last, first)) = named.split_last().filter(|_| named.len() > NAMED) {
        let first = first.get(..NAMED - 1).unwrap_or_default().join(", ");
        named = vec![format!("{first}, ... {last}")];
    }
    let place = match folder {
        "" => String::new(),
        folder => format!(" in {}", printable(folder)),
    };
    format!("{} files{place}, {}", sources.len(), named.join(", "))
}

/// Which number stands for which file, where the headline does not say it of all.
pub fn legend(sources: &[Source]) -> Option<String> {
    (sources.len() > NAMED).then(|| {
        let named = numbered(sources, folder(sources));
        let more = named.get(LEGEND..).unwrap_or_default().len();
        let text = named.get(..LEGEND).unwrap_or(&named).join(", ");
        match more {
            0 => text,
            more => format!("{text} and {more} more, which the JSON form names"),
        }
    })
}

/// The names behind their numbers, without the folder that all lie in.
fn numbered(sources: &[Source], folder: &str) -> Vec<String> {
    let short = |source: &Source| {
        let rest = source.name.strip_prefix(folder);
        let rest = rest.filter(|_| !folder.is_empty());
        name(rest.map_or(source.name.as_str(), |rest| rest.trim_start_matches('/')))
    };
    (1..)
        .zip(sources)
        .map(|(number, source): (usize, _)| format!("({number}) {}", short(source)))
        .collect()
}

/// The folder that all inputs lie in; empty where there is none, or none was named.
fn folder(sources: &[Source]) -> &str {
    let of = |source: &'_ Source| source.name.rfind('/').map_or(0, |end| end);
    let Some(first) = sources.first() else {
        return "";
    };
    let folder = first.name.get(..of(first)).unwrap_or_default();
    let all = sources
        .iter()
        .all(|source| source.name.get(..of(source)) == Some(folder));
    if all { folder } else { "" }
}

/// An input's name, made safe.
pub fn name(name: &str) -> String {
    if name == "-" {
        "standard input".into()
    } else {
        printable(name)
    }
}

/// What was found, in one sentence.
pub fn summary_line(end: &End) -> String {
    let summary = &end.summary;
    let looked_at = format!(
        "{} of {}",
        count(summary.segments, "segment", "segments"),
        count(summary.connections, "connection", "connections")
    );
    if summary.segments == 0 {
        let records = count(summary.records, "record", "records");
        return format!("No TCP segment in {records}{}", skipped(end));
    }
    if summary.resets == 0 && summary.unselected > 0 {
        let all = count(summary.unselected, "reset", "resets");
        return format!("Nothing was selected of {all} in {looked_at}");
    }
    if summary.resets == 0 {
        return format!("No RST in {looked_at}");
    }
    let selected = match summary.unselected {
        0 => String::new(),
        others => format!(
            ", selected of {},",
            grouped(others.saturating_add(summary.resets))
        ),
    };
    let of = |severity| resets_of(end, severity);
    format!(
        "{}{selected} in {looked_at}: {}, {}, {} benign{}; {}",
        count(summary.resets, "reset", "resets"),
        count(of("error"), "error", "errors"),
        count(of("warning"), "warning", "warnings"),
        grouped(of("benign")),
        together(end),
        count(end.incidents.len() as u64, "incident", "incidents")
    )
}

/// How many of the benign resets are so only together, as parts of a scan or of health checks: each by its own verdict is graver, and the
/// `by_severity` of the JSON form counts it so.
fn together(end: &End) -> String {
    let alone = end.summary.by_severity.get("benign").copied().unwrap_or(0);
    match resets_of(end, "benign").saturating_sub(alone) {
        0 => String::new(),
        more => format!(" ({} as part of scans or health checks)", grouped(more)),
    }
}

/// Resets in incidents of this severity: those of a scan are benign together, whatever each refusal would be alone.
pub fn resets_of(end: &End, severity: &str) -> u64 {
    let of = end
        .incidents
        .iter()
        .filter(|incident| incident.severity == severity);
    of.map(|incident| incident.count).sum()
}

fn skipped(end: &End) -> String {
    let reasons: Vec<String> = end
        .summary
        .skipped
        .iter()
        .map(|(reason, times)| format!("{} {}", grouped(*times), printable(reason)))
        .collect();
    if reasons.is_empty() {
        String::new()
    } else {
        format!(": {}", reasons.join("; "))
    }
}

/// Who reset whom: `10.0.0.2:80 reset 12 clients`.
pub fn where_and_who(incident: &Incident) -> String {
    let (services, clients) = (where_of(incident), clients(&incident.clients));
    if incident.pattern.is_some() {
        return format!("{clients} at {services}");
    }
    match (incident.sender, incident.origin) {
        (_, Some("in-path")) => format!("something between {clients} and {services}"),
        (Some("client"), _) => format!("{clients} reset {services}"),
        (Some(_), _) => format!("{services} reset {clients}"),
        (None, _) => format!("{clients} and {services}"),
    }
}

/// The service, or how many of them.
pub fn where_of(incident: &Incident) -> String {
    let services = &incident.services;
    match (incident.service, services.host) {
        (Some(service), _) => service.to_string(),
        (None, Some(host)) => {
            format!(
                "{} of {host}",
                lower_bound(services.count, services.complete, "port", "ports")
            )
        }
        (None, None) => lower_bound(services.count, services.complete, "service", "services"),
    }
}

/// The client, or how many of them.
pub fn clients(clients: &Clients) -> String {
    match clients.most.first() {
        Some(only) if clients.count == 1 && clients.complete => format!("client {}", only.address),
        _ => lower_bound(clients.count, clients.complete, "client", "clients"),
    }
}

/// A count, and whether there may be more.
pub fn lower_bound(number: u32, complete: bool, one: &str, many: &str) -> String {
    let text = count(number, one, many);
    if complete {
        text
    } else {
        format!("{text} or more")
    }
}

/// An incident in one line.
pub fn one_line(incident: &Incident) -> String {
    let number = count(incident.count, "reset", "resets");
    format!(
        "{number}: {}, {}",
        printable(&incident.headline),
        where_of(incident)
    )
}

/// What the capture did not show, with what it does.
pub fn quality_text(item: &CaptureQuality) -> String {
    let example = item
        .example
        .map(|at| format!(" (first seen at record {})", at.record))
        .unwrap_or_default();
    format!(
        "{}{example}. {}",
        printable(&item.statement),
        stop(item.effect)
    )
}

/// `text` with a capital first.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Inputs that the headline names.
const NAMED: usize = 4;
/// Inputs that the legend names.
const LEGEND: usize = 200;
/// What the forms for people say first of a masked report.
pub const MASKED: &str =
    "Masked: addresses and names stand for others, and what applications wrote is left out.";

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(names: &[&str]) -> Vec<Source> {
        let source = |name: &&str| Source {
            name: (*name).into(),
            ..Source::default()
        };
        names.iter().map(source).collect()
    }

    #[test]
    fn inputs_of_one_folder_name_it_once_and_many_are_listed_apart() {
        let zone = Zone::default();
        assert_eq!(inputs(&sources(&["a.pcap"]), &zone), "a.pcap");
        assert_eq!(
            inputs(&sources(&["/var/a.pcap", "/var/b.pcap"]), &zone),
            "2 files in /var, (1) a.pcap, (2) b.pcap"
        );
        assert_eq!(
            inputs(&sources(&["/var/a.pcap", "/tmp/b.pcap", "-"]), &zone),
            "3 files, (1) /var/a.pcap, (2) /tmp/b.pcap, (3) standard input"
        );
        let many = sources(&["a", "b", "c", "d", "e"]);
        assert_eq!(
            inputs(&many, &zone),
            "5 files, (1) a, (2) b, (3) c, ... (5) e"
        );
        assert_eq!(
            legend(&many).as_deref(),
            Some("(1) a, (2) b, (3) c, (4) d, (5) e")
        );
        assert_eq!(legend(&sources(&["a", "b"])), None);
    }
}
