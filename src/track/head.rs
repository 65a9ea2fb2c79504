//! The head of a capture, and whom the cases of others may know of behind it.

use super::Tracker;
use super::copies::Recent;
use super::table::Slot;
use crate::tcp::Flow;

impl Tracker {
    /// Tells how many segments the capture has had so far, those included that were not observed: behind its head most connections are nobody's
    /// business but their own.
    /// Whether that head is over.
    pub fn reach(&mut self, segments: u64) -> bool {
        let is_over =
            segments >= self.limits.head || self.counts.connections >= self.limits.head_connections;
        if is_over && !self.head_is_over {
            self.head_is_over = true;
            self.end_head();
        }
        self.head_is_over
    }

    pub(super) fn end_head(&mut self) {
        let everything = self.is_doubled;
        let all: Vec<Slot> = self
            .table
            .iter_mut()
            .filter(|_| !everything)
            .map(|(slot, connection)| {
                connection.is_lasting = connection.id.flow().is_sampled();
                connection.is_known = connection.is_of_note();
                connection.is_among_twins &= connection.is_known;
                slot
            })
            .collect();
        for slot in all {
            self.rank(slot);
        }
        if !everything {
            let table = &self.table;
            let is_known = |slot| {
                table
                    .get(slot)
                    .is_some_and(|connection| connection.is_known)
            };
            self.twins.retain(is_known);
            self.neighbours.retain_endings(is_known);
            self.recent = Recent::default();
        }
    }

    /// Whether every connection is known to the cases of others: so it is at the head of the capture, and to its end where connections were
    /// captured at the head more than once behind different addresses or tags. What belongs together is seen only where everything is
    /// followed; and that is decided at the head, before anybody leaves out the rest.
    pub const fn knows_all(&self) -> bool {
        !self.head_is_over || self.is_doubled
    }

    /// Forgets those that no case of another may know of, but for those whose flow is to be kept.
    pub fn forget_unless(&mut self, keep: impl Fn(Flow) -> bool) {
        let gone: Vec<Slot> = self
            .table
            .iter_mut()
            .filter(|(_, connection)| !connection.is_known && !keep(connection.id.flow()))
            .map(|(slot, _)| slot)
            .collect();
        for slot in gone {
            self.table.remove(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::track::Limits;
    use crate::track::tests::behind_the_head;

    /// What the latest case behind the head of a capture knows of its neighbours.
    fn neighbourhood(story: &str) -> String {
        let mut tracker = behind_the_head(Limits::default(), story);
        tracker.finish();
        let cases = std::iter::from_fn(|| tracker.next_case());
        format!("{:?}", cases.last().unwrap().neighbourhood)
    }

    #[test]
    fn what_goes_on_behind_its_reset_is_soon_nobodys_business() {
        let spared = "0.000  client A > server    SYN      seq 0
             0.001  server    > client A SYN,ACK  seq 0 ack 1
             0.002  client A > server    PSH,ACK  seq 1 ack 1 len 10
             0.003  server    > client A PSH,ACK  seq 1 ack 11 len 10
             0.500  client A > server    RST      seq 500000000";
        let asks_after_a_rest = |at: u32| {
            format!(
                "{at}.500  client A > server    PSH,ACK  seq 11 ack 11 len 10
                 {at}.510  server    > client A PSH,ACK  seq 11 ack 21 len 10"
            )
        };
        let other = "9.000  client B > server    SYN      seq 0
             9.001  server    > client B SYN,ACK  seq 0 ack 1
             9.002  client B > server    ACK      seq 1 ack 1
             9.003  client B > server    PSH,ACK  seq 1 ack 1 len 10
             9.004  server    > client B RST,ACK  seq 1 ack 11";
        let told = |lines: &str| neighbourhood(&format!("{spared}\n{lines}\n{other}"));
        assert_eq!(told(""), told(&asks_after_a_rest(3)));
        assert_ne!(told(""), told(&asks_after_a_rest(1)));
    }
}
