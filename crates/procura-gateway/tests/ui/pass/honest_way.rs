use std::sync::Arc;

use procura_core::json::Object;
use procura_engine::authorize::{Attempt, NotAllowed};
use procura_engine::engine::Engine;
use procura_gateway::upstream::{Forwarded, Slot, Stdio, forward};

async fn decide_record_forward(
    engine: &Engine,
    attempt: &Attempt,
    (upstream, slot): (&Arc<Stdio>, Slot),
) -> Result<Forwarded, NotAllowed> {
    let recorded = engine.authorize(attempt).await?;
    Ok(forward(recorded, upstream, Object::new(), slot).await)
}

fn main() {
    let _compiles = decide_record_forward;
}
