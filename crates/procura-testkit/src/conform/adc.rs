//! Delegation chains of ADC-02: `agent-delegation-chain`, made by attenu-guard.
//!
//! The set signs every token with one shared secret (HS256), which this product
//! never accepts. So the runner checks the secret's signature itself, in the place
//! of step 1, and asks the crate for all other steps.

use std::{fs, path::Path};

use anyhow::{Context, ensure};
use hmac::{Hmac, KeyInit, Mac};
use procura_core::{
    adc::{self, Unsigned},
    base64url,
    json::{self, Object, Value},
    refusal::{Outcome, Refusal},
    time::Timestamp,
};
use sha2::Sha256;

use super::{Case, Verdict, fields::unhex};

/// Judges every file of the folder `draft02`, and of the older one above it.
pub(super) fn run(folder: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for (part, draft) in
        [(folder.to_owned(), Draft::Older), (folder.join("draft02"), Draft::Current)]
    {
        let mut files: Vec<_> = fs::read_dir(&part)
            .with_context(|| format!("cannot read `{}`", part.display()))?
            .collect::<Result<Vec<_>, _>>()?;
        files.sort_by_key(fs::DirEntry::file_name);
        for file in files {
            if file.path().extension().is_some_and(|extension| extension == "json") {
                cases.push(judge(&file.path(), draft)?);
            }
        }
    }
    Ok(cases)
}

/// Which revision of the draft a vector was written for.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Draft {
    /// -01: another agent in `sub` at every hop, and no `client_id`.
    Older,
    /// -02.
    Current,
}

fn judge(path: &Path, draft: Draft) -> anyhow::Result<Case> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let folder = if draft == Draft::Older { "01" } else { "02" };
    let name = format!("{folder}/{stem}");
    let vector = json::parse_object(&fs::read(path)?).with_context(|| name.clone())?;
    let expected = vector.get("expect_reject_reason").and_then(Value::as_str);
    let found = verify(&vector).with_context(|| name.clone())?;
    let verdict = match (draft, expected, found) {
        (Draft::Older, None, Err(refusal)) if refusal.outcome == Outcome::Malformed => {
            let why = "valid under -01 and malformed under -02, which is the one implemented";
            Verdict::NotApplicable(why.into())
        }
        (Draft::Older, Some(_), Err(_)) | (_, None, Ok(())) => Verdict::Passed,
        (Draft::Current, Some(reason), Err(refusal)) if reason == refusal.outcome.as_str() => {
            Verdict::Passed
        }
        (_, expected, found) => {
            let expected = expected.unwrap_or("accept");
            let found = found.map_or_else(|refusal| refusal.to_string(), |()| "accepted".into());
            Verdict::Failed(format!("expected {expected}, found {found}"))
        }
    };
    Ok(Case { name, verdict })
}

/// The verdict on a vector's chain.
fn verify(vector: &Object) -> anyhow::Result<Result<(), Refusal>> {
    let tokens = vector.get("tokens").and_then(Value::as_array).context("no `tokens`")?;
    let tokens: Option<Vec<&str>> = tokens.iter().map(Value::as_str).collect();
    let tokens = tokens.context("a token is no text")?;
    ensure!(!tokens.is_empty(), "no token");
    let member = |object: &str, name: &str| {
        vector.get(object).and_then(Value::as_object).and_then(|object| object.get(name)).cloned()
    };
    let secret = member("signer", "secret_hex").context("no secret")?;
    let secret = unhex(secret.as_str().context("the secret is no text")?);
    let secret = secret.context("the secret is not hexadecimal")?;
    let algorithms = member("verifier", "accepted_algs");
    let accepts = algorithms.as_ref().and_then(Value::as_array).is_none_or(|algorithms| {
        algorithms.iter().any(|algorithm| algorithm.as_str() == Some("HS256"))
    });
    let audience = member("verifier", "audience");
    let audience = audience.as_ref().and_then(Value::as_str).unwrap_or("https://crm.example.com");
    let now = vector.get("now").and_then(Value::as_integer).context("no `now`")?;
    let unsigned = match adc::read(&tokens) {
        Ok(unsigned) => unsigned,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for (hop, (text, Unsigned { .. })) in tokens.iter().zip(&unsigned).enumerate() {
        if !accepts || !is_signed(text, &secret)? {
            let reason = "the secret's signature does not verify";
            return Ok(Err(Refusal::new(Outcome::SignatureInvalid, "A1", reason).at(hop)));
        }
    }
    let tokens = unsigned.into_iter().map(|unsigned| unsigned.token).collect();
    let checked = adc::dangerous_check_unsigned(tokens, audience, Timestamp::from_seconds(now));
    Ok(checked.map(|_| ()))
}

/// Whether HMAC-SHA256 under `secret` gives the token's signature.
fn is_signed(token: &str, secret: &[u8]) -> anyhow::Result<bool> {
    let (input, signature) = token.rsplit_once('.').context("not a compact JWS")?;
    let signature = base64url::decode(signature).context("the signature is not base64url")?;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
    mac.update(input.as_bytes());
    Ok(mac.verify_slice(&signature).is_ok())
}
