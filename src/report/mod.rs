//! Case and verdict -> plain owned data: the public format.

pub mod words;
