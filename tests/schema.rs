//! The JSON Schema: it is the one in the repository, and every fixture's report keeps to it, unknown fields refused.

#![cfg(feature = "cli")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

mod common;

use common::{expect, files, fixtures};
use rstscope::report;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_schema_in_the_repository_is_the_one_that_the_types_give() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/schema.json");
    expect(&file, &report::schema());
}

#[test]
fn every_fixture_keeps_to_the_schema() {
    let schema = schema();
    for file in files(&fixtures(), "json") {
        let report: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let mut wrong = Vec::new();
        check(&schema, &schema, &report, "report", &mut wrong);
        assert!(
            wrong.is_empty(),
            "{}:\n{}",
            file.display(),
            wrong.join("\n")
        );
    }
}

#[test]
fn a_masked_report_keeps_to_the_schema() {
    let schema = schema();
    for capture in files(&fixtures(), "pcap") {
        let run = Command::new(env!("CARGO_BIN_EXE_rstscope"))
            .args(["--json", "--mask"])
            .arg(&capture)
            .output()
            .unwrap();
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!(report["tool"]["masked"], true, "{}", capture.display());
        let mut wrong = Vec::new();
        check(&schema, &schema, &report, "report", &mut wrong);
        let wrong = wrong.join("\n");
        assert!(wrong.is_empty(), "{}:\n{wrong}", capture.display());
    }
}

#[test]
fn what_the_schema_does_not_know_is_refused() {
    let schema = schema();
    let text = fs::read_to_string(fixtures().join("jedis-linger-zero.json")).unwrap();
    let sound: Value = serde_json::from_str(&text).unwrap();
    let wrong_with = |change: fn(&mut Value)| {
        let mut report = sound.clone();
        change(&mut report);
        let mut wrong = Vec::new();
        check(&schema, &schema, &report, "report", &mut wrong);
        wrong
    };
    assert!(wrong_with(|_| {}).is_empty());
    let changes: [fn(&mut Value); 6] = [
        |report| report["more"] = 1.into(),
        |report| report["incidents"][0]["rate"]["more"] = 1.into(),
        |report| report["resets"][0]["verdict"]["severity"] = "grave".into(),
        |report| report["resets"][0]["time"] = "yesterday".into(),
        |report| report["summary"]["resets"] = "one".into(),
        |report| {
            report["resets"][0].as_object_mut().unwrap().remove("form");
        },
    ];
    for change in changes {
        assert_eq!(wrong_with(change).len(), 1);
    }
}

fn schema() -> Value {
    serde_json::from_str(&report::schema()).unwrap()
}

/// Checks a value; every keyword that our schema uses is known here, and an unknown one fails the test.
fn check(root: &Value, schema: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        assert_eq!(schema, &Value::Bool(true), "{at}: a schema is an object");
        return;
    };
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" | "default" => {}
            "$ref" => {
                let path = rule.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(path).unwrap(), value, at, wrong);
            }
            "anyOf" => {
                let fits = rule.as_array().unwrap().iter().any(|one| {
                    let mut inner = Vec::new();
                    check(root, one, value, at, &mut inner);
                    inner.is_empty()
                });
                if !fits {
                    wrong.push(format!("{at}: {value} fits none"));
                }
            }
            "type" => {
                let types = rule
                    .as_array()
                    .cloned()
                    .unwrap_or_else(|| vec![rule.clone()]);
                if !types.iter().any(|name| is(value, name.as_str().unwrap())) {
                    wrong.push(format!("{at}: {value} is no {rule}"));
                }
            }
            "enum" if !rule.as_array().unwrap().contains(value) => {
                wrong.push(format!("{at}: {value} is none of {rule}"));
            }
            "const" if rule != value => wrong.push(format!("{at}: {value} is not {rule}")),
            "minimum" if value.as_f64().unwrap_or(0.0) < rule.as_f64().unwrap() => {
                wrong.push(format!("{at}: {value} is too small"));
            }
            "maximum" if value.as_f64().unwrap_or(0.0) > rule.as_f64().unwrap() => {
                wrong.push(format!("{at}: {value} is too large"));
            }
            "pattern" => {
                // The only pattern is that of a time.
                let text = value.as_str().unwrap_or_default();
                if text.len() != "2026-01-31T09:15:02.123456000Z".len() || !text.ends_with('Z') {
                    wrong.push(format!("{at}: {value} is no time"));
                }
            }
            "enum" | "const" | "minimum" | "maximum" => {}
            "items" => {
                for (place, one) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, one, &format!("{at}[{place}]"), wrong);
                }
            }
            "required" => {
                for name in rule.as_array().into_iter().flatten() {
                    let object = value.as_object();
                    if object.is_some_and(|object| !object.contains_key(name.as_str().unwrap())) {
                        wrong.push(format!("{at}: {name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, one) in value.as_object().into_iter().flatten() {
                    if let Some(rule) = rule.get(name) {
                        check(root, rule, one, &format!("{at}.{name}"), wrong);
                    }
                }
            }
            "additionalProperties" => {
                let known = schema.get("properties");
                for (name, one) in value.as_object().into_iter().flatten() {
                    if known.is_some_and(|known| known.get(name).is_some()) {
                        continue;
                    }
                    if rule == &Value::Bool(false) {
                        wrong.push(format!("{at}: {name} is not known"));
                    } else {
                        check(root, rule, one, &format!("{at}.{name}"), wrong);
                    }
                }
            }
            other => panic!("{at}: the keyword {other} is not known to this test"),
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    }
}
