//! Interfaces, and what was lost at them.

use super::Pcapng;
use super::block::{add, option, options};
use super::clock::Clock;
use crate::capture::bytes::Fields;
use crate::capture::info::InterfaceInfo;
use crate::decode::LinkType;

/// What a section says about one of its interfaces.
#[derive(Clone, Debug)]
pub(super) struct Interface {
    name: String,
    pub(super) link: LinkType,
    /// Its place among those of the whole file, from 0.
    pub(super) place: u32,
    /// Zero: no limit.
    pub(super) snap_len: u32,
    pub(super) clock: Clock,
    /// Packets lost, by the latest statistics block.
    pub(super) dropped: Option<u64>,
    /// Packets lost, added up from what packet blocks say.
    pub(super) dropped_between: Option<u64>,
}

impl Interface {
    pub(super) fn info(&self) -> InterfaceInfo {
        InterfaceInfo {
            name: self.name.clone(),
            link: self.link,
            dropped: self.lost(),
        }
    }

    /// Packets lost at it, whichever way it is told.
    pub(super) fn lost(&self) -> Option<u64> {
        self.dropped.max(self.dropped_between)
    }
}

impl Pcapng {
    pub(super) fn interface(&mut self, body: &[u8]) -> Option<Interface> {
        let mut fields = Fields::new(self.order, body);
        let link = LinkType(fields.u16()?);
        fields.take(2)?;
        let snap_len = fields.u32()?;
        let (mut resolution, mut offset, mut name) = (None, 0, String::new());
        for (code, mut value) in options(self.order, fields) {
            match code {
                option::IF_NAME => name = String::from_utf8_lossy(value.rest()).into_owned(),
                option::IF_TSRESOL => resolution = value.take(1).and_then(<[u8]>::first).copied(),
                option::IF_TSOFFSET => offset = value.u64().unwrap_or(0).cast_signed(),
                _ => {}
            }
        }
        let place = self.described;
        self.described = place.saturating_add(1);
        Some(Interface {
            name,
            link,
            place,
            snap_len,
            clock: Clock::new(resolution, offset),
            dropped: None,
            dropped_between: None,
        })
    }

    pub(super) fn statistics(&mut self, body: &[u8]) -> Option<()> {
        let mut fields = Fields::new(self.order, body);
        let index = fields.u32()?;
        fields.take(8)?;
        let mut dropped = None;
        for (code, mut value) in options(self.order, fields) {
            if code == option::ISB_IFDROP || code == option::ISB_OSDROP {
                dropped = add(dropped, value.u64());
            }
        }
        // Statistics of an interface that nobody described harm no packet.
        if let Some(interface) = self.interfaces.get_mut(index as usize)
            && dropped.is_some()
        {
            interface.dropped = dropped;
        }
        Some(())
    }
}
