//! The front door: hands over to the command line's room.

use std::process::ExitCode;

fn main() -> ExitCode {
    rstscope::cli::main()
}
