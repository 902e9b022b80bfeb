//! Makes decisions durable. What is durable may leave; nothing else may.
//!
//! **Invariant:** [`Recorded`] has one mint, [`Engine::record`], after the
//! store said that the event is durable together with the replay mark and the
//! use of the approval.

use procura_core::decide::Permit;
use procura_core::json::Object;
use procura_core::proof::{Call, Verified};

use crate::engine::Engine;
use crate::event::{CallFacts, Source};
use crate::port::{CommitError, Draft, Entry, Guard, Write};

/// A permit whose event is durable. It is used up by the call it allows.
#[derive(Debug)]
pub struct Recorded {
    call: Verified<Call>,
    entry: Entry,
}

/// A call on its way: what is left of a [`Recorded`] once it was used up.
#[derive(Debug)]
pub struct Underway {
    tool: String,
    entry: Entry,
}

/// A moment in the life of a process.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Moment {
    /// It serves from now on.
    Started,
    /// It serves no more.
    Stopped,
}

/// What became of a call after it left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallEnd {
    /// The upstream answered with a result.
    Done,
    /// The upstream answered with an error of the tool or the protocol.
    Failed,
    /// No answer came in time; whether it ran is not known.
    TimedOut,
    /// The upstream broke off, or answered what is not MCP.
    Broken,
}

impl CallEnd {
    /// The code in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Broken => "broken",
        }
    }
}

impl Recorded {
    /// The call that may leave.
    pub fn call(&self) -> &Call {
        self.call.get()
    }

    /// Its place in the log.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Uses it up: the call, which now leaves, and what is needed to record its end.
    pub fn spend(self) -> (Verified<Call>, Underway) {
        let tool = self.call.get().request().tool.clone();
        (self.call, Underway { tool, entry: self.entry })
    }
}

impl Underway {
    /// The place of the decision in the log.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }
}

impl Engine {
    /// Makes `permit` durable. If this fails its call must not leave.
    pub async fn record(&self, permit: Permit, source: &Source) -> Result<Recorded, NotRecorded> {
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let now = self.clock().now();
        let proof = permit.call().proof();
        let forgettable = proof.forgettable;
        let mut guards = vec![
            Guard::Unused { key: permit.call().replay_key(), expires: forgettable },
            // A revocation that was committed since the decision voids it.
            Guard::DirectoryIs { sequence: permit.directory() },
        ];
        if let Some(approval) = permit.approval() {
            guards.push(Guard::UseApproval { id: approval.into(), now });
        }
        let facts = CallFacts {
            source,
            call: permit.call(),
            verdict: permit.verdict(),
            directory: permit.directory(),
            approval: permit.approval(),
        };
        let events = vec![self.permit_event(&id, &facts)];
        let committed = self.store().commit(Write { guards, changes: Vec::new(), events }).await;
        let entry = committed.map_err(NotRecorded::from)?.entries.pop();
        let entry = entry.ok_or(NotRecorded::Unavailable)?;
        if self.clock().now() > forgettable {
            // It waited for so long that the mark of an earlier use may be forgotten.
            return Err(NotRecorded::Unavailable);
        }
        Ok(Recorded { call: permit.spend(), entry })
    }

    /// Records how a call ended. The decision is durable already; this is a second event.
    pub async fn finish(&self, underway: Underway, end: CallEnd) -> Result<Entry, NotRecorded> {
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let body = self
            .event(&id, "call.ended")
            .with("call", underway.entry.id.as_str())
            .with("target", underway.tool.as_str())
            .with("end", end.as_str());
        self.append(id, "call.ended", body).await
    }

    /// Records that this process began to serve, or ended.
    pub async fn announce(&self, moment: Moment) -> Result<Entry, NotRecorded> {
        let id = self.ids().uuid().map_err(|_| NotRecorded::Unavailable)?;
        let kind = match moment {
            Moment::Started => "server.started",
            Moment::Stopped => {
                self.record_last_floods().await;
                "server.stopped"
            }
        };
        let revision = self.policy().revision().as_str();
        let body = self.event(&id, kind).with("policy_rev", revision);
        self.append(id, kind, body).await
    }

    /// Commits one event that has no guards and changes nothing.
    pub(crate) async fn append(
        &self,
        id: String,
        kind: &'static str,
        body: Object,
    ) -> Result<Entry, NotRecorded> {
        let events = vec![Draft { id, kind, body }];
        let write = Write { guards: Vec::new(), changes: Vec::new(), events };
        let mut committed = self.store().commit(write).await?;
        committed.entries.pop().ok_or(NotRecorded::Unavailable)
    }
}

/// Why a decision is not durable, so that its call must not leave.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NotRecorded {
    /// The proof was used before.
    #[error("the proof was used before")]
    Replayed,
    /// The approval was used, or is over.
    #[error("the approval cannot be used")]
    ApprovalUsed,
    /// The directory changed since the decision; decide again.
    #[error("the directory changed meanwhile")]
    Outdated,
    /// The log cannot be written.
    #[error("the log cannot be written")]
    Unavailable,
}

impl From<CommitError> for NotRecorded {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Replayed => Self::Replayed,
            CommitError::ApprovalUsed | CommitError::ApprovalDecided => Self::ApprovalUsed,
            CommitError::Conflict => Self::Outdated,
            CommitError::Store(error) => {
                let cause: &dyn std::error::Error = &error;
                tracing::error!(error = cause, "the log cannot be written");
                Self::Unavailable
            }
        }
    }
}
