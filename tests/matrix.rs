//! Agreement with the kernel that sent each reset: the confusion matrix over `fixtures/truth`, and what the three words are worth.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use common::{diagnose, expect, fixtures};
use rstscope::report::ResetReport;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How a verdict stands to the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The first cause is the true one.
    Exact,
    /// Not certain, and the truth, or what the wire cannot tell from it, is first or among the first two alternatives.
    Ranked,
    /// `undetermined`.
    Abstained,
    /// None of these.
    Wrong,
    /// Wrong, and certain of it.
    WrongAndCertain,
}

#[derive(Default)]
struct Tally {
    decidable: BTreeMap<Outcome, usize>,
    undecidable: BTreeMap<Outcome, usize>,
    words: BTreeMap<&'static str, (usize, usize)>,
    confusion: BTreeMap<(String, &'static str), usize>,
    tied: usize,
    loose: Vec<String>,
    bad: Vec<String>,
}

#[test]
fn verdicts_agree_with_the_kernels_that_sent_the_resets() {
    let folder = fixtures().join("truth");
    let truth: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("truth.json")).unwrap()).unwrap();
    let mut tally = Tally::default();
    let captures = truth.as_object().unwrap();
    for (name, capture) in captures {
        let resets = diagnose(&folder.join(name));
        for row in capture["resets"].as_array().unwrap() {
            let record = row["record"].as_u64().unwrap();
            let reset = resets.iter().find(|reset| reset.record == record);
            let Some(reset) = reset else {
                tally
                    .bad
                    .push(format!("{name}: no reset in record {record}"));
                continue;
            };
            tally.add(name, row, reset);
        }
    }
    expect(&fixtures().join("MATRIX.md"), &tally.page(captures.len()));
    assert!(tally.bad.is_empty(), "{}", tally.bad.join("\n"));
    assert!(
        tally.loose.is_empty(),
        "not tied to an earlier reset: {}",
        tally.loose.join(", ")
    );
    let (certain_right, certain) = tally.words["certain"];
    assert_eq!(certain_right, certain, "certain must be right, always");
    let (likely_right, likely) = tally.words["likely"];
    assert!(
        likely_right * 10 >= likely * 9,
        "likely is right {likely_right} times in {likely}"
    );
    let decidable: usize = tally.decidable.values().sum();
    assert!(
        certain * 2 >= decidable,
        "certain of {certain} in {decidable} only"
    );
}

impl Tally {
    fn add(&mut self, name: &str, row: &Value, reset: &ResetReport) {
        let (said, word) = (reset.verdict.cause, reset.verdict.confidence);
        let place = format!("{name} record {}", reset.record);
        if row["follow_up"] == true {
            if reset.follows_reset.is_some() && (word != "certain" || said == "rst-echo") {
                self.tied += 1;
            } else {
                self.loose.push(place);
            }
            return;
        }
        let Some(cause) = row["cause"].as_str() else {
            return;
        };
        let also: Vec<&str> = row["also"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let fits = |id: &str| id == cause || also.contains(&id);
        let decidable = row["decidable"] != false;
        let second = reset
            .verdict
            .alternatives
            .iter()
            .take(2)
            .any(|other| fits(other.cause));
        let outcome = match word {
            _ if said == cause => Outcome::Exact,
            "certain" if !fits(said) || decidable => Outcome::WrongAndCertain,
            _ if fits(said) || second => Outcome::Ranked,
            _ if said == "undetermined" => Outcome::Abstained,
            _ => Outcome::Wrong,
        };
        if outcome == Outcome::WrongAndCertain || outcome == Outcome::Wrong {
            self.bad
                .push(format!("{place}: {cause} judged as {said}, {word}"));
        }
        if decidable {
            *self.decidable.entry(outcome).or_default() += 1;
            let worth = self.words.entry(word).or_default();
            worth.0 += usize::from(outcome == Outcome::Exact);
            worth.1 += 1;
        } else {
            *self.undecidable.entry(outcome).or_default() += 1;
        }
        *self.confusion.entry((cause.to_owned(), said)).or_default() += 1;
    }

    fn page(&self, captures: usize) -> String {
        let mut page = String::from(HEAD);
        let sum: usize = self.decidable.values().sum();
        let exact = self.decidable.get(&Outcome::Exact).copied().unwrap_or(0);
        let _ = writeln!(
            page,
            "{captures} captures, {sum} resets whose cause the wire shows: {exact} named exactly ({}).\n",
            share(exact, sum)
        );
        page.push_str("| outcome | decidable | not decidable |\n|---|---|---|\n");
        for (outcome, name) in [
            (Outcome::Exact, "exact: the first cause is the true one"),
            (
                Outcome::Ranked,
                "ranked: not certain, and the true one is among the first three, or tied with the first on the wire",
            ),
            (Outcome::Abstained, "abstained: undetermined"),
            (Outcome::Wrong, "wrong"),
            (Outcome::WrongAndCertain, "wrong and certain"),
        ] {
            let count =
                |tally: &BTreeMap<Outcome, usize>| tally.get(&outcome).copied().unwrap_or(0);
            let _ = writeln!(
                page,
                "| {name} | {} | {} |",
                count(&self.decidable),
                count(&self.undecidable)
            );
        }
        page.push_str("\n## What the words are worth\n\n| word | said | right |\n|---|---|---|\n");
        for word in ["certain", "likely", "possible"] {
            let (right, said) = self.words.get(word).copied().unwrap_or_default();
            let _ = writeln!(page, "| {word} | {said} | {} |", share(right, said));
        }
        let _ = writeln!(
            page,
            "\nResets that only follow from an earlier one: {} tied to it, {} not.",
            self.tied,
            self.loose.len()
        );
        page.push_str("\n## Truth and verdict\n\n| true cause | said | resets |\n|---|---|---|\n");
        for ((cause, said), count) in &self.confusion {
            let mark = if cause == said { "" } else { " (other)" };
            let _ = writeln!(page, "| {cause} | {said}{mark} | {count} |");
        }
        page
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share with one decimal")]
fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        "-".into()
    } else {
        format!("{:.1} %", 100.0 * part as f64 / whole as f64)
    }
}

const HEAD: &str = "\
# Agreement with the kernels that sent the resets

Each capture in `truth/` was made on Linux 6.18 (x86-64) in network namespaces, at the client's or the server's end. `truth/truth.json`
names the cause of every reset, and with it the reason that the sending kernel itself gave at its trace point `tcp:tcp_send_reset`; a few
resets, which no host sent, were made by a relay on the path. *Not decidable* means that the wire cannot show the cause at that end.

This page is written by `RSTSCOPE_BLESS=1 cargo test --test matrix`, and the same test fails when it is out of date, when anything said
with *certain* is wrong, or when *likely* is right less than nine times in ten. New captures with new truth come from `tests/lab`.

";
