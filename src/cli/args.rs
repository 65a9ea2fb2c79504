//! What may be typed, with its help. Nothing is opened here.

use super::alarm::{Alarm, Harm};
use super::messages::Exit;
use super::select::{self, Ends, Moment, Place};
use super::units;
use crate::render::{Format, Zone};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{CommandFactory, Parser, Subcommand};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Explains why each TCP connection in a capture was reset.
///
/// Reads pcap and pcapng files, and says of every reset who sent it, why, how sure that is and on what it rests, what each application
/// saw, and what to do about it.
#[derive(Debug, Parser)]
#[command(
    name = "rstscope",
    version,
    after_help = "Run 'rstscope --help' for examples and exit codes, 'rstscope causes' for what can be found.",
    after_long_help = EXAMPLES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Args {
    /// Captures to read; '-' is standard input
    ///
    /// Captures in pcap or pcapng format. '-' is standard input. Several files are one capture, merged by time: rotated pieces may
    /// come in any order, and a connection may begin in one and end in another.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Look only at what this pcap filter matches
    ///
    /// A filter expression as tcpdump takes it, for example 'host 10.0.0.7 and port 443'. What it leaves out is not there for the
    /// diagnosis: filter by address and port, never by flags. As in tcpdump, an expression sees the outermost packet: what is wrapped
    /// matches only behind 'vlan and ...', 'mpls and ...' or 'pppoes and ...', and of what a tunnel inside IP carries nothing matches but the
    /// addresses of the tunnel.
    #[arg(short, long, value_name = "FILTER")]
    pub filter: Option<String>,

    /// Report only the resets of this connection, either end first
    ///
    /// Report only the resets of this connection, either end first, with IPv6 addresses in brackets. This
    /// and the following choose what is reported: the whole capture is read and judged all the same, so no verdict changes. Each may be
    /// given more than once, and then any of its values will do.
    #[arg(long, value_name = "A:P-B:Q", value_parser = Ends::parse, help_heading = SELECTION)]
    pub connection: Vec<Ends>,

    /// Report only the reset in this record
    ///
    /// Report only the reset in this record, counted from 1; with several files, 1:7 is record 7 of the second, as JSON counts them,
    /// and 7 that of any.
    #[arg(long, value_name = "[FILE:]N", value_parser = Place::parse, help_heading = SELECTION)]
    pub record: Vec<Place>,

    /// Report only resets of this cause, by its id or another name
    #[arg(long, value_name = "CAUSE", value_parser = select::cause, help_heading = SELECTION)]
    pub cause: Vec<&'static str>,

    /// Report only resets from this time on
    ///
    /// Report only resets from this time on: RFC 3339, as reports have it, or seconds from the first record. What came before is still
    /// read, so that verdicts keep their context.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, help_heading = SELECTION)]
    pub from: Option<Moment>,

    /// Report only resets up to this time
    ///
    /// Report only resets up to this time, written as for --from. What follows is still read.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, help_heading = SELECTION)]
    pub to: Option<Moment>,

    /// Report only resets of this severity or a graver one
    ///
    /// Report only resets of this severity or a graver one: benign, warning or error.
    #[arg(long, value_name = "SEVERITY", value_parser = Harm::parse, help_heading = SELECTION)]
    pub min_severity: Option<Harm>,

    /// Exit with code 3 when such a reset was found
    ///
    /// Exit with code 3 when a reset of this severity (benign, warning, error) or a graver one was reported, or one of this cause. May be
    /// given more than once.
    #[arg(long, value_name = "SEVERITY_OR_CAUSE", value_parser = Alarm::parse)]
    pub fail_on: Vec<Alarm>,

    /// Form of the report
    #[arg(long, value_name = "FORMAT", value_parser = formats(), default_value = Format::ALL[0].name, hide_default_value = true)]
    pub format: String,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    pub json: bool,

    /// Write the report to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Write the packets of the connections that were reset to FILE
    ///
    /// Write the packets of the connections that were reset to FILE, in pcapng format: as they were captured, with a comment on each reset
    /// that Wireshark and tshark show. Only connections with a reset that is reported: --cause, --connection and the like choose. The
    /// inputs are read a second time; what comes from a pipe is kept in a temporary file until then.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,

    /// Write no payload with --write, only headers
    ///
    /// Write no payload with --write, only headers: each packet is cut behind its TCP header, and keeps its length on the wire. Also of a
    /// segment that an ICMP error quotes.
    #[arg(long, requires = "write")]
    pub headers_only: bool,

    /// Mask addresses, host names and what applications wrote
    ///
    /// Mask addresses, host names and what applications wrote, in every form and in the file of --write alike, and mark the report as
    /// masked. Addresses of one subnet stay in one subnet (ipcrypt-pfx), ports and times stay what they are. Inputs are called input-1,
    /// input-2 and so on. The key is a new one for each run, unless --mask-key names one. --connection still takes the true addresses.
    #[arg(long)]
    pub mask: bool,

    /// Mask with the secret in FILE, the same way each time
    ///
    /// Mask with the secret in FILE, so that reports of several runs have the same masks. All bytes of the file count, and it should
    /// hold at least 16 that nobody can guess: head -c 32 /dev/urandom > FILE.
    #[arg(long, value_name = "FILE", requires = "mask")]
    pub mask_key: Option<PathBuf>,

    /// Show every reset, not only some of each kind
    #[arg(long, conflicts_with = "examples")]
    pub all: bool,

    /// Show N resets of each kind [default: 3 in tables, all in JSON]
    #[arg(long, value_name = "N")]
    pub examples: Option<usize>,

    /// When to use colour: auto, always or never
    ///
    /// 'auto' is a terminal, unless `NO_COLOR` is set. Colour never says what the words do not.
    #[arg(long, value_name = "WHEN", value_parser = ["auto", "always", "never"], default_value = "auto", hide_default_value = true, hide_possible_values = true)]
    pub color: String,

    /// Show times at this offset from UTC, such as +02:00
    ///
    /// For the forms that people read; JSON is always in UTC.
    #[arg(long, value_name = "OFFSET", allow_hyphen_values = true, value_parser = |text: &str| Zone::offset(text).ok_or("no offset such as +02:00, -0530 or Z"))]
    pub utc_offset: Option<Zone>,

    /// Show times in the zone of this machine
    #[arg(long, conflicts_with = "utc_offset")]
    pub local: bool,

    /// Watch an interface: -i eth0, and behind the options a filter
    #[command(flatten)]
    pub live: Live,

    /// What else the program does.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What is typed to watch interfaces.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = LIVE)]
pub struct Live {
    /// Watch this interface, or 'any', until Ctrl-C; words behind the options are a filter
    ///
    /// Watch this interface until Ctrl-C or SIGTERM, and name each reset seconds after it happens; 'any' is all of them, and several -i
    /// are watched together. Words behind the options are a pcap filter, as in: rstscope -i eth0 tcp port 443. The kernel lets through
    /// only what may hold TCP, an ICMP error about it, or a wrapping that is read. SIGUSR1 asks for a summary.
    #[arg(short, long, value_name = "IFACE")]
    pub interface: Vec<String>,

    /// Show the whole case of each reset, not one line
    #[arg(short, long, requires = "interface")]
    pub verbose: bool,

    /// End after this time, such as 90, 10m or 1h30m
    #[arg(long, value_name = "TIME", value_parser = units::duration, requires = "interface")]
    pub duration: Option<Duration>,

    /// End after N resets
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..), requires = "interface")]
    pub count: Option<u64>,

    /// End after a reset of this cause
    #[arg(long, value_name = "CAUSE", value_parser = select::cause, requires = "interface")]
    pub until_cause: Option<&'static str>,

    /// Show a summary by incident each TIME, not only at the end
    #[arg(long, value_name = "TIME", value_parser = units::duration, requires = "interface")]
    pub summary_every: Option<Duration>,

    /// Become this user once everything is open [default: who called sudo, or nobody]
    ///
    /// Become this user once everything is open, and before the first byte is parsed: no group, no capability and no way to gain one is
    /// left. Without it, root becomes whoever called sudo, or 'nobody'; any other user stays who it is, without capabilities. What is
    /// opened before: interfaces, the output, the address of --metrics, the trace of --kernel. What cannot be done afterwards: opening an
    /// interface that vanished and came back.
    #[arg(long, value_name = "USER", requires = "interface")]
    pub user: Option<String>,

    /// Ask this host's kernel why it sent each reset
    ///
    /// Pair each reset that this host sent with the kernel's own record of it (the trace point `tcp:tcp_send_reset`, with reasons since
    /// Linux 6.10), and show how the kernel's counters grew. Agreement and contradiction become evidence. It only reads; what this kernel
    /// does not offer is said.
    #[arg(long, requires = "interface")]
    pub kernel: bool,

    /// Serve counters for Prometheus at this address, such as 9190 or 127.0.0.1:9190
    ///
    /// Serve counters for Prometheus at http://ADDR:PORT/metrics. A port alone is one of the loopback interface: whoever can reach it can
    /// read which services are reset.
    #[arg(long, value_name = "[ADDR:]PORT", value_parser = metrics_address, requires = "interface")]
    pub metrics: Option<SocketAddr>,

    /// Stay within this memory, such as 64M or 1G [default: 256M]
    ///
    /// Stay within this memory. What there is no room for is given up in this order: connections that are finished, then those that have
    /// been idle longest, and those with an open case last; it is counted and reported.
    #[arg(long, value_name = "SIZE", value_parser = units::size, requires = "interface")]
    pub max_memory: Option<u64>,

    /// Files that --write fills in turn: FILE, FILE.1 and so on [default: 4]
    ///
    /// Files that --write fills in turn: FILE.pcapng, FILE.1.pcapng and so on. All are opened at the start, since later no folder may be
    /// written to, and the oldest is written anew when all are full. Of each connection the first 16 and the latest 240 packets are kept
    /// until it is reset, within a quarter of --max-memory; the longest idle go first.
    #[arg(long, value_name = "N", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100), requires_all = ["interface", "write"])]
    pub write_files: Option<usize>,

    /// How large each file of --write may become [default: 16M]
    #[arg(long, value_name = "SIZE", value_parser = units::size, requires_all = ["interface", "write"])]
    pub write_size: Option<u64>,

    /// How long each file of --write is filled [default: 1h]
    #[arg(long, value_name = "TIME", value_parser = units::duration, requires_all = ["interface", "write"])]
    pub write_age: Option<Duration>,

    /// Take frames to other hosts, too
    #[arg(long, requires = "interface")]
    pub promiscuous: bool,

    /// The kernel's buffer for each interface [default: 32M]
    #[arg(long, value_name = "SIZE", value_parser = units::size, requires = "interface")]
    pub buffer_size: Option<u64>,

    /// Bytes kept of each frame [default: 768]
    ///
    /// Bytes kept of each frame: 768 are enough for headers within tunnels and the first bytes by which protocols are known.
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(64..=262_144), requires = "interface")]
    pub snap_length: Option<u32>,

    /// Whose clock stamps frames: host, host-precise, adapter or adapter-alone
    #[arg(long, value_name = "CLOCK", value_parser = ["host", "host-precise", "adapter", "adapter-alone"], hide_possible_values = true, requires = "interface")]
    pub time_source: Option<String>,
}

