//! TLS (RFC 8446 5.1, RFC 5246 6.2), as far as the first captured bytes of a turn show its records.

use super::Facts;
use super::speech::FAREWELL;
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
        let mut asked = 0;
        let mut answers = 0;
        for turn in self.case.turns.recent() {
            match turn.from {
                Side::Client => asked += 1,
                Side::Server => answers += usize::from(asked >= 2),
            }
        }
        let latest = self.case.turns.latest_of(Side::Server);
        let spoke = latest.is_some_and(|turn| turn.bytes > HIDDEN_ALERT)
            && self.server().latest_bytes().bytes().first() == Some(&APPLICATION_DATA);
        let long = self.case.turns.count() > LONG;
        Some(if long || answers >= 2 || answers == 1 && spoke {
            TlsProgress::Established
        } else {
            TlsProgress::Negotiating
        })
    }

    /// The client's last words before its FIN, and just before it, were no more than a TLS alert: a `close_notify`, not a request.
    pub fn client_took_leave(&self) -> bool {
        let Some(fin) = self.client().fin.filter(|_| self.tls().is_some()) else {
            return false;
        };
        let mut turns = self.case.turns.recent().rev();
        turns
            .find(|turn| turn.first.record <= fin.mark.record)
            .is_some_and(|turn| {
                turn.from == Side::Client
                    && turn.bytes <= HIDDEN_ALERT
                    && fin.mark.time - turn.last.time <= FAREWELL
            })
    }

    /// Whether the segment that the reset answers is one TLS alert and no more: by its type where that was captured. Where it was not, a
    /// size that alerts have tells in a TLS session, and otherwise nothing can be told of a small segment: `None`.
    pub fn answers_tls_alert(&self) -> Option<bool> {
        let Some(trigger) = self.form.answers else {
            return Some(false);
        };
        let len = trigger.header.payload_len;
        if len == 0 || u64::from(len) > LARGEST_ALERT {
            return Some(false);
        }
        let turn = self.case.turns.latest_of(self.case.received_by());
        let is_latest = turn.is_some_and(|turn| turn.first.record == trigger.header.record);
        match (self.receiver().latest_bytes().bytes(), is_latest) {
            ([ALERT, MAJOR_VERSION, ..], true) => Some(true),
            ([APPLICATION_DATA, MAJOR_VERSION, ..], true) => Some(u64::from(len) <= HIDDEN_ALERT),
            ([_, ..], true) => Some(false),
            _ if self.tls().is_some() => Some(ALERT_SIZES.contains(&len)),
            _ if self.client().first_bytes.bytes().is_empty() => None,
            _ => Some(false),
        }
    }
}

const ALERT: u8 = 0x15;
const HANDSHAKE: u8 = 0x16;
const APPLICATION_DATA: u8 = 0x17;
/// Of every version since SSL 3.0.
const MAJOR_VERSION: u8 = 0x03;
/// The largest alert record whose type shows, in TLS 1.2 with an old block cipher and SHA-256.
const LARGEST_ALERT: u64 = 69;
/// The largest alert record that looks like application data: TLS 1.3, with one byte for its true type and sixteen of authentication.
const HIDDEN_ALERT: u64 = 24;
/// What alerts measure where their bytes were not captured: TLS 1.3, and TLS 1.2 with AES-GCM.
const ALERT_SIZES: [u32; 2] = [24, 31];
/// More turns than any handshake takes.
const LONG: u64 = 6;
