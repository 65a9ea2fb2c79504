//! Judging beside reading: [`Folding`], a thread to which the resets go that have settled.

use crate::analyzer::{Analyzer, Docket, Judge};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};

/// The judge of an analysis at work in a thread of its own.
pub struct Folding<'scope> {
    hand: SyncSender<Docket>,
    /// What is done with. It is let go of in the thread that has made it: elsewhere each would wait for the other, as both ask one allocator for it.
    spent: Receiver<Docket>,
    thread: ScopedJoinHandle<'scope, Judge>,
}

impl<'scope> Folding<'scope> {
    /// Lets the judge of `analyzer` work.
    pub fn start<'env>(scope: &'scope Scope<'scope, 'env>, analyzer: &mut Analyzer) -> Self {
        let mut judge = analyzer.lend_judge();
        let (hand, cases) = sync_channel::<Docket>(AHEAD);
        let (back, spent) = channel();
        let thread = scope.spawn(move || {
            for docket in cases {
                judge.fold_all(&docket);
                // Who has handed over his last does not listen any more.
                let _ = back.send(docket);
            }
            judge
        });
        Self {
            hand,
            spent,
            thread,
        }
    }

    /// Hands over what has settled, when it is worth the way.
    pub fn feed(&self, analyzer: &mut Analyzer) {
        if analyzer.settled() >= WORTH {
            self.hand_over(analyzer);
        }
    }

    fn hand_over(&self, analyzer: &mut Analyzer) {
        self.spent.try_iter().for_each(drop);
        let mut docket = analyzer.hand_over();
        loop {
            match self.hand.try_send(docket) {
                Err(TrySendError::Full(back)) => docket = back,
                // A judge that does not listen any more has panicked, which is told when it is waited for.
                Ok(()) | Err(TrySendError::Disconnected(_)) => return,
            }
            if !docket.prepare_one() {
                let _ = self.hand.send(docket);
                return;
            }
        }
    }

    /// Settles what is open, for no record will follow; waits until all is folded, and gives the judge back.
    pub fn end(self, analyzer: &mut Analyzer) {
        while analyzer.settle_some(WORTH_AT_END) {
            self.hand_over(analyzer);
        }
        self.hand_over(analyzer);
        drop(self.hand);
        match self.thread.join() {
            Ok(judge) => analyzer.take_back(judge),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// Cases that are handed over at once; chosen: some hundred microseconds of work.
const WORTH: usize = 64;
/// The same when nothing else is done any more, and both are to be done at the same time; chosen.
const WORTH_AT_END: usize = 16;
/// Batches of these that may wait; chosen: few, for a case in full takes some kilobytes.
const AHEAD: usize = 4;