fn metrics_address(text: &str) -> Result<SocketAddr, String> {
    let port = text
        .parse::<u16>()
        .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    port.or_else(|_| text.parse()).map_err(|_| {
        "neither a port such as 9190 nor an address such as 127.0.0.1:9190 or [::1]:9190".into()
    })
}

/// What the program does beside reading captures.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the page of one cause
    ///
    /// Finds it by its id, by another name for it, or by words of its title: 'rstscope explain linger'.
    Explain {
        /// Id, other name, or words to look for
        #[arg(required = true, value_name = "CAUSE")]
        words: Vec<String>,
    },
    /// List every cause that can be found
    Causes,
    /// List the interfaces that can be watched, and why others cannot
    Interfaces,
    /// Print the JSON Schema of the report
    Schema,
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Reads the arguments of the process. Help and version are printed here, and mistakes are said.
pub fn parse() -> Result<Args, Exit> {
    let args = Args::try_parse().map_err(|error| {
        // A closed pipe is no reason to complain about help that nobody reads.
        let _ = error.print();
        match error.exit_code() {
            0 => Exit::Complete,
            _ => Exit::Nothing,
        }
    })?;
    if args.files.is_empty() && args.live.interface.is_empty() && args.command.is_none() {
        let _ = Args::command().print_help();
        return Err(Exit::Nothing);
    }
    Ok(args)
}

