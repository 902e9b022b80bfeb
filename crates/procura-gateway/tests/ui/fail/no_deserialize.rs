use procura_core::decide::Permit;
use procura_core::proof::{Call, Verified};
use procura_engine::record::Recorded;
use serde::{Deserialize, Deserializer};

fn verified<'de>(text: impl Deserializer<'de>) {
    let _forged = Verified::<Call>::deserialize(text);
}

fn permit<'de>(text: impl Deserializer<'de>) {
    let _forged = Permit::deserialize(text);
}

fn recorded<'de>(text: impl Deserializer<'de>) {
    let _forged = Recorded::deserialize(text);
}

fn main() {}
