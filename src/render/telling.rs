//! How one reset is told: who did what to whom, what each application saw. All forms for people share these sentences.

use super::text::{printable, stop};
use crate::report::words::{bytes, duration};
use crate::report::{EndImpact, Failure, Failures, Reference, ResetReport};

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
