//! One change of the directory: read, signed, made durable, put in force.
//!
//! **Invariant:** what a change was decided on is what it changes. A directory
//! that became another one meanwhile makes it fail, and nothing is lost.

use std::sync::Arc;

use procura_core::directory::Directory;
use procura_core::hash::Digest;
use procura_core::json::Object;

use crate::admin::{AdminError, Administrator};
use crate::engine::{Engine, Trust};
use crate::event::revision;
use crate::port::{Change, CommitError, Draft, Guard, StoredDirectory, Write};

/// The only change under way; no other begins before this is dropped.
pub(crate) struct Changing<'a> {
    engine: &'a Engine,
    trust: Arc<Trust>,
    by: Option<&'a Administrator>,
    _only: tokio::sync::MutexGuard<'a, ()>,
}

/// Dropped before its end, it leaves the engine in doubt: the caller of the
/// change went away, and nobody here learns what became of it.
struct Doubt<'a> {
    engine: &'a Engine,
    is_over: bool,
}

impl Doubt<'_> {
    /// What became of the change is known.
    fn end(mut self) {
        self.is_over = true;
        self.engine.set_doubt(false);
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.engine.set_doubt(true);
        }
    }
}

impl Engine {
    /// Begins a change that `by` asked for; nobody asks for the very first one.
    pub(crate) async fn begin_change<'a>(
        &'a self,
        by: Option<&'a Administrator>,
    ) -> Result<Changing<'a>, AdminError> {
        let only = self.changing().lock().await;
        let trust = self.current_trust()?;
        by.map_or(Ok(()), |by| by.require_still(&trust))?;
        Ok(Changing { engine: self, trust, by, _only: only })
    }
}

impl Changing<'_> {
    /// What is changed.
    pub(crate) fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Signs the next directory and makes it durable, together with its event.
    pub(crate) async fn commit(
        self,
        kind: &'static str,
        event: &Object,
        change: impl FnOnce(&mut Directory),
    ) -> Result<(), AdminError> {
        let engine = self.engine;
        let (next, write) = self.write(kind, event, change)?;
        let doubt = Doubt { engine, is_over: false };
        let committed = engine.store().commit(write).await;
        match &committed {
            Ok(_) => engine.replace_trust(next),
            Err(CommitError::Conflict) => engine.refresh()?,
            Err(
                CommitError::Replayed | CommitError::ApprovalUsed | CommitError::ApprovalDecided,
            ) => {}
            // A store that failed may have written it all the same.
            Err(CommitError::Store(_)) => return Ok(committed.map(drop)?),
        }
        doubt.end();
        Ok(committed.map(drop)?)
    }

    fn write(
        &self,
        kind: &'static str,
        event: &Object,
        change: impl FnOnce(&mut Directory),
    ) -> Result<(Directory, Write), AdminError> {
        let Self { engine, trust, by, _only } = self;
        let now = engine.clock().now();
        let (next, statement) = trust.directory.succeed(now, engine.authority(), change);
        let mut guards = vec![Guard::DirectoryIs { sequence: trust.directory.sequence() }];
        guards.extend(by.map(|by| by.guard(now)).transpose()?);
        let id = engine.ids().uuid()?;
        let mut body = engine.event(&id, kind);
        for (name, value) in event.iter() {
            body.set(name, value.clone());
        }
        if let Some(by) = by {
            body.set("by", by.principal());
        }
        // The log names the directory, so that an older one cannot take its place.
        body.set("directory", Digest::of(statement.as_bytes()).to_base64url())
            .set("data_rev", revision(next.sequence()));
        let stored = StoredDirectory { sequence: next.sequence(), statement };
        let changes = vec![Change::Directory(stored)];
        let write = Write { guards, changes, events: vec![Draft { id, kind, body }] };
        Ok((next, write))
    }
}
