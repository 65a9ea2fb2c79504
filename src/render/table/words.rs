//! Phrases that the overview and the blocks share.

use crate::report::{EndImpact, Ends, Failure, Failures, ResetReport};

/// What both applications see, in one line: `client: read ECONNRESET, write EPIPE`.
pub fn seen(impact: &Ends<EndImpact>) -> Option<String> {
    let ends = [("client", &impact.client), ("server", &impact.server)];
    let texts: Vec<String> = ends
        .into_iter()
        .filter_map(|(name, end)| Some(format!("{name}: {}", in_short(end.error.as_ref()?))))
        .collect();
    (!texts.is_empty()).then(|| texts.join("; "))
}

/// The calls that fail, with the names of POSIX.
fn in_short(failures: &Failures) -> String {
    let texts: Vec<String> = calls(failures)
        .map(|(call, failure)| format!("{call} {}", failure.errno))
        .collect();
    texts.join(", ")
}

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
