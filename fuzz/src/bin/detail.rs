//! Scopes and ceilings: two details and an action's quantities, a line each.
//!
//! Seeds: detail+detail+scope+quantities, child+parent+scope+quantities
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    detail::{Action, AgentDelegation, Scope},
    hash::Digest,
};
use procura_fuzz::{lines, object};

fn read(text: &str) -> Option<AgentDelegation> {
    AgentDelegation::parse(&object(text)?).ok()
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Some(one) = read(text.lines().next().unwrap_or_default()) else { return };
    let written = AgentDelegation::parse(&one.to_object()).expect("what is written reads");
    assert_eq!(written, one);
    assert!(one.check_within(&one).is_ok());
    let Some([_, other, scope, quantities]) = lines(data) else { return };
    let (Some(other), Some(quantities)) = (read(other), object(quantities)) else { return };
    let action = Action { scope: Scope::parse(scope), quantities };
    let lets = |held: &AgentDelegation| held.check_action("t", &action, &Digest::of(b""));
    if one.check_within(&other).is_ok()
        && let Ok(own) = lets(&one)
    {
        let above = lets(&other).expect("the parent lets through what the child lets through");
        assert!(own.debits.len() >= above.debits.len());
        assert!(own.quorums.len() >= above.quorums.len());
    }
    let Ok(meet) = one.meet(&other) else { return };
    assert!(meet.check_within(&one).is_ok() && meet.check_within(&other).is_ok());
    if lets(&meet).is_ok() {
        assert!(lets(&one).is_ok() && lets(&other).is_ok());
        assert!(!meet.is_empty());
    }
});
