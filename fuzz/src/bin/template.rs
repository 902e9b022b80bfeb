//! Templates, with values from the first line: what expands can be given, and says no
//! more than it does when it is read again.
//!
//! Seeds: formats/template.md
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{detail::AgentDelegation, template::Template, tools::Tools};
use procura_fuzz::{ALICE, ANCHORS};
use procura_testkit::world;

fuzz_target!(|text: &str| {
    let (value, template) = text.split_once('\n').unwrap_or(("value", text));
    let Ok(template) = Template::parse(template).or_else(|_| Template::parse(text)) else { return };
    let values: Vec<(String, String)> = template
        .parameters()
        .map(|(name, _)| (String::from(name), value.chars().take(64).collect()))
        .collect();
    let Ok(expansion) = template.expand(&values) else { return };
    let tools = expansion.tools.to_object().into();
    let read = Tools::parse(&tools).expect("what expands is read");
    assert!(read.check_within(&expansion.tools).is_ok(), "and is no more than was meant");
    if let Some(detail) = &expansion.detail {
        let read = AgentDelegation::parse(&detail.to_object()).expect("so are scopes");
        assert!(read.check_within(detail).is_ok());
    }
    let mut grant = world::grant("planner", "{}");
    (grant.tools, grant.detail) = (expansion.tools, expansion.detail);
    let root =
        procura_core::delegate::mint(&grant, "user:alice", "urn:procura:user:alice", &*ALICE);
    if let Ok(root) = root {
        let chain = procura_core::proof::verify_chain(&[&root], &world::rules(&ANCHORS));
        assert!(chain.is_ok(), "what is signed verifies: {:?}", chain.err());
    }
});
