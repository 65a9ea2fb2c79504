//! Explains why each TCP connection in a capture was reset.

pub mod capture;
pub mod decode;
pub mod origin;
pub mod tcp;
