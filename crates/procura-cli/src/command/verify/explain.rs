//! Says what a refused chain or call lacks, beside the refusal.

use procura_core::detail::Manifest;
use procura_core::explain::{self, Gap};
use procura_core::json::Object;
use procura_core::proof::{Anchor, verify_chain};
use procura_core::refusal::Refusal;
use procura_core::token::Token;

use super::chain::{Question, rules};
use super::verdict::Finding;
use crate::command::inspect::safe;

/// What is lacking, where the refusal is for want of authority.
pub(super) fn gaps(
    question: &Question,
    refusal: &Refusal,
    (anchors, audience): (&[Anchor], &str),
) -> Vec<Gap> {
    match (refusal.step, &question.call, refusal.hop) {
        ("6b" | "P5", Some(call), _) => {
            let tokens: Vec<&str> = question.tokens.iter().map(String::as_str).collect();
            let chain = verify_chain(&tokens, &rules(anchors, audience, question.now));
            chain.map_or(Vec::new(), |chain| explain::gaps(chain.get(), call, Manifest::empty()))
        }
        ("4p1" | "4p2" | "4p3" | "4p4" | "P4", _, Some(hop)) => {
            let token = |hop: usize| question.tokens.get(hop).and_then(|t| Token::read(t).ok());
            let above = hop.checked_sub(1).and_then(token);
            let both = above.zip(token(hop));
            both.map_or(Vec::new(), |(above, own)| explain::link_gaps(&above, &own, hop))
        }
        _ => Vec::new(),
    }
}

/// The finding with the gaps: a sentence each, and as data.
pub(super) fn added(mut finding: Finding, gaps: &[Gap]) -> Finding {
    for gap in gaps {
        finding.human.push('\n');
        finding.human.push_str(&safe::text(&gap.to_sentence()));
    }
    let data: Vec<Object> = gaps.iter().map(Gap::to_object).collect();
    finding.json.set("gaps", data);
    finding
}
