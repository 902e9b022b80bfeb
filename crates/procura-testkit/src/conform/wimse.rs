//! The examples of the WIMSE drafts: an identity token, a proof, and signed
//! messages, each folded and unfolded.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use procura_core::{
    http_signature::{HttpMessage, check_content_digest},
    key::{NamedKey, VerifyingKey},
    limits,
    proof::{Domain, PresentedWit, WorkloadRules, WptRules, verify_wit},
    time::Timestamp,
    workload::Tokens,
};

use super::http_text::{Signed, Text, public_key, response, unfolded, verdict};
use super::{Answer, Case, Verdict};

/// Judges the files of the folder at `path`.
pub(super) fn run(path: &Path) -> anyhow::Result<Vec<Case>> {
    let mut names: Vec<String> = fs::read_dir(path)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<anyhow::Result<_>>()?;
    names.retain(|name| name != "SOURCE");
    names.sort();
    let case = |name: String| {
        let verdict = verdict(judge(path, &name));
        Case { name, verdict }
    };
    let mut cases: Vec<Case> = names.into_iter().map(case).collect();
    for name in ["sigs-request.txt", "sigs-response.txt"] {
        cases.push(Case { name: format!("{name}: its identity token"), verdict: unknown_issuer() });
    }
    Ok(cases)
}

/// The key that signed those two is in no file of the set and not in the draft.
fn unknown_issuer() -> Verdict {
    Verdict::NotApplicable("the key of its issuer is not published".into())
}

fn judge(folder: &Path, name: &str) -> anyhow::Result<Verdict> {
    let text = |name: &str| {
        let text = fs::read_to_string(folder.join(name));
        text.with_context(|| format!("cannot read `{name}`"))
    };
    if let Some(plain) = name.strip_suffix(".out") {
        let (folded, plain) = (unfolded(&text(name)?), text(plain)?);
        return Ok(accepted_if(folded.trim() == plain.trim()));
    }
    match name {
        "wit.txt" => Ok(accepted_if(wit(text(name)?.trim()).is_ok())),
        "wit-header.txt" => {
            let header = text(name)?;
            let field = header.trim().strip_prefix("Workload-Identity-Token: ");
            Ok(accepted_if(wit(field.context("another field")?).is_ok()))
        }
        "wpt.txt" => {
            let request = Text::parse(&text("wpt-request.txt")?)?;
            proof(&request, text(name)?.trim())
        }
        "wpt-request.txt" => {
            let request = Text::parse(&text(name)?)?;
            let wpt = request.field("workload-proof-token").context("no proof")?.to_owned();
            proof(&request, &wpt)
        }
        "sigs-svca-jwk.txt" | "sigs-svcb-jwk.txt" => {
            Ok(accepted_if(public_key(&text(name)?)?.is_some()))
        }
        "sigs-request.txt" => {
            request(&Text::parse(&text(name)?)?, &key(&text("sigs-svca-jwk.txt")?)?)
        }
        "sigs-response.txt" => answer(
            &Text::parse(&text(name)?)?,
            &Text::parse(&text("sigs-request.txt")?)?,
            &key(&text("sigs-svcb-jwk.txt")?)?,
        ),
        _ => bail!("a file of an unknown kind"),
    }
}

fn accepted_if(truth: bool) -> Verdict {
    let found = if truth { Answer::Accepted } else { Answer::Refused };
    Verdict::compare(Answer::Accepted, found)
}

fn key(jwk: &str) -> anyhow::Result<VerifyingKey> {
    public_key(jwk)?.context("the key is RSA")
}

/// draft-ietf-wimse-workload-creds, "Example Identity Server Key".
const ISSUER: &str = r#"{"kty":"EC","kid":"June 5","crv":"P-256",
    "x":"kXqnA2Op7hgd4zRMbw0iFcc_hDxUxhojxOFVGjE2gks",
    "y":"n__VndPMR021-59UAs0b9qDTFT-EZtT6xSNs_xFskLo"}"#;
/// Shortly before the proof ends, and while the token is good.
const NOW: Timestamp = Timestamp::from_seconds(1_745_510_000);

fn wit(text: &str) -> anyhow::Result<PresentedWit> {
    let keys = vec![NamedKey { id: "June 5".into(), key: key(ISSUER)? }];
    let domains = [Domain { name: "example.com".into(), issuer: None, keys }];
    let max_lifetime = limits::WORKLOAD_TOKEN_LIFETIME;
    Ok(verify_wit(text, &WorkloadRules { domains: &domains, max_lifetime, now: NOW })?)
}

/// The proof, for the request that it came with.
fn proof(request: &Text, wpt: &str) -> anyhow::Result<Verdict> {
    let token = request.field("workload-identity-token").context("no identity token")?;
    let access = request.field("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let path = request.start.split(' ').nth(1).context("no target")?;
    let host = request.field("host").context("no host")?;
    let audience = format!("https://{host}{path}");
    let tokens = Tokens { access, ..Tokens::default() };
    let rules = WptRules { audience: &audience, tokens, nonce: None, action: None, now: NOW };
    Ok(Verdict::compare(Answer::Accepted, wit(token)?.with_wpt(wpt, &rules).into()))
}

fn request(text: &Text, key: &VerifyingKey) -> anyhow::Result<Verdict> {
    let fields = text.fields();
    let request = text.request(&fields)?;
    let found = Signed::of(text)?.check(&HttpMessage::Request(&request), key)?;
    Ok(Verdict::compare(Answer::Accepted, found))
}

fn answer(text: &Text, asked: &Text, key: &VerifyingKey) -> anyhow::Result<Verdict> {
    let (asked_fields, fields) = (asked.fields(), text.fields());
    let request = asked.request(&asked_fields)?;
    let response = response(text, &fields, &request)?;
    let digest = text.field("content-digest").context("no digest")?;
    check_content_digest(digest, text.body.trim_end_matches('\n').as_bytes())
        .or_else(|_| check_content_digest(digest, text.body.as_bytes()))?;
    let found = Signed::of(text)?.check(&HttpMessage::Response(&response), key)?;
    Ok(Verdict::compare(Answer::Accepted, found))
}
