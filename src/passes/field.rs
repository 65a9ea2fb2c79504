//! What scouts have seen of a file, stretch by stretch, from its end: [`Field`].

use crate::analyzer::DISORDERED;
use crate::capture::{Position, Spacing};
use crate::origin::Timestamp;
use crate::triage::{Chosen, Recall, Rising};

/// The first record's time, and the latest.
pub type Times = (Timestamp, Timestamp);

/// A stretch that somebody looks at.
pub struct Claim {
    /// How many stretches are behind it.
    pub place: usize,
    /// In which file it is, from 0.
    pub file: usize,
    /// Where its first record begins.
    pub from: u64,
    /// Before which byte it ends; `None` for the end of the file.
    pub to: Option<u64>,
    /// Whether none is before it.
    pub is_first: bool,
}

/// What is known of the stretches that were looked at, by their places: the last of the file first.
pub struct Field {
    /// For how many nanoseconds behind its latest reset a connection matters.
    wait: i64,
    places: Vec<Option<Seen>>,
    /// The first of them whose records to be read are still to be chosen.
    next: usize,
    /// Before this one all were looked at.
    reach: usize,
    /// The beginning of the first file was looked at.
    has_first: bool,
    /// Bytes of what is remembered until records are chosen by it.
    remembered: usize,
    /// Bytes that say which records were chosen.
    chosen: usize,
    /// Memory to be used again.
    spare: Vec<Recall>,
}

/// A stretch that was looked at.
struct Seen {
    file: usize,
    from: u64,
    records: u64,
    times: Rising,
    /// How its records are spaced; `None`: not alike.
    spacing: Option<Spacing>,
    /// Until records are chosen by it.
    recall: Option<Recall>,
    chosen: Option<Chosen>,
    /// The place before which it was known who was reset when they were; `None` for all.
    horizon: Option<usize>,
}

impl Field {
    /// Nothing was looked at. A connection matters for `wait` nanoseconds behind its latest reset.
    pub const fn new(wait: i64) -> Self {
        Self {
            wait,
            places: Vec::new(),
            next: 0,
            reach: 0,
            has_first: false,
            remembered: 0,
            chosen: 0,
            spare: Vec::new(),
        }
    }

    /// What the next stretch can be remembered in, and whether its records may be.
    pub fn spare(&mut self) -> (Recall, bool) {
        let remembers = self.remembered < REMEMBERED && self.chosen < CHOSEN;
        (self.spare.pop().unwrap_or_default(), remembers)
    }

    /// Takes what a scout has seen.
    pub fn looked(&mut self, claim: &Claim, recall: Recall, spacing: Option<Spacing>) {
        self.has_first |= claim.is_first;
        self.remembered += recall.size();
        let seen = Seen {
            file: claim.file,
            from: claim.from,
            records: recall.records(),
            times: *recall.times(),
            spacing,
            recall: Some(recall),
            chosen: None,
            horizon: None,
        };
        if self.places.len() <= claim.place {
            self.places.resize_with(claim.place + 1, || None);
        }
        self.places[claim.place] = Some(seen);
        while let Some(Some(_)) = self.places.get(self.reach) {
            self.reach += 1;
        }
    }

    /// The next stretch of which it is known who was reset: its place, what is remembered of it, and how its records are spaced.
    ///
    /// Those that were reset later are known. Of those that were reset earlier it matters as long as a connection does behind its reset: so far the
    /// scouts must have come.
    pub fn next(&mut self) -> Option<(usize, Recall, Spacing)> {
        let is_all = self.is_all();
        let last = self.reach.checked_sub(1)?;
        let since = self.times_of(last).map(|((first, _), _)| first);
        while self.next < self.reach {
            let place = self.next;
            let is_known = is_all
                || self
                    .times_of(place)
                    .zip(since)
                    .is_some_and(|(((first, _), back), since)| first - since > self.wait + back);
            if !is_known && self.remembered < REMEMBERED {
                return None;
            }
            let seen = self.places.get_mut(place)?.as_mut()?;
            self.next += 1;
            let recall = seen.recall.take()?;
            if is_known && let Some(spacing) = seen.spacing {
                seen.horizon = Some(last).filter(|_| !is_all);
                return Some((place, recall, spacing));
            }
            self.take_back(recall);
        }
        None
    }

