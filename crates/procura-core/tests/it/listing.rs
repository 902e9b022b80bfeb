//! Listings: a holder asks which tools it holds.

use procura_core::{
    proof::{Requirement, Rules, verify_listing},
    time::Seconds,
};
use procura_testkit::world;

use crate::call::{Scene, outcome};
use crate::forge::reproved;

const LIST: &str = "tools/list";

fn list(proof: &str, rules: &Rules<'_>) -> (&'static str, &'static str) {
    outcome(verify_listing(&Scene::new().chain(rules), proof, LIST, rules))
}

#[test]
fn a_holder_may_ask_which_tools_it_holds() {
    let scene = Scene::new();
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let proof = world::proof(&scene.chain[1], "coder", LIST, &world::object("{}"));
    let listing = verify_listing(&scene.chain(&rules), &proof, LIST, &rules).unwrap();
    let tools: Vec<&str> =
        listing.get().chain().leaf().tools.iter().map(|(tool, _)| tool).collect();
    assert_eq!(tools, ["read", "write"]);
}

#[test]
fn a_proof_for_a_listing_is_for_nothing_else() {
    let scene = Scene::new();
    let anchors = world::anchors(&["alice"]);
    let rules = world::rules(&anchors);
    let empty = world::object("{}");
    let good = world::proof(&scene.chain[1], "coder", LIST, &empty);
    assert_eq!(list(&good, &rules), ("ok", ""));
    let call = world::proof(&scene.chain[1], "coder", "write", &empty);
    assert_eq!(list(&call, &rules), ("holder_binding_failed", "7e"));
    assert_eq!(list(&reproved(&good, "mallory", |_| {}), &rules), ("holder_binding_failed", "7b"));
    let arguments = reproved(&good, "coder", |claims| {
        claims.set("hta", world::object(r#"{"a":1}"#));
    });
    assert_eq!(list(&arguments, &rules), ("holder_binding_failed", "7f"));
    let mut asking = rules.clone();
    asking.nonce = Some("n-1");
    assert_eq!(list(&good, &asking), ("nonce_required", "7h"));
    asking = rules.clone();
    asking.now = world::NOW.plus(Seconds::new(31));
    assert_eq!(list(&good, &asking), ("expired", "7g"));
    asking.now = world::NOW.plus(Seconds::new(3600));
    let refused = verify_listing(&scene.chain(&rules), &good, LIST, &asking);
    assert_eq!(outcome(refused), ("expired", "3e"));
    asking = rules.clone();
    asking.chain_audience = Requirement::Required;
    assert_eq!(list(&good, &asking), ("audience_mismatch", "6c"));
}
