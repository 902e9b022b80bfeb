use procura_core::decide::Permit;
use procura_core::proof::{Call, Verified};
use procura_policy::Verdict;

fn forge(call: Verified<Call>, verdict: Verdict) -> Permit {
    Permit { call, approval: None, verdict, directory: 1 }
}

fn main() {}
