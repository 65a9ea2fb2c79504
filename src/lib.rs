//! Explains why each TCP connection in a capture was reset.

pub mod analyzer;
pub mod capture;
pub mod case;
pub mod decode;
pub mod incidents;
pub mod origin;
pub mod report;
pub mod rules;
pub mod tcp;
pub mod track;
