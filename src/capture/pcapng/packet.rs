//! The three kinds of packet block.

use super::Pcapng;
use super::block::{add, kind, option, options, padding};
use crate::capture::bytes::Fields;
use crate::capture::error::Damage;
use crate::capture::walk::longest_record;
use crate::decode::LinkType;
use crate::origin::Timestamp;

/// A packet as its block describes it.
pub(super) struct Packet {
    pub(super) time: Timestamp,
    /// Offset of its bytes in the block's body.
    pub(super) start: usize,
    pub(super) len: u32,
    pub(super) original_len: u32,
    pub(super) link: LinkType,
    /// Its interface's place in the whole file, from 0.
    pub(super) interface: Option<u16>,
    /// Whether what its block says does not depend on others, nor others on it: it says of no losses.
    pub(super) stands_alone: bool,
}

impl Pcapng {
    /// An enhanced packet, or the obsolete kind that it replaced: sixteen bits of interface and sixteen of losses where this has thirty-two.
    pub(super) fn packet(&mut self, kind: u32, body: &[u8]) -> Result<Packet, Damage> {
        let mut fields = Fields::new(self.order, body);
        let mut read = || {
            let (index, lost) = if kind == kind::PACKET {
                let (index, lost) = (fields.u16()?, fields.u16()?);
                (
                    u32::from(index),
                    (lost != u16::MAX).then_some(u64::from(lost)),
                )
            } else {
                (fields.u32()?, None)
            };
            let ticks = u64::from(fields.u32()?) << 32 | u64::from(fields.u32()?);
            Some((index, lost, ticks, fields.u32()?, fields.u32()?))
        };
        let short = Damage::BlockContent("a packet block");
        let (index, mut lost, ticks, len, original_len) = read().ok_or(short)?;
        let known = self.interfaces.len();
        let interface = self
            .interfaces
            .get(index as usize)
            .ok_or(Damage::Interface { index, known })?;
        let most = longest_record(interface.link);
        if len > most {
            return Err(Damage::RecordLength { len, most });
        }
        let start = body.len() - fields.rest().len();
        fields.take(len as usize).ok_or(short)?;
        let mut packet = Packet {
            time: interface.clock.time(ticks),
            start,
            len,
            original_len,
            link: interface.link,
            interface: u16::try_from(interface.place).ok(),
            stands_alone: false,
        };
        if fields.rest().len() > OPTION_HEADER_LEN {
            fields.take(padding(len as usize)).ok_or(short)?;
            for (code, mut value) in options(self.order, fields) {
                if kind == kind::ENHANCED_PACKET && code == option::EPB_DROPCOUNT {
                    lost = add(lost, value.u64());
                }
            }
        }
        if let Some(interface) = self.interfaces.get_mut(index as usize) {
            interface.dropped_between = add(interface.dropped_between, lost);
        }
        packet.stands_alone = kind == kind::ENHANCED_PACKET && lost.is_none();
        Ok(packet)
    }

    /// A simple packet belongs to the first interface and has no time: it takes that of the record before, or the epoch.
    pub(super) fn simple_packet(&self, body: &[u8]) -> Result<Packet, Damage> {
        let mut fields = Fields::new(self.order, body);
        let original_len = fields.u32().ok_or(Damage::BlockContent("a packet block"))?;
        let interface = self
            .interfaces
            .first()
            .ok_or(Damage::Interface { index: 0, known: 0 })?;
        // Its captured length is nowhere written: the block's, less the padding that the other two lengths reveal.
        let limit = if interface.snap_len == 0 {
            u32::MAX
        } else {
            interface.snap_len
        };
        let here = u32::try_from(fields.rest().len()).unwrap_or(u32::MAX);
        let (len, most) = (
            original_len.min(limit).min(here),
            longest_record(interface.link),
        );
        if len > most {
            return Err(Damage::RecordLength { len, most });
        }
        Ok(Packet {
            time: self.last,
            start: body.len() - fields.rest().len(),
            len,
            original_len,
            link: interface.link,
            interface: u16::try_from(interface.place).ok(),
            stands_alone: false,
        })
    }
}

const OPTION_HEADER_LEN: usize = 4;
