//! What was verified, as data.

use procura_core::detail::{Debit, Quorum, Span};
use procura_core::json::{Object, Value};
use procura_core::proof::{Call, Chain};
use procura_core::status_list::Reference;
use procura_core::token::Token;

/// A verified call. It may happen once the `obligations` are met, and not before.
pub(crate) fn call(call: &Call, revocation: &str) -> Object {
    let demands = call.demands();
    let replay = Object::new()
        .with("key", call.replay_key().to_base64url())
        .with("until", call.proof().forgettable.as_seconds());
    let statuses = call.chain().tokens().enumerate().filter_map(status);
    let obligations = Object::new()
        .with("replay", replay)
        .with("debits", demands.debits.iter().map(debit).collect::<Vec<_>>())
        .with("approvals", demands.quorums.iter().map(quorum).collect::<Vec<_>>())
        .with("status", statuses.collect::<Vec<_>>())
        .with("revocation", revocation);
    chain(call.chain())
        .with("tool", call.request().tool.as_str())
        .with("args_hash", call.arguments_hash().to_base64url())
        .with("pop_jti", call.proof().id.as_str())
        .with("obligations", obligations)
}

/// The principal and every hop.
pub(crate) fn chain(chain: &Chain) -> Object {
    Object::new()
        .with("principal", chain.root().principal.clone())
        .with("signer_jkt", chain.signer().to_string())
        .with("hops", chain.tokens().map(hop).collect::<Vec<_>>())
}

/// One token's facts, under the names of its claims.
pub(crate) fn hop(token: &Token) -> Object {
    Object::new()
        .with("iss", token.issuer.as_str())
        .with("client_id", token.client_id.clone())
        .with("jkt", token.key.thumbprint().to_string())
        .with("jti", token.id.as_str())
        .with("hash", token.hash.to_base64url())
        .with("iat", token.issued.as_seconds())
        .with("exp", token.expires.as_seconds())
}

fn status((hop, token): (usize, &Token)) -> Option<Object> {
    let Reference { uri, index } = token.status.as_ref()?;
    Some(
        Object::new()
            .with("hop", number(hop))
            .with("uri", uri.as_str())
            .with("idx", number(*index)),
    )
}

fn debit(debit: &Debit) -> Object {
    let Debit { account, key, span, limit, amount } = debit;
    let (name, seconds) = match span {
        Span::Lifetime => ("lifetime", None),
        Span::Subtree => ("subtree", None),
        Span::Rate(seconds) => ("rate", Some(*seconds)),
    };
    Object::new()
        .with("account", account.to_base64url())
        .with("key", key.as_str())
        .with("span", name)
        .with("seconds", seconds)
        .with("limit", number(limit.get()))
        .with("amount", number(amount.get()))
}

fn quorum(quorum: &Quorum) -> Object {
    let Quorum { count, by, max_age } = quorum;
    Object::new().with("count", number(*count)).with("by", by.clone()).with("max_age", *max_age)
}

/// A number of the core; one beyond 2^53 - 1 makes the answer unwritable, and so a refusal.
fn number(count: impl TryInto<i64>) -> Value {
    count.try_into().unwrap_or(i64::MAX).into()
}
