//! Phrases that all forms for people share.

use super::clock::Zone;
use super::text::{printable, stop};
use crate::report::words::{bytes, count, duration, grouped};
use crate::report::{
    CaptureQuality, Clients, End, EndImpact, Failure, Failures, Incident, Reference, ResetReport,
    Source,
};
use std::collections::BTreeMap;

/// The calls that fail, by name.
pub fn calls(failures: &Failures) -> impl Iterator<Item = (&'static str, Failure)> {
    [
        ("connect", failures.connect),
        ("read", failures.read),
        ("write", failures.write),
    ]
    .into_iter()
    .filter_map(|(call, failure)| Some((call, failure?)))
}

/// One failure in the words of the runtimes that have some.
pub fn runtimes(failure: &Failure) -> String {
    let texts: Vec<String> = [
        ("Java", failure.java),
        ("Node", failure.node),
        ("Go", failure.go),
        ("Python", failure.python),
        ("curl", failure.curl),
        ("nginx", failure.nginx),
    ]
    .into_iter()
    .filter_map(|(name, text)| Some(format!("{name} \"{}\"", text?)))
    .collect();
    texts.join(", ")
}

/// Who sent it to whom: the sender as the segment names it.
pub fn who(sender: &str, origin: &str) -> &'static str {
    match (sender, origin) {
        (_, "in-path") => "something on the path",
        ("client", _) => "the client",
        _ => "the server",
    }
}

/// The addresses of the sender and of the receiver.
pub fn ends(reset: &ResetReport) -> (String, String) {
    let (client, server) = (&reset.connection.client, &reset.connection.server);
    if reset.sender == "client" {
        (client.to_string(), server.to_string())
    } else {
        (server.to_string(), client.to_string())
    }
}

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

/// What the inputs are, and when they were captured.
pub fn inputs(sources: &[Source], zone: &Zone) -> String {
    let names: Vec<String> = match sources {
        [only] => vec![name(&only.name)],
        _ => (1..)
            .zip(sources)
            .map(|(number, source): (usize, _)| format!("({number}) {}", name(&source.name)))
            .collect(),
    };
    let first = sources.iter().filter_map(|source| source.first).min();
    let last = sources.iter().filter_map(|source| source.last).max();
    let mut text = names.join(", ");
    if let Some((first, last)) = first.zip(last) {
        text.push_str(": ");
        text.push_str(&zone.span(first, last));
    }
    text
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
        "{}{selected} in {looked_at}: {}, {}, {} benign; {}",
        count(summary.resets, "reset", "resets"),
        count(of("error"), "error", "errors"),
        count(of("warning"), "warning", "warnings"),
        grouped(of("benign")),
        count(end.incidents.len() as u64, "incident", "incidents")
    )
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

/// What calls fail with: one sentence for each, or one for both where both fail alike.
pub fn failed(failures: &Failures) -> Vec<String> {
    let alike = failures
        .read
        .zip(failures.write)
        .is_some_and(|(read, write)| read.errno == write.errno);
    calls(failures)
        .filter(|(call, _)| !(alike && *call == "write"))
        .map(|(call, failure)| {
            let words = runtimes(&failure);
            match (call, failure.errno) {
                (_, "EOF") => format!("{call} ends as if all were said: {words}"),
                (_, errno) if alike => format!("read or write fails with {errno}: {words}"),
                (_, errno) => format!("{call} fails with {errno}: {words}"),
            }
        })
        .collect()
}

