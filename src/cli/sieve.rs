//! What of the records is looked at: everything, or what a filter matches.
//!
//! A build without libpcap has no filters; then a plan with one is refused before it comes here.

#[cfg(feature = "live")]
use super::messages;
use super::messages::Exit;
#[cfg(feature = "live")]
use crate::capture::Filter;
use crate::capture::Record;

/// Lets records pass, and counts.
#[derive(Debug, Default)]
pub struct Sieve {
    #[cfg(feature = "live")]
    filter: Option<(String, Filter)>,
    seen: u64,
    passed: u64,
    failed: bool,
}

impl Sieve {
    /// A sieve for a plan's filter; a mistake in it is said here.
    #[cfg(feature = "live")]
    pub fn new(expression: Option<&str>) -> Result<Self, Exit> {
        let filter = match expression.map(|text| (text, Filter::new(text))) {
            None => None,
            Some((text, Ok(filter))) => Some((text.to_owned(), filter)),
            Some((_, Err(error))) => {
                messages::bad_filter(&error);
                return Err(Exit::Nothing);
            }
        };
        Ok(Self {
            filter,
            ..Self::default()
        })
    }

    /// A sieve that lets everything pass.
    #[cfg(not(feature = "live"))]
    #[expect(clippy::unnecessary_wraps, reason = "with filters it can fail")]
    pub fn new(_: Option<&str>) -> Result<Self, Exit> {
        Ok(Self::default())
    }

    /// Whether everything passes.
    pub const fn is_open(&self) -> bool {
        #[cfg(feature = "live")]
        return self.filter.is_none();
        #[cfg(not(feature = "live"))]
        true
    }

    /// Whether `record` is looked at.
    pub fn passes(&mut self, record: &Record<'_>) -> bool {
        self.seen += 1;
        let passes = self.judge(record);
        self.passed += u64::from(passes);
        passes
    }

    #[cfg(feature = "live")]
    fn judge(&mut self, record: &Record<'_>) -> bool {
        let Some((_, filter)) = &mut self.filter else {
            return true;
        };
        filter.matches(record).unwrap_or_else(|error| {
            messages::bad_filter(&error);
            self.failed = true;
            false
        })
    }

    #[cfg(not(feature = "live"))]
    #[expect(clippy::unused_self, reason = "with filters it asks one")]
    const fn judge(&self, _: &Record<'_>) -> bool {
        true
    }

    /// Says when nothing passed. Whether the filter could be applied to every record.
    pub fn end(&self) -> bool {
        #[cfg(feature = "live")]
        if let Some((expression, _)) = &self.filter
            && self.passed == 0
            && self.seen > 0
        {
            messages::nothing_matched(expression, self.seen);
        }
        !self.failed
    }
}
