//! `--fail-on` and `--min-severity`: how much a reset costs, and which ones end the program with exit code 3.

use super::select;
use crate::report::ResetReport;

/// A severity, the least harm first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// Nothing was lost.
    Benign,
    /// A repeat was needed, or it cannot be told.
    Warning,
    /// An exchange was lost.
    Error,
}

/// What ends the program with exit code 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// A reset of this severity or a graver one.
    Severity(Harm),
    /// A reset of this cause.
    Cause(&'static str),
}

impl Harm {
    /// Reads `benign`, `warning` or `error`.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "benign" => Ok(Self::Benign),
            "warning" => Ok(Self::Warning),
            "error" => Ok(Self::Error),
            _ => Err("not a severity: benign, warning or error".into()),
        }
    }

    /// That of a reset.
    pub fn of(reset: &ResetReport) -> Self {
        Self::parse(reset.verdict.severity).unwrap_or(Self::Warning)
    }
}

impl Alarm {
    /// Reads a severity, or the id or another name of a cause.
    pub fn parse(text: &str) -> Result<Self, String> {
        match Harm::parse(text) {
            Ok(harm) => Ok(Self::Severity(harm)),
            Err(_) => select::cause(text)
                .map(Self::Cause)
                .map_err(|error| format!("neither benign, warning or error, nor a cause: {error}")),
        }
    }

    /// Whether a reset sets it off.
    pub fn rings(self, reset: &ResetReport) -> bool {
        match self {
            Self::Severity(harm) => Harm::of(reset) >= harm,
            Self::Cause(cause) => reset.verdict.cause == cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_covers_the_graver_ones() {
        assert!(Harm::Benign < Harm::Warning && Harm::Warning < Harm::Error);
        assert_eq!(Alarm::parse("warning"), Ok(Alarm::Severity(Harm::Warning)));
        assert_eq!(Alarm::parse("port-closed"), Ok(Alarm::Cause("port-closed")));
        assert!(Alarm::parse("catastrophe").is_err());
    }
}
