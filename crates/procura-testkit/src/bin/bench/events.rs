//! Durable events per second against what raw SQLite makes durable.

use std::sync::Arc;
use std::time::Instant;

use procura_core::json::Object;
use procura_engine::port::{Draft, Store as _, Write};
use procura_store::open::OpenMode;
use procura_store::sqlite::Sqlite;

use crate::measure::Row;

const EVENTS: usize = 20_000;
const BATCH: usize = 256;
const ROUNDS: usize = 3;

/// `events.durable`: many writers at a time. Floor: raw SQLite, batches of 256,
/// same columns, same durability.
pub(crate) fn rows() -> anyhow::Result<Vec<Row>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (mut best, mut floor) = (0.0_f64, 0.0_f64);
    for _ in 0..ROUNDS {
        floor = floor.max(raw()?);
        best = best.max(runtime.block_on(stored())?);
    }
    Ok(vec![Row { name: "events.durable", unit: "events/s", value: best, floor }])
}

fn rate(begun: Instant) -> f64 {
    let events = u32::try_from(EVENTS).unwrap_or(u32::MAX);
    f64::from(events) / begun.elapsed().as_secs_f64()
}

/// An event as large as that of a call under a chain of three.
fn body(number: usize) -> Object {
    let hop = |name: &str| {
        Object::new()
            .with("jti", "019471f8-0000-7000-8000-000000000011")
            .with("jkt", "aVBtapLd11SUVKIMGJfPzOEDuN0sXcmzJQNVT-_sKEU")
            .with("client_id", format!("spiffe://procura.test/agent/{name}"))
    };
    Object::new()
        .with("id", format!("event-{number}"))
        .with("kind", "call.allowed")
        .with("principal", "user:alice")
        .with("chain", vec![hop("planner"), hop("coder"), hop("instance")])
        .with("args_digest", "n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg")
        .with("target", "mcp:web/write_file")
}

async fn stored() -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(Sqlite::open(folder.path(), OpenMode::Create)?);
    let begun = Instant::now();
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..BATCH {
        let store = Arc::clone(&store);
        writers.spawn(async move {
            for number in (writer..EVENTS).step_by(BATCH) {
                let id = format!("event-{number}");
                let events = vec![Draft { id, kind: "call.allowed", body: body(number) }];
                store.commit(Write { events, ..Write::default() }).await?;
            }
            Ok::<(), procura_engine::port::CommitError>(())
        });
    }
    while let Some(written) = writers.join_next().await {
        written??;
    }
    Ok(rate(begun))
}

fn raw() -> anyhow::Result<f64> {
    let folder = tempfile::tempdir()?;
    let mut db = rusqlite::Connection::open(folder.path().join("raw.db"))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch(
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, body BLOB NOT NULL, leaf BLOB NOT NULL) STRICT",
    )?;
    let begun = Instant::now();
    for batch in 0..EVENTS.div_ceil(BATCH) {
        let transaction = db.transaction()?;
        {
            let mut insert = transaction
                .prepare_cached("INSERT INTO events VALUES (?1, ?2, 'call.allowed', ?3, ?4)")?;
            for number in (batch.saturating_mul(BATCH)..EVENTS).take(BATCH) {
                let text = body(number).to_canonical()?;
                let leaf = procura_merkle::hash::leaf_hash(text.as_bytes());
                let seq = i64::try_from(number)?;
                let id = format!("event-{number}");
                insert.execute((seq, id, text.as_bytes(), leaf.as_bytes()))?;
            }
        }
        transaction.commit()?;
    }
    Ok(rate(begun))
}