    /// Whether all stretches were looked at.
    pub fn is_all(&self) -> bool {
        self.has_first && self.reach == self.places.len()
    }

    /// The first one's time and the latest, and by how much one is late at most; `None` where that is too much.
    fn times_of(&self, place: usize) -> Option<(Times, i64)> {
        self.places.get(place)?.as_ref()?.times.nearly(DISORDERED)
    }

    /// Takes which records must be read, and back what was remembered.
    pub fn chosen(&mut self, place: usize, chosen: Option<Chosen>, recall: Recall) {
        self.take_back(recall);
        let chosen = chosen.filter(|chosen| self.chosen + chosen.size() <= CHOSEN);
        if let Some(Some(seen)) = self.places.get_mut(place) {
            self.chosen += chosen.as_ref().map_or(0, Chosen::size);
            seen.chosen = chosen;
        }
    }

    fn take_back(&mut self, recall: Recall) {
        self.remembered -= recall.size();
        self.spare.push(recall);
    }

    /// All files, one behind the other. `None`: not all was looked at, or a file begins before another has ended. Numbers the records of each,
    /// and finds those stretches in which time goes on as it did before: only of these it is sure who was reset shortly before.
    pub fn into_stretches(self) -> Option<Vec<Stretch>> {
        let places = Some(self.places).filter(|_| self.has_first)?;
        let mut stretches = Vec::with_capacity(places.len());
        let mut rises = vec![false; places.len()];
        let (mut file, mut before, mut latest) = (0, 0, None);
        for (place, seen) in places.into_iter().enumerate().rev() {
            let seen = seen?;
            if seen.file > file {
                (file, before) = (seen.file, 0);
                let first = seen.times.first();
                first.filter(|first| latest <= Some(*first))?;
            }
            let times = seen.times.nearly(DISORDERED);
            let times = times.filter(|((first, _), _)| latest <= Some(*first));
            rises[place] = times.is_some();
            latest = latest.max(seen.times.latest());
            let is_sure = seen.horizon.is_none_or(|place| rises[place]);
            let known = seen.chosen.filter(|_| is_sure).zip(times);
            stretches.push(Stretch {
                file,
                from: Position {
                    offset: seen.from,
                    record: 1 + before,
                },
                known: known.map(|(again, (times, back))| Known {
                    again,
                    records: seen.records,
                    times,
                    rises: back == 0,
                }),
            });
            before += seen.records;
        }
        Some(stretches)
    }
}

/// Records that follow each other.
pub struct Stretch {
    /// In which file they are, from 0.
    file: usize,
    from: Position,
    /// `None`: all of them must be read.
    known: Option<Known>,
}

/// What one worker reads at a time.
pub struct Part {
    /// In which file it is, from 0.
    pub file: usize,
    /// Where it begins.
    pub from: Position,
    /// Before which byte it ends; `None` for the end of the file.
    pub to: Option<u64>,
    /// What is known of its records, if that is enough to know those that need not be read.
    pub known: Option<Known>,
}

/// What is known of the records of a part.
pub struct Known {
    /// Those that must be read. The others are ordinary segments of flows that were not reset.
    pub again: Chosen,
    /// How many there are in all.
    pub records: u64,
    /// The first one's time, and the latest.
    pub times: Times,
    /// Whether none was earlier than one before it. Else those are among the ones to be read, and the ones before them.
    pub rises: bool,
}

/// The parts behind `start` in one of the files; the first begins there.
pub fn parts_behind(stretches: Vec<Stretch>, file: usize, start: Position) -> Vec<Part> {
    let begun = Part {
        file,
        from: start,
        to: None,
        known: None,
    };
    let behind = stretches
        .into_iter()
        .filter(|stretch| (stretch.file, stretch.from.offset) > (file, start.offset));
    let whole = behind.map(|stretch| Part {
        file: stretch.file,
        from: stretch.from,
        to: None,
        known: stretch.known,
    });
    let mut parts: Vec<_> = std::iter::once(begun).chain(whole).collect();
    let mut next: Option<(usize, u64)> = None;
    for part in parts.iter_mut().rev() {
        part.to = next
            .filter(|(file, _)| *file == part.file)
            .map(|(_, from)| from);
        if part.to.is_none() {
            part.known = None; // Where the file ends now is seen by reading to its end.
        }
        next = Some((part.file, part.from.offset));
    }
    parts
}

