//! Explains why each TCP connection in a capture was reset.
//!
//! # The life of a packet
//!
//! Rooms stand in the order in which a packet meets them, and each names only those before it:
//!
//! | room | turns | into |
//! |---|---|---|
//! | [`capture`] | bytes of a file or a pipe | records, a batch at a time |
//! | [`decode`] | a record | a TCP segment, or why it holds none |
//! | [`triage`] | records | those worth tracking now; the rest is left out, or held until its connection is reset |
//! | [`track`] | segments | for each reset a [`case`]: both endpoints before it, the story around it, what the neighbours did |
//! | [`rules`] | a case | a verdict: the cause, how sure, on what evidence, and which rivals stand |
//! | [`report`] | case and verdict | plain data in words: the public format |
//! | [`incidents`] | reports | resets folded by what they share |
//! | `render` | a report | a table, a page, Markdown or JSON on a writer |
//! | `passes` | a large file | the same in two passes and several threads |
//! | `live` | interfaces | resets as they settle: the loop around all of these, privileges, signals, the kernel as a witness |
//!
//! [`tcp`] is RFC 9293 as types, and [`origin`] says when and where a thing was seen; both serve all rooms. [`mask`] puts other addresses
//! and names in the place of those that must not leave the house. [`analyzer`] alone knows the
//! order of the rooms, and `cli` is the binary's own.
//!
//! From [`decode`] to [`report`] nothing opens a file, reads a clock or keeps more than its bounds: the same records give the same
//! report, byte for byte, at any speed.
//!
//! # Use
//!
//! ```
//! use rstscope::analyzer::{Analyzer, Config};
//! use rstscope::capture::{self, Batch, Source};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut source = capture::open("fixtures/jedis-linger-zero.pcap".as_ref(), 0)?;
//! let mut analyzer = Analyzer::new(Config::default());
//! let mut batch = Batch::default();
//! while source.fill(&mut batch)? {
//!     for record in batch.records() {
//!         analyzer.push(&record);
//!     }
//! }
//! analyzer.settle();
//! let reset = analyzer.next_reset().ok_or("no reset")?;
//! assert_eq!(reset.verdict.cause, "linger-zero-abort");
//! # Ok(())
//! # }
//! ```
//!
//! # What is stable
//!
//! The ids of causes and the fields of [`report`], by the report's schema version. Everything else may change until 1.0.

pub mod analyzer;
pub mod capture;
pub mod case;
#[cfg(feature = "cli")]
pub mod cli;
pub mod decode;
pub mod incidents;
#[cfg(feature = "live")]
pub mod live;
pub mod mask;
pub mod origin;
#[cfg(feature = "cli")]
pub mod passes;
#[cfg(feature = "cli")]
pub mod render;
pub mod report;
pub mod rules;
pub mod tcp;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod track;
pub mod triage;
