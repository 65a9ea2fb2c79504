//! TLS (RFC 8446 5.1, RFC 5246 6.2), as far as the first captured bytes of a turn show its records.

use super::Facts;
use crate::tcp::Side;

/// How far a TLS connection had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsProgress {
    /// The client has said hello, and nothing shows that the server has sent application data since.
    Negotiating,
    /// Both sides have sent application data.
    Established,
}

impl Facts<'_> {
    /// How far TLS had come; `None` where the client did not begin with a handshake record.
    ///
    /// TLS 1.3 hides handshake messages and alerts in application-data records, so the server counts as past the handshake only once
    /// it has sent such a record, and more than an alert, after the client's second turn.
    pub fn tls(&self) -> Option<TlsProgress> {
        let hello = self.client().first_bytes.bytes();
        if !matches!(hello, [HANDSHAKE, MAJOR_VERSION, ..]) {
            return None;
        }
        let server = self.case.turns.latest_of(Side::Server);
        let second_flight = self.case.turns.count() >= 4;
        let spoke = server.is_some_and(|turn| turn.bytes > LARGEST_ALERT)
            && self.server().latest_bytes.bytes().first() == Some(&APPLICATION_DATA);
        let long = self.case.turns.count() > 6;
        Some(if second_flight && (spoke || long) {
            TlsProgress::Established
        } else {
            TlsProgress::Negotiating
        })
    }

    /// The segment that the reset answers can hold one TLS alert and no more: by its type where it was captured, by its size where not.
    pub fn answers_tls_alert(&self) -> bool {
        let Some(trigger) = self.form.answers else {
            return false;
        };
        let len = trigger.header.payload_len;
        let alone = self.case.turns.latest_of(self.case.received_by());
        let latest = self.receiver().latest_bytes.bytes();
        let is_latest = alone.is_some_and(|turn| turn.first.record == trigger.header.record);
        let small = (1..=u32::try_from(LARGEST_ALERT).unwrap_or(0)).contains(&len);
        match latest.first() {
            Some(&first) if is_latest => {
                small
                    && matches!(first, ALERT | APPLICATION_DATA)
                    && latest.get(1) == Some(&MAJOR_VERSION)
            }
            _ => small && self.tls().is_some(),
        }
    }
}

const ALERT: u8 = 0x15;
const HANDSHAKE: u8 = 0x16;
const APPLICATION_DATA: u8 = 0x17;
/// Of every version since SSL 3.0.
const MAJOR_VERSION: u8 = 0x03;
/// The largest alert record on the wire: 24 bytes in TLS 1.3 with AES-GCM, 31 in TLS 1.2; older block ciphers with SHA-256 pad to 69.
const LARGEST_ALERT: u64 = 69;
