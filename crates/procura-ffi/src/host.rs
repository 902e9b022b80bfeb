//! The host does the arithmetic of signatures, in as many rounds as it takes.
//!
//! **Invariant:** while a signature that was looked at has no verdict, the answer
//! is `signature_unchecked`, whatever was found without it. That a note of
//! revocation could not be read as signed must not let a call through.
//!
//! A verdict is bound to key, signature and message by their digest, which is
//! computed anew in each round: it can be forgotten, and not be moved.

use std::cell::RefCell;
use std::collections::BTreeMap;

use procura_core::hash::Digest;
use procura_core::json::{self, Object, Value};
use procura_core::jws::Compact;
use procura_core::key::{Arithmetic, PublicKey, RawCheck};
use procura_core::{base64url, token};

use crate::LIST_ITEMS;
use crate::failure::Failure;
use crate::members::{Members, wrong};

/// The verdicts of the host, and what it has to be asked.
pub(crate) struct Host {
    verdicts: BTreeMap<String, bool>,
    open: RefCell<BTreeMap<String, Object>>,
}

/// Runs `work` with the host's arithmetic if the request has `signatures`, else with
/// our own. `texts` are the compact tokens and proof that go with each other, to
/// foresee what the next round would ask.
pub(crate) fn run(
    request: &mut Members,
    texts: &[&str],
    work: impl FnOnce(Arithmetic<'_>) -> Result<Object, Failure>,
) -> Result<Object, Failure> {
    let Some(verdicts) = request.optional("signatures") else {
        return work(Arithmetic::OWN);
    };
    let host = Host::parse(&verdicts)?;
    let holds = |raw: &RawCheck<'_>| host.holds(raw);
    let answer = work(Arithmetic::dangerous_host(&holds));
    if host.open.borrow().is_empty() {
        return answer;
    }
    host.foresee(texts);
    Err(Failure::unchecked(host.open.into_inner().into_values().collect()))
}

impl Host {
    fn parse(verdicts: &Value) -> Result<Self, Failure> {
        let object = verdicts.as_object().ok_or_else(|| wrong("signatures"))?;
        if object.len() > LIST_ITEMS {
            return Err(Failure::too_large("there are too many verdicts"));
        }
        let one = |(id, verdict): (&str, &Value)| Some((id.to_owned(), verdict.as_bool()?));
        let verdicts = object.iter().map(one).collect::<Option<_>>();
        let verdicts = verdicts.ok_or_else(|| wrong("signatures"))?;
        Ok(Self { verdicts, open: RefCell::default() })
    }

    /// The host's verdict; where there is none, a question, and no.
    fn holds(&self, raw: &RawCheck<'_>) -> bool {
        let id = identity(raw);
        if let Some(verdict) = self.verdicts.get(&id) {
            return *verdict;
        }
        let question = Object::new()
            .with("id", id.as_str())
            .with("key", base64url::encode(raw.key().as_bytes()))
            .with("message", base64url::encode(raw.message()))
            .with("signature", base64url::encode(raw.signature()));
        self.open.borrow_mut().insert(id, question);
        false
    }

    /// Asks in this round what following rounds would: whether the key that a token
    /// names signed the text after it. It decides nothing.
    fn foresee(&self, texts: &[&str]) {
        for (above, text) in texts.iter().zip(texts.iter().skip(1)) {
            let Some((message, signature)) = text.rsplit_once('.') else { continue };
            let signature = base64url::decode(signature).unwrap_or_default();
            if let Some(key) = claimed_key(above)
                && let Ok(raw) = key.precheck(message.as_bytes(), &signature)
            {
                self.holds(&raw);
            }
        }
    }
}

/// The lengths before the message are fixed, so no two triples are hashed as one.
fn identity(raw: &RawCheck<'_>) -> String {
    let parts = [PURPOSE, raw.key().as_bytes(), raw.signature(), raw.message()];
    Digest::of(&parts.concat()).to_base64url()
}

const PURPOSE: &[u8] = b"procura-signature-check/v1\n";

/// The key that a token names as its holder's, whoever signed it.
fn claimed_key(text: &str) -> Option<PublicKey> {
    let compact = Compact::parse(text).ok()?;
    let claims = json::parse_object(compact.payload()).ok()?;
    let jwk = claims.get("cnf")?.as_object()?.get("jwk")?.as_object()?;
    token::parse_jwk(jwk).ok()
}
