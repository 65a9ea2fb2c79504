//! What was typed -> what is meant: validated, with defaults filled in. Nothing is opened here either.

use super::alarm::Alarm;
use super::args::{Args, Command, Live};
use super::messages::Mistake;
use super::select::Wanted;
use crate::render::{Format, Show, Zone};
use std::path::{Path, PathBuf};

/// What the program is to do.
#[derive(Debug)]
pub enum Plan {
    /// Read captures.
    Diagnose(Box<Diagnosis>),
    /// Watch interfaces.
    Watch(Box<Watching>),
    /// List the interfaces.
    Interfaces,
    /// Print the page of the cause with these words.
    Explain(String),
    /// List the causes.
    Causes,
    /// Print the schema of the report.
    Schema,
    /// Print the completions of a shell.
    Completions(clap_complete::Shell),
    /// Print the manual page.
    Man,
}

/// What to read and how to report.
#[derive(Debug)]
pub struct Diagnosis {
    /// The inputs, at least one.
    pub files: Vec<PathBuf>,
    /// What of them is looked at.
    pub filter: Option<String>,
    /// Which resets are reported.
    pub wanted: Wanted,
    /// Which of them end the program with exit code 3.
    pub alarms: Vec<Alarm>,
    /// The form of the report.
    pub format: Format,
    /// Which resets it shows.
    pub show: Show,
    /// How many representatives of each incident are kept.
    pub examples: usize,
    /// Where the report goes; standard output when `None`.
    pub output: Option<PathBuf>,
    /// Where the packets of the reset connections go; nowhere when `None`.
    pub write: Option<PathBuf>,
    /// Whether these lose their payload.
    pub headers_only: bool,
    /// With what the report is masked; not at all when `None`.
    pub mask: Option<Key>,
    /// When it has colour.
    pub colour: Colour,
    /// The zone of times for people.
    pub zone: Zone,
}

/// What to watch, and how long. A report says the rest.
#[derive(Debug)]
pub struct Watching {
    /// How to report; it has no files.
    pub report: Diagnosis,
    /// The interfaces, at least one.
    #[cfg_attr(not(feature = "live"), expect(dead_code, reason = "refused before"))]
    pub live: Live,
}

/// What a report is masked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// Of this run alone.
    Random,
    /// The secret in a file.
    File(PathBuf),
}

/// When a report has colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Plan {
    /// Makes a plan, or says what is wrong with it.
    pub fn of(args: Args) -> Result<Self, Mistake> {
        match args.command {
            Some(Command::Explain { words }) => Ok(Self::Explain(words.join(" "))),
            Some(Command::Causes) => Ok(Self::Causes),
            Some(Command::Schema) => Ok(Self::Schema),
            Some(Command::Completions { shell }) => Ok(Self::Completions(shell)),
            Some(Command::Man) => Ok(Self::Man),
            Some(Command::Interfaces) if cfg!(not(feature = "live")) => Err(Mistake::NoInterfaces),
            Some(Command::Interfaces) => Ok(Self::Interfaces),
            None if !args.live.interface.is_empty() => {
                Watching::of(args).map(|watching| Self::Watch(Box::new(watching)))
            }
            None => Diagnosis::of(args).map(|diagnosis| Self::Diagnose(Box::new(diagnosis))),
        }
    }
}

impl Watching {
    fn of(mut args: Args) -> Result<Self, Mistake> {
        if cfg!(not(feature = "live")) {
            return Err(Mistake::NoInterfaces);
        }
        let mut words = Vec::new();
        for word in std::mem::take(&mut args.files) {
            words.push(
                word.into_os_string()
                    .into_string()
                    .map_err(|_| Mistake::FilterNotText)?,
            );
        }
        if !words.is_empty() {
            let words = words.join(" ");
            args.filter = Some(match args.filter {
                Some(filter) => format!("({filter}) and ({words})"),
                None => words,
            });
        }
        if args.mask {
            return Err(Mistake::MaskedWatch);
        }
        let mut names = args.live.interface.clone();
        names.sort();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Mistake::InterfaceTwice(twice[0].clone()));
        }
        let live = std::mem::take(&mut args.live);
        let mut report = Diagnosis::of(args)?;
        if live.verbose {
            report.show = Show::Every;
        }
        Ok(Self { report, live })
    }
}

