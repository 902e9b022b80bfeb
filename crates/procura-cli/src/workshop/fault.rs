//! Deliberate misbehaviour, for tests of whoever calls this server.
//!
//! **Invariant:** a call that meets a fault has no effect: the fault strikes before the tool runs.

/// A way to misbehave on a call of a tool.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum Fault {
    /// Exit with status 1, without an answer
    Die,
    /// Answer neither this message nor any later one, until the input ends
    Hang,
    /// Print a line that is not JSON in place of the answer, then go on as if nothing happened
    Garbage,
}

/// When the fault strikes, if there is one.
#[derive(Debug)]
pub(super) struct FaultPlan {
    fault: Option<Fault>,
    calls_before: u64,
}

impl FaultPlan {
    /// A plan that lets `calls_before` calls pass and strikes on the next one, once.
    pub(super) fn new(fault: Option<Fault>, calls_before: u64) -> Self {
        Self { fault, calls_before }
    }

    /// What to do to the call that has just arrived.
    pub(super) fn strike(&mut self) -> Option<Fault> {
        match self.calls_before.checked_sub(1) {
            Some(left) => {
                self.calls_before = left;
                None
            }
            None => self.fault.take(),
        }
    }
}
