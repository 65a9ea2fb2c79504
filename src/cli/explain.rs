//! Prints a cause's page, and the list of all.

use super::messages::{self, Exit};
use super::run::width;
use super::search::{self, Found};
use crate::render::columns::columns;
use crate::render::text::{stop, wrap, wrap_paragraphs};
use crate::rules::causes::{RULES, UNDETERMINED};
use crate::rules::{CauseDoc, Horizon, Phase};
use std::io::{self, Write};

/// Prints the page that `words` find, or those among which to choose.
pub fn explain(words: &str) -> Exit {
    let width = width(true);
    let text = match search::find(words, &pages()) {
        Found::One(page) => text_of(page, width),
        Found::Several(pages) => {
            let mut text =
                String::from("Several causes answer to that; rstscope explain ID shows one:\n\n");
            text.push_str(&list(&pages, width));
            text
        }
        Found::Nothing(near) => return messages::unknown_cause(words, &near),
    };
    print(&text)
}

/// Lists every cause by the phase in which it strikes.
pub fn causes() -> Exit {
    let width = width(true);
    let pages = pages();
    let mut text = String::new();
    for phase in PHASES {
        let of: Vec<&'static CauseDoc> = pages
            .iter()
            .copied()
            .filter(|page| page.phase == phase)
            .collect();
        if of.is_empty() {
            continue;
        }
        text.extend(["Phase: ", phase.name(), "\n", &list(&of, width), "\n"]);
    }
    text.push_str("The page of one of them: rstscope explain ID\n");
    print(&text)
}

fn pages() -> Vec<&'static CauseDoc> {
    RULES
        .iter()
        .map(|rule| rule.doc)
        .chain([UNDETERMINED])
        .collect()
}

fn list(pages: &[&'static CauseDoc], width: usize) -> String {
    let rows = pages
        .iter()
        .map(|page| [page.id, page.severity.name(), page.title].map(str::to_owned));
    columns(rows, " ", width)
}

fn text_of(page: &CauseDoc, width: usize) -> String {
    let mut text = wrap(page.title, "", width);
    text.push_str(&"=".repeat(page.title.chars().count().min(width)));
    text.push('\n');
    let mut about = format!(
        "{} (phase: {}; severity: {}; since {})",
        page.id,
        page.phase.name(),
        page.severity.name(),
        page.since
    );
    if !page.aliases.is_empty() {
        about.push_str(". Also called: ");
        about.push_str(&page.aliases.join(", "));
    }
    text.push_str(&wrap(&about, "", width));
    let mut part = |heading: &str, body: &str| {
        if !body.trim().is_empty() {
            text.extend(["\n", heading, "\n", body]);
        }
    };
    let prose = |body: &str| wrap_paragraphs(body, "  ", width);
    part("What happens", &prose(page.happens));
    part("On the wire", &ladder(page.ladder));
    part("How it is recognised", &prose(page.looks_for));
    let rivals: String = page
        .told_apart
        .iter()
        .map(|rival| {
            let apart = format!(
                "{}: {} To settle it: {}",
                rival.cause,
                stop(rival.by),
                stop(rival.settle)
            );
            wrap(&apart, "  - ", width)
        })
        .collect();
    part("What it can be mistaken for", &rivals);
    part("What the client sees", &prose(page.client_sees));
    part("What the server sees", &prose(page.server_sees));
    part("What is at stake", &prose(page.at_stake));
    part("What to do now", &advice(page, Horizon::Now, width));
    part(
        "What to do for good",
        &advice(page, Horizon::Lasting, width),
    );
    let references: String = page
        .references
        .iter()
        .map(|one| wrap(one, "  - ", width))
        .collect();
    part("References", &references);
    text
}

fn advice(page: &CauseDoc, horizon: Horizon, width: usize) -> String {
    page.advice
        .iter()
        .filter(|advice| advice.horizon == horizon)
        .map(|advice| {
            let text = format!("{}: {}", advice.who.name(), stop(advice.action));
            wrap(&text, "  - ", width)
        })
        .collect()
}

fn ladder(ladder: &str) -> String {
    let lines = ladder.trim_matches('\n').lines();
    lines.flat_map(|line| ["    ", line, "\n"]).collect()
}

fn print(text: &str) -> Exit {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Exit::Complete,
        Err(error) => messages::not_written(&error, None),
    }
}

/// The phases in the order of a connection's life.
const PHASES: [Phase; 7] = [
    Phase::Connect,
    Phase::FirstExchange,
    Phase::Data,
    Phase::Reuse,
    Phase::Idle,
    Phase::Close,
    Phase::Any,
];
