//! Who waits for which answer.
//!
//! **Invariant:** an id is given out once, and each is settled once: by its
//! answer, by the end of the server, or by nobody once its caller gave up.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::failure::UpstreamError;
use super::forward::Reply;

/// An answer, or why there is none.
pub(super) type Outcome = Result<Reply, UpstreamError>;

/// The calls that one server has not answered.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    // Owned by whoever holds the guard, never across an `.await`.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    last: i64,
    calls: HashMap<i64, Call>,
    abandoned: usize,
    ended: Option<UpstreamError>,
}

#[derive(Debug)]
enum Call {
    Awaited(oneshot::Sender<Outcome>),
    /// Its caller gave up; a late answer is no surprise.
    Abandoned,
}

/// Whether the server can still be believed to answer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Patience {
    /// It can.
    Left,
    /// Too many calls were given up.
    Over,
}

/// An answer to a question that was not asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct NotAsked;

impl Waiting {
    /// A fresh id, and where its answer will be.
    pub(super) fn register(&self) -> Result<(i64, oneshot::Receiver<Outcome>), UpstreamError> {
        let mut state = self.state();
        if let Some(reason) = state.ended {
            return Err(reason);
        }
        let (sender, receiver) = oneshot::channel();
        state.last = state.last.saturating_add(1);
        let id = state.last;
        state.calls.insert(id, Call::Awaited(sender));
        Ok((id, receiver))
    }

    /// Hands an answer to its caller.
    pub(super) fn settle(&self, id: i64, reply: Reply) -> Result<(), NotAsked> {
        let mut state = self.state();
        match state.calls.remove(&id) {
            Some(Call::Awaited(sender)) => {
                let _gone = sender.send(Ok(reply));
                Ok(())
            }
            Some(Call::Abandoned) => {
                state.abandoned = state.abandoned.saturating_sub(1);
                Ok(())
            }
            None => Err(NotAsked),
        }
    }

    /// Nobody waits for this answer any more.
    pub(super) fn abandon(&self, id: i64) -> Patience {
        let mut state = self.state();
        if let Some(call) = state.calls.get_mut(&id) {
            *call = Call::Abandoned;
            state.abandoned = state.abandoned.saturating_add(1);
        }
        if state.abandoned > ABANDONED { Patience::Over } else { Patience::Left }
    }

    /// The server has ended: everybody is told, and whoever comes later. The first reason stays.
    pub(super) fn end(&self, reason: UpstreamError) {
        let mut state = self.state();
        let reason = *state.ended.get_or_insert(reason);
        for (_, call) in state.calls.drain() {
            if let Call::Awaited(sender) = call {
                let _gone = sender.send(Err(reason));
            }
        }
    }

    /// Why the server has ended, if it has.
    pub(super) fn ended(&self) -> Option<UpstreamError> {
        self.state().ended
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many calls may be given up before the server counts as broken.
const ABANDONED: usize = 64;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::{ABANDONED, NotAsked, Patience, Reply, UpstreamError, Waiting};

    fn reply() -> Reply {
        Reply::Result("{}".into())
    }

    #[test]
    fn an_answer_reaches_its_own_caller() {
        let waiting = Waiting::default();
        let (first, mut one) = waiting.register().unwrap();
        let (second, mut two) = waiting.register().unwrap();
        assert_ne!(first, second);
        waiting.settle(second, reply()).unwrap();
        assert_eq!(two.try_recv().unwrap(), Ok(reply()));
        assert!(one.try_recv().is_err());
    }

    #[test]
    fn an_answer_counts_once_and_only_if_it_was_asked_for() {
        let waiting = Waiting::default();
        assert_eq!(waiting.settle(1, reply()), Err(NotAsked));
        let (id, _receiver) = waiting.register().unwrap();
        waiting.settle(id, reply()).unwrap();
        assert_eq!(waiting.settle(id, reply()), Err(NotAsked));
    }

    #[test]
    fn a_late_answer_is_no_surprise() {
        let waiting = Waiting::default();
        let (id, _receiver) = waiting.register().unwrap();
        assert_eq!(waiting.abandon(id), Patience::Left);
        waiting.settle(id, reply()).unwrap();
    }

    #[test]
    fn patience_with_a_server_that_never_answers_ends() {
        let waiting = Waiting::default();
        for _ in 0..ABANDONED {
            assert_eq!(waiting.abandon(waiting.register().unwrap().0), Patience::Left);
        }
        assert_eq!(waiting.abandon(waiting.register().unwrap().0), Patience::Over);
    }

    #[test]
    fn the_end_is_told_to_everybody_and_its_first_reason_stays() {
        let waiting = Waiting::default();
        let (_, mut receiver) = waiting.register().unwrap();
        waiting.end(UpstreamError::Broken);
        waiting.end(UpstreamError::Died);
        assert_eq!(receiver.try_recv().unwrap(), Err(UpstreamError::Broken));
        assert_eq!(waiting.register().err(), Some(UpstreamError::Broken));
        assert_eq!(waiting.ended(), Some(UpstreamError::Broken));
    }
}
