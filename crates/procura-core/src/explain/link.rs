//! What a token would need to have been derived as it was.

use alloc::vec::Vec;

use super::{Dimension, Gap, UNPLACED, Widening, join};
use crate::constraint::Constraint;
use crate::detail::{AgentDelegation, Ceiling, Scope};
use crate::token::Token;
use crate::tools::{Argument, Arguments, Presence};

/// Everything in which `child`, the token at `hop`, is wider than `parent`.
///
/// `asked` is what the child holds, `held` what the parent does, and the widening
/// is a change of the parent.
pub fn link_gaps(parent: &Token, child: &Token, hop: usize) -> Vec<Gap> {
    let mut found = Vec::new();
    for (tool, arguments) in child.tools.iter() {
        match parent.tools.get(tool) {
            Some(above) => found.extend(argument_gaps(tool, above, arguments)),
            None => found.push(Gap {
                asked: Some(tool.into()),
                held: Some(parent.tools.iter().map(|(name, _)| name).collect::<Vec<_>>().into()),
                widening: Some(Widening::Tool(tool.into(), arguments.clone())),
                ..Gap::new(Dimension::Tool)
            }),
        }
    }
    if let Some(above) = &parent.detail {
        let nothing = AgentDelegation::default();
        found.extend(detail_gaps(above, child.detail.as_ref().unwrap_or(&nothing)));
    }
    for gap in found.iter_mut().filter(|gap| gap.hop == UNPLACED) {
        gap.hop = hop;
    }
    found
}

/// The arguments whose rule is wider than above, or that need not be there any more.
fn argument_gaps(tool: &str, above: &Arguments, own: &Arguments) -> Vec<Gap> {
    let is_named = |name: &str| own.named().any(|(other, _)| other == name);
    let is_opened = above.rest().is_none() || above.named().any(|(name, _)| !is_named(name));
    if own.rest().is_some() && is_opened {
        return alloc::vec![opened(tool, above, own)];
    }
    let mut names: Vec<&str> = above.named().chain(own.named()).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names.into_iter().filter_map(|name| argument_gap(tool, name, above, own)).collect()
}

/// A child that allows other arguments than the token above names.
fn opened(tool: &str, above: &Arguments, own: &Arguments) -> Gap {
    let mut wider = Arguments::any();
    for (name, argument) in own.named() {
        // What is named nowhere above falls under the rest there, unless that is closed.
        let held = above.rule(name).cloned();
        let constraint =
            held.map_or(argument.constraint.clone(), |held| join(&held, &argument.constraint));
        let is_kept = above.named().any(|(other, _)| other == name) || above.rest().is_none();
        if is_kept {
            wider.insert(name, Argument { presence: Presence::Optional, constraint });
        }
    }
    Gap {
        asked: Some(own.to_object().into()),
        held: Some(above.to_object().into()),
        widening: Some(Widening::Tool(tool.into(), wider)),
        ..Gap::new(Dimension::Tool)
    }
}

fn argument_gap(tool: &str, name: &str, above: &Arguments, own: &Arguments) -> Option<Gap> {
    let rule = |side: &Arguments| side.rule(name).cloned();
    let presence = |side: &Arguments| {
        let named = side.named().find(|(other, _)| *other == name);
        named.map_or(Presence::Optional, |(_, argument)| argument.presence)
    };
    let (held, asked) = (rule(above), rule(own));
    let is_missing = presence(above) == Presence::Required && presence(own) == Presence::Optional;
    let is_within = match (&asked, &held) {
        (Some(asked), Some(held)) => asked.is_within(held),
        (None, _) => true,
        (Some(_), None) => false,
    };
    if is_within && !is_missing {
        return None;
    }
    let constraint = match (&held, &asked) {
        (Some(held), Some(asked)) => join(held, asked),
        (one, other) => one.clone().or(other.clone()).unwrap_or(Constraint::Wildcard),
    };
    let presence = if is_missing { Presence::Optional } else { presence(above) };
    let data = |rule: Option<Constraint>| rule.map(|rule| rule.to_object().into());
    Some(Gap {
        asked: data(asked),
        held: data(held),
        widening: Some(Widening::Argument(
            tool.into(),
            name.into(),
            Argument { presence, constraint },
        )),
        ..Gap::new(Dimension::Argument(name.into()))
    })
}

fn detail_gaps(above: &AgentDelegation, own: &AgentDelegation) -> Vec<Gap> {
    let beyond = own.scopes().iter().filter(|scope| !above.scopes().covers(scope));
    let held: Vec<&str> = above.scopes().iter().map(Scope::as_str).collect();
    let scopes = beyond.map(|scope| Gap {
        asked: Some(scope.as_str().into()),
        held: Some(held.clone().into()),
        widening: Some(Widening::Scope(scope.clone())),
        ..Gap::new(Dimension::Scope)
    });
    let ceilings = above.ceilings().filter_map(|ceiling| {
        let kind = ceiling.rule().type_name();
        let asked = own.get(ceiling.key(), kind);
        if asked.is_some_and(|asked| asked.is_within(ceiling)) {
            return None;
        }
        Some(Gap {
            asked: asked.map(|asked| asked.to_object().into()),
            held: Some(ceiling.to_object().into()),
            // The child's own is the smallest that it is within, if one above both exists.
            widening: asked
                .filter(|asked| ceiling.is_within(asked))
                .cloned()
                .map(|asked: Ceiling| Widening::Ceiling(asked)),
            ..Gap::new(Dimension::Ceiling(ceiling.key().into(), kind.into()))
        })
    });
    scopes.chain(ceilings).collect()
}
