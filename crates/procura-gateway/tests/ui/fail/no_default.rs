use procura_core::decide::Permit;
use procura_core::proof::{Call, Verified};
use procura_engine::record::Recorded;

fn forge() -> (Verified<Call>, Permit, Recorded) {
    (Verified::default(), Permit::default(), Recorded::default())
}

fn main() {}
