//! Verifying a chain and what is asked under it.

use std::sync::Arc;

use procura_core::explain;
use procura_core::json::{Object, Value};
use procura_core::key::Arithmetic;
use procura_core::limits;
use procura_core::proof::{Request, Rules};
use procura_core::refusal::{Outcome, Refusal};
use procura_wire::presentation::Presentation;

use crate::answer;
use crate::failure::Failure;
use crate::host;
use crate::members::Members;
use crate::rules::{OwnedRules, Revocation, state};

/// `verify`: one call, to everything that the host still has to see to.
pub(crate) fn verify(request: &mut Members) -> Result<Object, Failure> {
    let presentation = presentation(request)?;
    let asked = asked(request)?;
    let rules = OwnedRules::take(request)?;
    let revocation = Revocation::take(request)?;
    host::run(request, &texts(&presentation), |arithmetic| {
        let rules = rules.as_rules();
        let chain = Arc::new(arithmetic.verify_chain(&tokens(&presentation.chain), &rules)?);
        let call = arithmetic.verify_call(&chain, &presentation.proof, asked, &rules)?;
        not_revoked(arithmetic, revocation.as_ref(), chain.get(), &rules)?;
        Ok(answer::call(call.get(), state(revocation.as_ref())))
    })
}

/// `verify_list`: who may see which tools.
pub(crate) fn verify_list(request: &mut Members) -> Result<Object, Failure> {
    let presentation = presentation(request)?;
    let purpose = request.text("purpose")?;
    let rules = OwnedRules::take(request)?;
    let revocation = Revocation::take(request)?;
    host::run(request, &texts(&presentation), |arithmetic| {
        let rules = rules.as_rules();
        let chain = Arc::new(arithmetic.verify_chain(&tokens(&presentation.chain), &rules)?);
        arithmetic.verify_listing(&chain, &presentation.proof, &purpose, &rules)?;
        not_revoked(arithmetic, revocation.as_ref(), chain.get(), &rules)?;
        let tools = chain.get().leaf().tools.to_object();
        Ok(answer::chain(chain.get())
            .with("tools", tools)
            .with("revocation", state(revocation.as_ref())))
    })
}

/// `explain`: what a verified chain lacks for a call. Who calls is not asked.
pub(crate) fn explain(request: &mut Members) -> Result<Object, Failure> {
    let chain = request.texts("aat_chain")?;
    let asked = asked(request)?;
    let rules = OwnedRules::take(request)?;
    host::run(request, &tokens(&chain), |arithmetic| {
        let rules = rules.as_rules();
        let chain = arithmetic.verify_chain(&tokens(&chain), &rules)?;
        let gaps = explain::gaps(chain.get(), &asked, rules.manifest);
        let refusal = chain.get().demands(&asked, rules.manifest).err().map(Failure::from);
        let refusal = refusal.and_then(|refusal| refusal.to_object().remove("error"));
        Ok(Object::new()
            .with("refusal", refusal)
            .with("gaps", gaps.iter().map(explain::Gap::to_object).collect::<Vec<_>>())
            .with("sentences", gaps.iter().map(explain::Gap::to_sentence).collect::<Vec<_>>()))
    })
}

fn presentation(request: &mut Members) -> Result<Presentation, Failure> {
    let missing = || Refusal::new(Outcome::CredentialMissing, "1", "there is no presentation");
    Ok(Presentation::parse(&request.optional("presentation").ok_or_else(missing)?)?)
}

/// The tool and its arguments, which count as far as they were written.
fn asked(request: &mut Members) -> Result<Request, Failure> {
    let tool = request.text("tool")?;
    let text = request.text("arguments")?;
    if text.len() > limits::REQUEST_BYTES {
        return Err(Failure::too_large("the arguments are too long"));
    }
    let mut arguments = Members::of(Object::new().with("arguments", Value::String(text)));
    Ok(Request { tool, arguments: arguments.written("arguments")? })
}

fn tokens(chain: &[String]) -> Vec<&str> {
    chain.iter().map(String::as_str).collect()
}

/// Tokens and proof, each signed by the key that the one before names.
fn texts(presentation: &Presentation) -> Vec<&str> {
    let proof = std::iter::once(presentation.proof.as_str());
    presentation.chain.iter().map(String::as_str).chain(proof).collect()
}

fn not_revoked(
    arithmetic: Arithmetic<'_>,
    revocation: Option<&Revocation>,
    chain: &procura_core::proof::Chain,
    rules: &Rules<'_>,
) -> Result<(), Failure> {
    revocation.map_or(Ok(()), |known| known.check(arithmetic, chain, rules.anchors))
}
