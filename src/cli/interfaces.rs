//! Prints the interfaces that can be watched, and why the others cannot.

use super::messages::{self, Exit};
use super::notices;
use super::run::width;
use crate::capture::{Sniffable, interfaces};
use crate::render::columns::columns;
use crate::render::text::printable;
use std::io::{self, Write};

/// Lists them.
pub fn list() -> Exit {
    let found = match interfaces() {
        Ok(found) => found,
        Err(error) => return notices::not_opened(&error),
    };
    let rows = found.iter().map(row);
    let mut text = columns(rows, "", width(true));
    if found.is_empty() {
        text.push_str("There is no interface.\n");
    }
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => {}
        Err(error) => return messages::not_written(&error, None),
    }
    if found.iter().any(|one| one.fault.is_none()) {
        return Exit::Complete;
    }
    if let Some(forbidden) = found.iter().find_map(|one| one.fault.as_ref()) {
        notices::hint_of(forbidden, "IFACE");
    }
    Exit::Nothing
}

fn row(one: &Sniffable) -> [String; 3] {
    let can = match &one.fault {
        None if one.up => "can be watched".to_owned(),
        None => "can be watched, but is down".to_owned(),
        Some(fault) => printable(&fault.to_string()),
    };
    let mut what: Vec<String> = Vec::new();
    what.extend(one.description.as_deref().map(printable));
    if one.loopback && what.is_empty() {
        what.push("this host to itself".into());
    }
    what.extend(one.addresses.iter().map(ToString::to_string));
    [printable(&one.name), can, what.join(", ")]
}
