//! Appendix B of RFC 9421: signature bases, signatures, and messages that were
//! transformed on their way.
//!
//! **Invariant:** a base is compared as text, and a signature is verified over
//! the base that is made here from the message.

use std::{fs, path::Path};

use anyhow::Context;
use procura_core::{
    http_signature::{HttpMessage, check_content_digest, signature_base},
    key::VerifyingKey,
};
use serde_json::Value;

use super::http_text::{Block, Signed, Text, blocks, keys, response, verdict};
use super::{Answer, Case, Verdict};

/// Judges the cases of the folder at `path`: `appendix-b.json` and `appendix-b.md`.
pub(super) fn run(path: &Path) -> anyhow::Result<Vec<Case>> {
    let json: Value = serde_json::from_slice(&fs::read(path.join("appendix-b.json"))?)?;
    let markdown = fs::read_to_string(path.join("appendix-b.md"))?;
    let blocks = blocks(&markdown);
    let keys = keys(&blocks)?;
    let messages = json.get("messages").context("no `messages`")?;
    let listed = json.get("cases").and_then(Value::as_array).context("no `cases`")?;
    let mut cases = Vec::new();
    for case in listed {
        let name = text(case, "name")?;
        let base = verdict(judge_base(case, messages));
        cases.push(Case { name: format!("{name}: base"), verdict: base });
        let signature = verdict(judge_signature(case, &keys));
        cases.push(Case { name: format!("{name}: signature"), verdict: signature });
    }
    let printed = blocks.iter().filter(|block| is_signed_message(block));
    cases.extend(printed.enumerate().map(|(at, block)| Case {
        name: format!("printed message {at}"),
        verdict: verdict(judge_message(block, &keys)),
    }));
    Ok(cases)
}

fn text<'a>(case: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    case.get(name).and_then(Value::as_str).with_context(|| format!("no proper `{name}`"))
}

fn judge_base(case: &Value, messages: &Value) -> anyhow::Result<Verdict> {
    let expected = text(case, "signature_base")?;
    let signed = Signed::find(text(case, "signature_input")?, text(case, "signature")?)?;
    let request = printed(messages, "test-request")?;
    let request_fields = request.fields();
    let request = request.request(&request_fields)?;
    let base = if expected.starts_with("\"@status\"") {
        let answer = corrected(printed(messages, "test-response")?, expected)?;
        let fields = answer.fields();
        let answer = response(&answer, &fields, &request)?;
        signature_base(&HttpMessage::Response(&answer), &signed.input)?
    } else {
        signature_base(&HttpMessage::Request(&request), &signed.input)?
    };
    Ok(if base == expected {
        Verdict::Passed
    } else {
        Verdict::Failed(format!("the base is {base:?}"))
    })
}

fn printed(messages: &Value, name: &str) -> anyhow::Result<Text> {
    let mut message = Text::parse(text(messages, name)?)?;
    // The line break at the end is not counted by `Content-Length`.
    message.body = message.body.trim_end_matches('\n').into();
    Ok(message)
}

/// The response as it was signed. Its printed `Content-Digest` is not that of its
/// body; the one in the base is, which is checked before it is put in.
fn corrected(mut message: Text, base: &str) -> anyhow::Result<Text> {
    let lines = base.lines().find_map(|line| line.strip_prefix("\"content-digest\": "));
    let digest = lines.context("the base has no digest")?;
    check_content_digest(digest, message.body.as_bytes())?;
    message.set("content-digest", digest);
    Ok(message)
}

fn judge_signature(case: &Value, keys: &[(String, VerifyingKey)]) -> anyhow::Result<Verdict> {
    let signed = Signed::find(text(case, "signature_input")?, text(case, "signature")?)?;
    let Some(key) = key(keys, signed.key_id()?) else {
        let why = "its key is RSA or a shared secret, and neither is supported";
        return Ok(Verdict::NotApplicable(why.into()));
    };
    let base = text(case, "signature_base")?;
    let found = Answer::from(key.verify(base.as_bytes(), &signed.bytes));
    Ok(Verdict::compare(Answer::Accepted, found))
}

fn key<'a>(keys: &'a [(String, VerifyingKey)], id: &str) -> Option<&'a VerifyingKey> {
    keys.iter().find(|(other, _)| other == id).map(|(_, key)| key)
}

/// A request with a first line and a signature.
fn is_signed_message(block: &Block) -> bool {
    block.text.contains(" HTTP/1.1\n") && block.text.contains("\nSignature-Input: ")
}

/// The text before a message says if its signature does not hold any more.
fn judge_message(block: &Block, keys: &[(String, VerifyingKey)]) -> anyhow::Result<Verdict> {
    let is_broken = block.before.contains("NOT still valid");
    let expected = if is_broken { Answer::Refused } else { Answer::Accepted };
    let message = Text::parse(&block.text)?;
    let signed = Signed::of(&message)?;
    let key = key(keys, signed.key_id()?).context("the key is not in the text")?;
    let fields = message.fields();
    let request = message.request(&fields)?;
    Ok(Verdict::compare(expected, signed.check(&HttpMessage::Request(&request), key)?))
}
