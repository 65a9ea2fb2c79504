//! A reason that the reset itself states: MPTCP's (RFC 8684 3.6), the diagnostic payload of the IETF draft
//! draft-ietf-tcpm-rst-diagnostic-payload, or plain text (RFC 9293 3.5.3 lets a reset carry data that says why).

use super::Facts;
use crate::tcp::Mptcp;

/// What a reset says of its own cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stated {
    /// `MP_TCPRST`.
    Mptcp {
        /// Reason code (RFC 8684 3.6).
        reason: u8,
        /// The T flag: a new try may work.
        transient: bool,
    },
    /// `MP_FASTCLOSE`.
    FastClose,
    /// The diagnostic payload.
    Diagnostic {
        /// Reason code, from the draft's registry when `enterprise` is 0, else from that vendor's.
        code: u16,
        /// Private enterprise number of the vendor; 0 for the registry.
        enterprise: u32,
    },
    /// Printable ASCII.
    Text(String),
}

impl Facts<'_> {
    /// What the reset says of its own cause, if anything.
    pub fn stated(&self) -> Option<Stated> {
        match self.case.reset.options.mptcp {
            Some(Mptcp::Reset { reason, transient }) => {
                return Some(Stated::Mptcp { reason, transient });
            }
            Some(Mptcp::FastClose) => return Some(Stated::FastClose),
            _ => {}
        }
        let payload = self.case.payload.bytes();
        if payload.is_empty() {
            return None; // As nearly all resets: this is asked of each for every claim.
        }
        diagnostic(payload).or_else(|| text(payload))
    }
}

/// The fixed form of the draft: a magic number, a reason code and an enterprise number.
fn diagnostic(payload: &[u8]) -> Option<Stated> {
    let rest = payload.strip_prefix(&MAGIC)?;
    let (code, rest) = rest.split_first_chunk::<2>()?;
    let enterprise = rest
        .first_chunk::<4>()
        .map_or(0, |bytes| u32::from_be_bytes(*bytes));
    Some(Stated::Diagnostic {
        code: u16::from_be_bytes(*code),
        enterprise,
    })
}

/// Printable ASCII, as some old stacks send it; `None` for anything else.
fn text(payload: &[u8]) -> Option<Stated> {
    let text = std::str::from_utf8(payload)
        .ok()?
        .trim_end_matches(['\0', '\r', '\n']);
    let printable = text.len() >= SHORTEST
        && text
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic());
    printable.then(|| Stated::Text(text.chars().take(LONGEST).collect()))
}

/// The first two bytes of the draft's payload, as Wireshark and tcpdump know them.
const MAGIC: [u8; 2] = [0x33, 0xaa];
/// Fewer characters are taken for bytes that happen to be printable; chosen.
const SHORTEST: usize = 4;
/// Characters shown at most; chosen, a line.
const LONGEST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diagnostic_payload_gives_its_code_and_whose_it_is() {
        let stated = diagnostic(&[0x33, 0xaa, 0, 14, 0, 0, 0, 9]);
        assert_eq!(
            stated,
            Some(Stated::Diagnostic {
                code: 14,
                enterprise: 9
            })
        );
        assert_eq!(diagnostic(&[0x33, 0xaa, 0]), None, "cut before its code");
        assert_eq!(
            diagnostic(&[0x33, 0xab, 0, 14, 0, 0, 0, 0]),
            None,
            "another magic number"
        );
    }

    #[test]
    fn only_printable_text_is_a_reason() {
        assert_eq!(
            text(b"Go away, we are full\r\n"),
            Some(Stated::Text("Go away, we are full".into()))
        );
        assert_eq!(text(b"abc"), None);
        assert_eq!(text(b"\x16\x03\x01\x02\x00"), None);
    }
}