/// Bytes that may be taken to remember records, eight for nearly every one, until scouts have come far enough; chosen: two million records.
const REMEMBERED: usize = 16 << 20;
/// Bytes that may be taken to say which records must be read, five for each or so: what comes before, in files of which more matter, is read whole.
/// Chosen: ten gigabytes of headers where two records in a hundred matter.
const CHOSEN: usize = 8 << 20;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::decode::{LinkType, Look, Record};
    use crate::origin::RecordId;
    use crate::triage::{Marks, Scout, Sketch};

    const WAIT: i64 = 10;
    const SPACING: Spacing = Spacing::new(16, 1);

    /// What a scout remembers of records of these times, of which none is a segment.
    fn recall(times: &[i64]) -> Recall {
        let mut scout = Scout::default();
        scout.begin(Recall::default(), true);
        for time in times {
            scout.look(&Record {
                id: RecordId::default(),
                time: Timestamp::from_nanos(*time),
                link: LinkType::ETHERNET,
                bytes: &[0; 84],
                original_len: 84,
            });
        }
        scout.end(&mut Marks::new())
    }

    /// A field that has seen stretches of these times, in this order of their places; their records are chosen as soon as they can be.
    fn seen(stretches: &[&[i64]], order: &[usize]) -> (Field, Vec<Vec<usize>>) {
        let mut field = Field::new(WAIT);
        let mut chosen = Vec::new();
        for place in order {
            let last = stretches.len() - 1;
            let claim = Claim {
                place: *place,
                file: 0,
                from: 24 + 1_000 * (last - place) as u64,
                to: None,
                is_first: *place == last,
            };
            field.looked(&claim, recall(stretches[last - place]), Some(SPACING));
            let mut now = Vec::new();
            while let Some((place, recall, _)) = field.next() {
                let records = recall.choose(
                    &Marks::new(),
                    &mut Sketch::new(),
                    |len| len,
                    &mut Vec::new(),
                );
                field.chosen(place, records, recall);
                now.push(place);
            }
            chosen.push(now);
        }
        (field, chosen)
    }

    fn known(stretches: &[&[i64]]) -> Vec<(u64, bool)> {
        let order: Vec<_> = (0..stretches.len()).collect();
        let (field, _) = seen(stretches, &order);
        let stretches = field.into_stretches().unwrap();
        let known = |stretch: &Stretch| (stretch.from.record, stretch.known.is_some());
        stretches.iter().map(known).collect()
    }

    #[test]
    fn records_are_chosen_when_all_resets_are_known_that_matter_to_them() {
        let stretches: &[&[i64]] = &[&[0], &[5], &[11], &[30], &[31, 32]];
        let (_, chosen) = seen(stretches, &[0, 1, 2, 3, 4]);
        let expected: [&[usize]; 5] = [&[], &[], &[0, 1], &[], &[2, 3, 4]];
        assert_eq!(chosen, expected);
        // Places between are waited for.
        let (_, chosen) = seen(stretches, &[0, 2, 1, 4, 3]);
        let expected: [&[usize]; 5] = [&[], &[], &[0, 1], &[], &[2, 3, 4]];
        assert_eq!(chosen, expected);
    }

    #[test]
    fn where_time_falls_all_is_read() {
        let rising: &[&[i64]] = &[&[1, 2], &[2, 4], &[50, 51], &[90]];
        assert_eq!(known(rising), [(1, true), (3, true), (5, true), (7, true)]);
        let fall = DISORDERED + 1;
        let falling: &[&[i64]] = &[&[1, 2], &[fall + 3, 3], &[fall + 2], &[fall + 5]];
        assert_eq!(
            known(falling),
            [(1, true), (3, false), (5, false), (6, true)]
        );
        // What was taken for long ago, when the last one's records were chosen, is not.
        let set_back: &[&[i64]] = &[&[60, 61], &[50, 51], &[70, 71]];
        assert_eq!(known(set_back), [(1, true), (3, false), (5, false)]);
    }

    #[test]
    fn where_records_are_little_late_resets_are_asked_for_that_much_earlier() {
        let chosen = |last: &[i64]| seen(&[&[0], &[19], last], &[0, 1, 2]).1;
        let expected: [&[usize]; 3] = [&[], &[0], &[1, 2]];
        assert_eq!(chosen(&[30, 33, 34]), expected);
        let expected: [&[usize]; 3] = [&[], &[], &[0, 1, 2]];
        assert_eq!(chosen(&[30, 33, 31]), expected);
    }

    #[test]
    fn each_file_numbers_its_records_and_is_read_to_its_end() {
        let read = |begins: i64| {
            let mut field = Field::new(WAIT);
            let looks: [(usize, u64, &[i64]); 5] = [
                (2, 1_024, &[61, 62]),
                (2, 24, &[50]),
                (1, 24, &[begins, 49]),
                (0, 1_024, &[3, 40]),
                (0, 24, &[1, 2]),
            ];
            for (place, (file, from, times)) in looks.into_iter().enumerate() {
                let claim = Claim {
                    place,
                    file,
                    from,
                    to: None,
                    is_first: place == 4,
                };
                field.looked(&claim, recall(times), Some(SPACING));
                while let Some((place, recall, _)) = field.next() {
                    let (marks, room) = (Marks::new(), &mut Vec::new());
                    let records = recall.choose(&marks, &mut Sketch::new(), |len| len, room);
                    field.chosen(place, records, recall);
                }
            }
            field.into_stretches()
        };
        let head = Position {
            offset: 124,
            record: 2,
        };
        let parts = parts_behind(read(40).unwrap(), 0, head);
        let told: Vec<_> = parts
            .iter()
            .map(|part| (part.file, part.from.record, part.to, part.known.is_some()))
            .collect();
        assert_eq!(
            told,
            [
                (0, 2, Some(1_024), false),
                (0, 3, None, false),
                (1, 1, None, false),
                (2, 1, Some(1_024), true),
                (2, 2, None, false),
            ]
        );
        assert_eq!(parts_behind(read(40).unwrap(), 2, head).len(), 2);
        assert!(read(39).is_none(), "before the file before it has ended");
    }

    #[test]
    fn of_records_that_lie_unlike_none_is_chosen() {
        let mut field = Field::new(WAIT);
        let claim = Claim {
            place: 0,
            file: 0,
            from: 24,
            to: None,
            is_first: true,
        };
        field.looked(&claim, recall(&[7]), None);
        assert!(field.next().is_none());
        assert_eq!(field.remembered, 0);
        assert!(field.into_stretches().unwrap()[0].known.is_none());
    }

    #[test]
    fn no_more_is_remembered_than_may_be() {
        let mut field = Field::new(WAIT);
        field.remembered = REMEMBERED;
        assert!(!field.spare().1);
        let claim = Claim {
            place: 0,
            file: 0,
            from: 1_024,
            to: None,
            is_first: false,
        };
        field.looked(&claim, recall(&[7]), Some(SPACING));
        assert!(field.next().is_none(), "nothing is known yet");
        assert_eq!((field.next, field.remembered), (1, REMEMBERED));
        field.remembered = 0;
        field.chosen = CHOSEN;
        assert!(!field.spare().1);
    }

    #[test]
    fn parts_are_known_but_for_the_one_begun_and_the_last() {
        let stretches: &[&[i64]] = &[&[1], &[2], &[3], &[4]];
        let (field, _) = seen(stretches, &[0, 1, 2, 3]);
        let head = Position {
            offset: 124,
            record: 2,
        };
        let parts = parts_behind(field.into_stretches().unwrap(), 0, head);
        let known: Vec<_> = parts
            .iter()
            .map(|part| (part.from.record, part.to, part.known.is_some()))
            .collect();
        assert_eq!(
            known,
            [
                (2, Some(1_024), false),
                (2, Some(2_024), true),
                (3, Some(3_024), true),
                (4, None, false),
            ]
        );
    }
}
