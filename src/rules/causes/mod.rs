//! The registry: every documented cause, in the order of the documentation.

mod accept_queue_abort;
mod accept_queue_overflow;
mod data_after_close;
mod early_response_upload;
mod keepalive_idle_race;
mod linger_zero_abort;
mod peer_gone;
mod port_closed;
mod rst_echo;
mod stale_connection_reuse;
mod teardown_rst;
mod undetermined;
mod unread_data_close;

use super::{CauseDoc, Rule};

/// The rules, in the order of the documentation.
pub static RULES: &[Rule] = &[
    port_closed::RULE,
    accept_queue_overflow::RULE,
    accept_queue_abort::RULE,
    linger_zero_abort::RULE,
    unread_data_close::RULE,
    early_response_upload::RULE,
    keepalive_idle_race::RULE,
    stale_connection_reuse::RULE,
    data_after_close::RULE,
    teardown_rst::RULE,
    peer_gone::RULE,
    rst_echo::RULE,
];

/// The page of resets for which nothing speaks.
pub static UNDETERMINED: &CauseDoc = &undetermined::DOC;