impl Diagnosis {
    fn of(args: Args) -> Result<Self, Mistake> {
        let name = if args.json { "json" } else { &args.format };
        let format = Format::named(name).ok_or(Mistake::UnknownFormat)?;
        let inputs_from_pipe = args.files.iter().filter(|file| is_stdin(file)).count();
        if inputs_from_pipe > 1 {
            return Err(Mistake::StandardInputTwice);
        }
        if args.files.len() > usize::from(u16::MAX) {
            return Err(Mistake::TooManyFiles(args.files.len()));
        }
        if args.filter.is_some() && cfg!(not(feature = "live")) {
            return Err(Mistake::NoFilterCompiler);
        }
        if let Some(write) = &args.write
            && args.output.as_ref() == Some(write)
        {
            return Err(Mistake::OutputTwice(write.clone()));
        }
        let show = match (args.all, args.examples) {
            (true, _) => Show::Every,
            (false, Some(_)) => Show::Representatives,
            (false, None) => format.shows,
        };
        Ok(Self {
            files: args.files,
            filter: args.filter,
            wanted: Wanted {
                connections: args.connection,
                records: args.record,
                causes: args.cause,
                from: args.from,
                to: args.to,
                severity: args.min_severity,
            },
            alarms: args.fail_on,
            format,
            show,
            examples: args.examples.unwrap_or(EXAMPLES),
            output: args.output,
            write: args.write,
            headers_only: args.headers_only,
            mask: args
                .mask
                .then(|| args.mask_key.map_or(Key::Random, Key::File)),
            colour: match args.color.as_str() {
                "always" => Colour::Always,
                "never" => Colour::Never,
                _ => Colour::Auto,
            },
            zone: match (args.local, args.utc_offset) {
                (true, _) => Zone::local(),
                (false, offset) => offset.unwrap_or_default(),
            },
        })
    }
}

/// Whether a path stands for standard input.
pub fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Representatives of each incident unless told otherwise.
const EXAMPLES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn plan(words: &[&str]) -> Result<Plan, Mistake> {
        let words = ["rstscope"].iter().chain(words);
        Plan::of(Args::try_parse_from(words).unwrap())
    }

    fn diagnosis(words: &[&str]) -> Diagnosis {
        match plan(words) {
            Ok(Plan::Diagnose(diagnosis)) => *diagnosis,
            other => unreachable!("{words:?} gave {other:?}"),
        }
    }

    #[test]
    fn tables_show_some_and_json_shows_all_unless_told_otherwise() {
        assert_eq!(diagnosis(&["a"]).show, Show::Representatives);
        assert_eq!(diagnosis(&["--json", "a"]).show, Show::Every);
        assert_eq!(diagnosis(&["--all", "a"]).show, Show::Every);
        let few = diagnosis(&["--json", "--examples", "5", "a"]);
        assert_eq!((few.show, few.examples), (Show::Representatives, 5));
    }

    #[test]
    fn a_file_with_the_name_of_a_subcommand_is_given_with_its_folder() {
        assert!(matches!(plan(&["causes"]), Ok(Plan::Causes)));
        assert_eq!(diagnosis(&["./causes"]).files, [PathBuf::from("./causes")]);
    }

    #[test]
    #[cfg(feature = "live")]
    fn the_words_behind_an_interface_are_a_filter() {
        let filter = |words: &[&str]| match plan(words) {
            Ok(Plan::Watch(watching)) => watching.report.filter,
            other => unreachable!("{words:?} gave {other:?}"),
        };
        assert_eq!(filter(&["-i", "eth0"]), None);
        let words = ["-i", "eth0", "-v", "tcp", "port", "443"];
        assert_eq!(filter(&words).as_deref(), Some("tcp port 443"));
        let both = ["-i", "eth0", "-f", "tcp", "port", "443"];
        assert_eq!(filter(&both).as_deref(), Some("(tcp) and (port 443)"));
        assert!(matches!(
            plan(&["-i", "a", "-i", "a"]),
            Err(Mistake::InterfaceTwice(_))
        ));
    }

    #[test]
    fn standard_input_is_read_once_and_no_file_is_written_twice() {
        assert!(matches!(
            plan(&["-", "-"]),
            Err(Mistake::StandardInputTwice)
        ));
        assert!(matches!(
            plan(&["-o", "a", "--write", "a", "b"]),
            Err(Mistake::OutputTwice(_))
        ));
    }
}
