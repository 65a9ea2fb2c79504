use super::*;
use crate::capture::bytes::ByteOrder;
use crate::capture::testfile::Writer;
use std::fs;

/// A pcap file whose records were captured at these seconds.
fn file(seconds: &[u32]) -> Vec<u8> {
    let mut file = Writer::new(ByteOrder::Little);
    file.u32(0xa1b2_c3d4)
        .u16(2)
        .u16(4)
        .raw(&[0; 8])
        .u32(96)
        .u32(101);
    for second in seconds {
        file.u32(*second).u32(0).u32(1).u32(1).raw(&[0]);
    }
    file.bytes
}

fn source(bytes: Vec<u8>, index: u16) -> FileSource {
    FileSource::from_reader(
        index.to_string(),
        index,
        Box::new(std::io::Cursor::new(bytes)),
    )
    .unwrap()
}

type Given = Vec<(u16, u64)>;

/// Source and number of each record, and the sources that stopped.
fn drain(mut merge: Merge) -> (Given, Vec<(String, u64)>) {
    let (mut given, mut stopped) = (Vec::new(), Vec::new());
    while let Some(next) = merge.next() {
        match next {
            Ok(record) => given.push((record.id.source(), record.id.number())),
            Err(end) => stopped.push((end.error.file, end.records)),
        }
    }
    assert!(merge.next().is_none());
    (given, stopped)
}

fn merged(files: &[&[u32]]) -> Vec<(u16, u64)> {
    let mut merge = Merge::new();
    for (index, seconds) in (0..).zip(files) {
        merge.add(source(file(seconds), index), index);
    }
    let (given, stopped) = drain(merge);
    assert!(stopped.is_empty());
    given
}

#[test]
fn pieces_are_put_in_order_by_their_first_records() {
    assert_eq!(
        merged(&[&[5, 6], &[1, 2], &[3, 4]]),
        [(1, 1), (1, 2), (2, 1), (2, 2), (0, 1), (0, 2)]
    );
}

#[test]
fn pieces_that_overlap_are_merged_by_time_and_ties_go_to_the_first_given() {
    assert_eq!(
        merged(&[&[1, 3, 5], &[1, 2, 5, 6], &[]]),
        [(0, 1), (1, 1), (1, 2), (0, 2), (0, 3), (1, 3), (1, 4)]
    );
}

#[test]
fn a_piece_that_begins_when_another_ends_comes_after_it() {
    assert_eq!(
        merged(&[&[3, 4], &[1, 3]]),
        [(1, 1), (1, 2), (0, 1), (0, 2)]
    );
}

#[test]
fn a_piece_with_disordered_times_keeps_its_own_order() {
    assert_eq!(
        merged(&[&[4, 1, 6], &[2, 5]]),
        [(1, 1), (0, 1), (0, 2), (1, 2), (0, 3)]
    );
}

#[test]
fn a_cut_piece_is_news_and_the_others_go_on() {
    let mut cut = file(&[1, 3]);
    cut.truncate(cut.len() - 1);
    let header = file(&[])[..].to_vec();
    let mut only_cut = header.clone();
    only_cut.push(0);
    let mut merge = Merge::new();
    for (index, bytes) in (0..).zip([cut, file(&[2, 4]), only_cut]) {
        merge.add(source(bytes, index), index);
    }
    let infos = |merge: &Merge| {
        merge
            .infos()
            .map(|(_, info)| info.records)
            .collect::<Vec<_>>()
    };
    assert_eq!(infos(&merge), [0, 0, 0]);
    let (given, stopped) = drain(merge);
    assert_eq!(given, [(0, 1), (1, 1), (1, 2)]);
    assert_eq!(stopped, [("2".to_owned(), 0), ("0".to_owned(), 1)]);
}

#[test]
fn many_files_are_not_open_at_once() {
    let folder = std::env::temp_dir().join(format!("rstscope-merge-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let count = u32::try_from(OPEN_AT_ONCE).unwrap() + 10;
    let mut merge = Merge::new();
    for index in 0..count {
        let path = folder.join(format!("{index}.pcap"));
        // The last given are the first captured.
        fs::write(&path, file(&[1000 - 10 * index, 1001 - 10 * index])).unwrap();
        merge
            .add_file(&path, u16::try_from(index).unwrap())
            .unwrap();
    }
    let mut given = Vec::new();
    while let Some(next) = merge.next() {
        given.push(next.unwrap().id.source());
        let open = merge
            .pieces
            .iter()
            .filter(|piece| matches!(piece.state, State::Open { .. }));
        assert!(open.count() <= 1);
    }
    let expected: Vec<u16> = (0..u16::try_from(count).unwrap())
        .rev()
        .flat_map(|index| [index, index])
        .collect();
    assert_eq!(given, expected);
    assert!(
        merge
            .infos()
            .all(|(_, info)| info.complete && info.records == 2)
    );
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn files_are_told_in_the_order_of_their_first_records_and_can_be_merged_still() {
    let written = |seconds: &[u32]| {
        let named = tempfile::NamedTempFile::new().unwrap();
        fs::write(named.path(), file(seconds)).unwrap();
        named
    };
    let pieces: Vec<_> = [&[5, 6][..], &[], &[1, 7], &[5]].map(written).into();
    let merge = || {
        let mut merge = Merge::new();
        for (index, piece) in (0..).zip(&pieces) {
            merge.add_file(piece.path(), index).unwrap();
        }
        merge
    };
    let mut asked = merge();
    let files = asked.files().unwrap();
    let indexes: Vec<_> = files.iter().map(|file| file.index).collect();
    assert_eq!(indexes, [2, 0, 3], "the empty one has none");
    assert!(files.iter().all(|file| file.open().is_ok()));
    assert_eq!(drain(asked), drain(merge()));
    let mut begun = merge();
    assert!(begun.next().is_some());
    assert_eq!(begun.files(), None);
    let mut with_pipe = merge();
    with_pipe.add(source(file(&[9]), 4), 4);
    assert_eq!(with_pipe.files(), None);
    assert_eq!(drain(with_pipe).0.len(), 6);
    fs::write(pieces[3].path(), [&file(&[])[..], &[0xff; 99]].concat()).unwrap();
    let mut damaged = merge();
    assert_eq!(damaged.files(), None);
    assert_eq!(
        drain(damaged).1.len(),
        1,
        "that one is damaged is still told"
    );
}
