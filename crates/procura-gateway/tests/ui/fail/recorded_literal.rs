use procura_core::proof::{Call, Verified};
use procura_engine::port::Entry;
use procura_engine::record::Recorded;

fn forge(call: Verified<Call>, entry: Entry) -> Recorded {
    Recorded { call, entry }
}

fn main() {}
