//! The registry: every documented cause, in the order of the documentation.

mod accept_queue_abort;
mod accept_queue_overflow;
mod accept_then_abort;
mod benign_tls_close;
mod client_cancel;
mod connect_probe;
mod data_after_close;
mod early_response_upload;
mod firewall_reject;
mod firewall_reject_midstream;
mod forged_rst;
mod half_close_expired;
mod half_open_probe;
mod handshake_state_lost;
mod keepalive_idle_race;
mod keepalive_timeout;
mod late_segment_after_teardown;
mod lb_idle_timeout;
mod linger_zero_abort;
mod listener_closed;
mod mptcp_reset;
mod nat_bypass_stray;
mod nat_mapping_lost;
mod orphan_abort;
mod peer_gone;
mod port_closed;
mod process_exit;
mod relay_propagated;
mod retransmit_timeout_abort;
mod rst_echo;
mod rst_ignored;
mod server_timeout_abort;
mod socket_destroyed;
mod stale_connection_reuse;
mod stale_tuple_syn;
mod stray_segment;
mod synack_rejected;
mod teardown_rst;
mod tls_handshake_reset;
mod undetermined;
mod unread_data_close;

use super::{CauseDoc, Rule};

/// The rules, in the order of the documentation.
pub static RULES: &[Rule] = &[
    port_closed::RULE,
    firewall_reject::RULE,
    accept_queue_overflow::RULE,
    accept_queue_abort::RULE,
    handshake_state_lost::RULE,
    half_open_probe::RULE,
    connect_probe::RULE,
    stale_tuple_syn::RULE,
    synack_rejected::RULE,
    listener_closed::RULE,
    accept_then_abort::RULE,
    tls_handshake_reset::RULE,
    linger_zero_abort::RULE,
    unread_data_close::RULE,
    early_response_upload::RULE,
    process_exit::RULE,
    client_cancel::RULE,
    server_timeout_abort::RULE,
    socket_destroyed::RULE,
    keepalive_idle_race::RULE,
    stale_connection_reuse::RULE,
    data_after_close::RULE,
    half_close_expired::RULE,
    benign_tls_close::RULE,
    teardown_rst::RULE,
    late_segment_after_teardown::RULE,
    orphan_abort::RULE,
    keepalive_timeout::RULE,
    retransmit_timeout_abort::RULE,
    peer_gone::RULE,
    lb_idle_timeout::RULE,
    nat_mapping_lost::RULE,
    nat_bypass_stray::RULE,
    firewall_reject_midstream::RULE,
    forged_rst::RULE,
    rst_ignored::RULE,
    relay_propagated::RULE,
    mptcp_reset::RULE,
    rst_echo::RULE,
    stray_segment::RULE,
];

/// The page of resets for which nothing speaks.
pub static UNDETERMINED: &CauseDoc = &undetermined::DOC;
