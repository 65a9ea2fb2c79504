//! Explains why each TCP connection in a capture was reset.

pub mod analyzer;
pub mod capture;
pub mod case;
#[cfg(feature = "cli")]
pub mod cli;
pub mod decode;
pub mod incidents;
pub mod origin;
#[cfg(feature = "cli")]
pub mod render;
pub mod report;
pub mod rules;
pub mod tcp;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod track;
