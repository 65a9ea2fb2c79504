//! What the program prints about itself: the schema of its report, shell completions, and its manual page.

use super::args::Args;
use super::messages::{self, Exit};
use crate::report;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::{self, Write};

/// Prints the JSON Schema of the report.
pub fn schema() -> Exit {
    print(report::schema().as_bytes())
}

/// Prints the completions of a shell.
pub fn completions(shell: Shell) -> Exit {
    let mut command = Args::command();
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, name, &mut text);
    print(&text)
}

/// Prints the manual page.
pub fn man() -> Exit {
    let mut text = Vec::new();
    match clap_mangen::Man::new(Args::command()).render(&mut text) {
        Ok(()) => print(&text),
        Err(error) => messages::not_written(&error, None),
    }
}

fn print(text: &[u8]) -> Exit {
    match io::stdout().write_all(text) {
        Ok(()) => Exit::Complete,
        Err(error) => messages::not_written(&error, None),
    }
}
