use procura_core::proof::{Call, Verified};

fn forge(call: Call) -> Verified<Call> {
    Verified(call)
}

fn main() {}
