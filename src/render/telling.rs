//! How one reset is told: who did what to whom, what each application saw. All forms for people share these sentences.

use super::clock::Zone;
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

/// The runtimes that have words of their own for a failure, and these.
pub fn worded(failure: &Failure) -> impl Iterator<Item = (&'static str, &'static str)> {
    [
        ("Java", failure.java),
        ("Node", failure.node),
        ("Go", failure.go),
        ("Python", failure.python),
        ("curl", failure.curl),
        ("nginx", failure.nginx),
    ]
    .into_iter()
    .filter_map(|(name, text)| Some((name, text?)))
}

/// The same as text.
fn runtimes(failure: &Failure) -> String {
    let texts: Vec<String> = worded(failure)
        .map(|(name, text)| format!("{name} \"{text}\""))
        .collect();
    texts.join(", ")
}

/// How a call ends, up to the name of the error. An end that has sent FIN may have closed for good, and then nobody is left to be told.
pub fn verb(call: &str, failures: &Failures, failure: &Failure) -> &'static str {
    let half_closed = call == "read" && failures.write.is_none();
    match failure.errno {
        "EOF" => "ends as if all were said:",
        _ if half_closed => "that goes on after its own FIN fails with",
        _ => "fails with",
    }
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
            let verb = verb(call, failures, &failure);
            match failure.errno {
                "EOF" => format!("{call} {verb} {words}"),
                errno if alike => format!("read or write {verb} {errno}: {words}"),
                errno => format!("{call} {verb} {errno}: {words}"),
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
            Some(at) => format!(
                "answered record {}{} with a reset, to",
                at.record,
                of_file(at.source)
            ),
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
            "It follows from the reset in record {}{}.",
            at.record,
            of_file(at.source)
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

/// One reset in a line: where it stands, when, and between whom.
pub fn brief(reset: &ResetReport, zone: &Zone) -> String {
    let connection = &reset.connection;
    format!(
        "record {}{}, {}: {} to {}, {}",
        reset.record,
        of_file(reset.source),
        zone.time_of_day(reset.time),
        connection.client,
        connection.server,
        reset.verdict.confidence
    )
}

/// The records that show a fact, in parentheses, file by file.
pub fn records(records: &[Reference]) -> String {
    let files = records.chunk_by(|one, next| one.source == next.source);
    let texts: Vec<String> = files
        .filter_map(|file| {
            let numbers: Vec<String> = file.iter().map(|at| at.record.to_string()).collect();
            let word = if file.len() == 1 { "record" } else { "records" };
            let source = file.first()?.source;
            Some(format!("{word} {}{}", numbers.join(", "), of_file(source)))
        })
        .collect();
    if texts.is_empty() {
        return String::new();
    }
    format!(" ({})", texts.join("; "))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_named_with_the_file_that_they_stand_in() {
        let at = |source, record| Reference { source, record };
        assert_eq!(records(&[]), "");
        assert_eq!(records(&[at(0, 3)]), " (record 3)");
        assert_eq!(
            records(&[at(0, 3), at(0, 4), at(1, 1)]),
            " (records 3, 4; record 1 of file (2))"
        );
    }

    #[test]
    fn an_end_that_has_sent_fin_may_have_nobody_left_to_tell() {
        let failure = Failure {
            errno: "ECONNRESET",
            java: None,
            node: None,
            go: None,
            python: Some("ConnectionResetError"),
            curl: None,
            nginx: None,
        };
        let both = Failures {
            connect: None,
            read: Some(failure),
            write: Some(failure),
        };
        assert_eq!(
            failed(&both),
            ["read or write fails with ECONNRESET: Python \"ConnectionResetError\""]
        );
        let only_read = Failures {
            write: None,
            ..both
        };
        assert_eq!(
            failed(&only_read),
            [
                "read that goes on after its own FIN fails with ECONNRESET: Python \"ConnectionResetError\""
            ]
        );
    }
}
