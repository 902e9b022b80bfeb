use procura_core::json::Object;
use procura_core::proof::{Call, Verified};

fn swap(call: &mut Verified<Call>, arguments: Object) {
    call.get().request().arguments = arguments;
}

fn main() {}