fn formats() -> PossibleValuesParser {
    PossibleValuesParser::new(
        Format::ALL
            .iter()
            .map(|format| PossibleValue::new(format.name).help(format.help)),
    )
}

const SELECTION: &str = "Selection";
const LIVE: &str = "Watching interfaces";

const EXAMPLES: &str = "\
Examples:
  rstscope trouble.pcap                     why was each connection reset?
  rstscope --all trouble.pcap | less        every single one, with its timeline
  tcpdump -w - -U port 5432 | rstscope -    the same from a running capture
  rstscope -i eth0 tcp port 443             name each reset as it happens, until Ctrl-C
  rstscope --format html -o why.html trouble.pcap  one page to attach to the ticket
  rstscope --json a.pcap b.pcap > why.json  two pieces of one capture, for a program
  rstscope --cause forged-rst --from 60 trouble.pcap
  rstscope --format ndjson a.pcap | jq 'select(.type == \"reset\") | .verdict.cause'
  rstscope explain keepalive-idle-race      what one cause means, and what to do

A file with the name of a subcommand is given as ./causes.

Exit codes:
  0  every input was read to its end, whether there were resets or not
  1  a part could not be read; the report says which, and covers the rest
  2  nothing could be done: wrong usage, no input could be opened, or the interface vanished
  3  a reset was reported that --fail-on names";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }
}
