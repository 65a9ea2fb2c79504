//! The command line: the only room that reads arguments or asks for the terminal.
//!
//! What was typed (`args`) becomes a plan (`plan`) before anything is opened, so that mistakes show before work is done. Reports go
//! to standard output, everything else to standard error through `messages`.

mod alarm;
mod args;
mod explain;
mod inputs;
#[cfg(feature = "live")]
mod interfaces;
mod keep;
mod key;
mod messages;
#[cfg(feature = "live")]
mod notices;
mod paper;
mod plan;
mod progress;
mod run;
mod search;
mod select;
mod sieve;
#[cfg(feature = "live")]
mod sink;
mod target;
mod units;
#[cfg(feature = "live")]
mod watch;

use messages::Exit;
use plan::Plan;
use std::process::ExitCode;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let exit = match args::parse() {
        Ok(args) => match Plan::of(args) {
            Ok(Plan::Diagnose(diagnosis)) => run::run(&diagnosis),
            #[cfg(feature = "live")]
            Ok(Plan::Watch(watching)) => watch::watch(&watching),
            #[cfg(feature = "live")]
            Ok(Plan::Interfaces) => interfaces::list(),
            #[cfg(not(feature = "live"))]
            Ok(Plan::Watch(_) | Plan::Interfaces) => {
                messages::usage(&messages::Mistake::NoInterfaces)
            }
            Ok(Plan::Explain(words)) => explain::explain(&words),
            Ok(Plan::Causes) => explain::causes(),
            Ok(Plan::Schema) => paper::schema(),
            Ok(Plan::Completions(shell)) => paper::completions(shell),
            Ok(Plan::Man) => paper::man(),
            Err(mistake) => messages::usage(&mistake),
        },
        Err(exit) => exit,
    };
    exit.into()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
