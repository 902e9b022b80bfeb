use std::sync::Arc;

use procura_core::json::Object;
use procura_engine::record::Recorded;
use procura_gateway::upstream::{Slot, Stdio, forward};

async fn twice(recorded: Recorded, upstream: &Arc<Stdio>, slots: (Slot, Slot)) {
    forward(recorded, upstream, Object::new(), slots.0).await;
    forward(recorded, upstream, Object::new(), slots.1).await;
}

fn main() {}
