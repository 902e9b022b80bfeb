//! What a chain leaves to somebody who is not here: lists, sums and people.

use procura_core::approval;
use procura_core::detail::Manifest;
use procura_core::directory::Directory;
use procura_core::refusal::Outcome;
use procura_policy::Effect;

use super::chain::{Question, Shown};

/// What is open, and why; nothing if the chain leaves nothing open, or if the
/// approvals that came with the call close it.
pub(super) fn left_open(
    question: &Question,
    shown: &Shown,
    directory: &Directory,
) -> Option<(Outcome, &'static str)> {
    let chain = shown.chain.get();
    if chain.tokens().any(|token| token.status.is_some()) {
        let reason = "a delegation names a status list, which is not read here";
        return Some((Outcome::StatusUnknown, reason));
    }
    let call = question.call.as_ref()?;
    // It was held before; should it not be, nothing is proved of it.
    let Ok(demands) = chain.demands(call, Manifest::empty()) else {
        return Some((Outcome::ScopeNotGranted, "the chain does not hold the call"));
    };
    if !demands.debits.is_empty() {
        let reason = "the chain limits a sum over several calls, which is not kept here";
        return Some((Outcome::BudgetUnknown, reason));
    }
    if demands.quorums.is_empty() {
        return None;
    }
    let Some(call) = &shown.call else {
        let reason = "the chain asks for the approval of people, who approve a call with its proof";
        return Some((Outcome::ApprovalRequired, reason));
    };
    let texts = question.approvals.iter();
    let approvals: Vec<_> = texts
        .filter_map(|text| approval::verify_about(text, call.get(), directory, question.now).ok())
        .collect();
    let need = approval::Need::of(call.get(), &Effect::Allow);
    let is_met = need.is_some_and(|need| need.is_met(&approvals, question.now));
    let reason = "the chain asks for the approval of people, and not enough came with the call";
    (!is_met).then_some((Outcome::ApprovalRequired, reason))
}