/// Who did what to whom, and when in the life of the connection.
pub fn story(reset: &ResetReport) -> String {
    let (from, to) = ends(reset);
    let sender = match reset.origin {
        "in-path" => format!(
            "Something on the path, in the name of the {} {from},",
            reset.sender
        ),
        _ => format!("The {} {from}", reset.sender),
    };
    let form = match reset.form {
        "active" if reset.origin == "in-path" => "sent a reset to".to_owned(),
        "active" => "aborted its connection with".to_owned(),
        "reply" => match reset.answers {
            Some(at) => format!("answered record {} with a reset, to", at.record),
            None => "answered a segment with a reset, to".into(),
        },
        _ => "sent a reset, neither an abort nor an answer by its numbers, to".into(),
    };
    let other = if reset.sender == "client" {
        "server"
    } else {
        "client"
    };
    let age = reset.time.since(reset.connection.started);
    let mut sentences = vec![format!(
        "{sender} {form} the {other} {to}, {} after the connection's first segment (phase: {}).",
        duration(age.nanos()),
        reset.connection.phase
    )];
    if let Some(at) = reset.follows_reset {
        sentences.push(format!(
            "It follows from the reset in record {}.",
            at.record
        ));
    }
    let obeyed = match reset.accepted {
        "no" => "Its receiver did not obey it.",
        "challenged" => "Its receiver challenged it, and the connection lived on.",
        "unknown" => "Whether its receiver obeyed, the capture does not show.",
        _ => "",
    };
    sentences.push(obeyed.into());
    match reset.connection.captured_at {
        "unknown" => {}
        "between" => {
            sentences.push("It was captured between the two, with routers to both sides.".into());
        }
        end => sentences.push(format!("It was captured at the {end}'s end.")),
    }
    if !reset.connection.roles_known {
        sentences.push("Who is client and who server is a guess.".into());
    }
    if !reset.connection.application.is_empty() {
        let said: Vec<String> = reset
            .connection
            .application
            .iter()
            .map(|said| printable(said))
            .collect();
        sentences.push(format!("It carried {}.", said.join(", ")));
    }
    if !reset.connection.encapsulation.is_empty() {
        let wrapping = reset.connection.encapsulation.join(", ");
        sentences.push(format!("It was wrapped in {wrapping}."));
    }
    sentences.join(" ")
}

/// The records that show a fact, in parentheses.
pub fn records(records: &[Reference]) -> String {
    let Some(first) = records.first() else {
        return String::new();
    };
    let numbers: Vec<String> = records.iter().map(|at| at.record.to_string()).collect();
    let word = if records.len() == 1 {
        "record"
    } else {
        "records"
    };
    format!(" ({word} {}{})", numbers.join(", "), of_file(first.source))
}

/// Names a file by the number that the headline gives it, unless it is the first.
pub fn of_file(source: u16) -> String {
    match source {
        0 => String::new(),
        _ => format!(" of file ({})", u32::from(source) + 1),
    }
}

/// Why an end's calls did not fail; `name` is `client` or `server`.
pub fn untouched(reset: &ResetReport, name: &str) -> &'static str {
    if name != reset.sender {
        if matches!(reset.accepted, "no" | "challenged") {
            "nothing, for this reset changed nothing there."
        } else {
            "nothing: no application there was using the connection."
        }
    } else if who(reset.sender, reset.origin) == "something on the path" {
        "nothing: it knows nothing of the reset sent in its name."
    } else {
        "no error: the reset went out from there."
    }
}

/// What an end lost beside the error.
pub fn lost(name: &str, end: &EndImpact) -> Option<String> {
    let mut more = Vec::new();
    if let Some(left) = end.unacknowledged_bytes.filter(|left| *left > 0) {
        more.push(format!(
            "{} of its own were never acknowledged",
            bytes(left)
        ));
    }
    if end.response_lost == Some(true) {
        more.push(if name == "client" {
            "the answer that it waited for did not come whole".into()
        } else {
            "its answer was not acknowledged whole".into()
        });
    }
    (!more.is_empty()).then(|| stop(&more.join("; ")))
}

/// The heading over what the applications saw.
pub fn saw(reset: &ResetReport) -> &'static str {
    if reset.accepted == "unknown" {
        "What the applications saw, if it was obeyed"
    } else {
        "What the applications saw"
    }
}

/// `text` with a capital first.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
