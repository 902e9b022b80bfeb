//! Web Bot Auth: the vectors of an implementation, and those of the draft.
//!
//! **Invariant:** each signature is judged twice, as a signature of its message
//! and under the rules of [`verify_web_bot`]; of a vector that predates the
//! current form of `Signature-Agent`, or has none, the rules want nothing.

use std::{fs, path::Path};

use anyhow::{Context, bail};
use procura_core::{
    http_signature::{HttpMessage, check_content_digest, signature_base},
    key::VerifyingKey,
    proof::{BotAgent, WebBotRules, verify_web_bot},
    structured_field::{Bare, Dictionary, Member},
    target::Target,
    time::{Seconds, Timestamp},
};
use serde_json::Value;

use super::http_text::{Block, Signed, Text, blocks, public_key, response, rsa, verdict};
use super::{Answer, Case, Verdict};

/// Judges the JSON files under `test_data` in the folder at `path`.
pub(super) fn run(path: &Path) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut files: Vec<_> = fs::read_dir(path.join("test_data"))?.collect::<Result<Vec<_>, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        let set: Value = serde_json::from_slice(&fs::read(file.path())?)?;
        let vectors = set.as_array().with_context(|| format!("`{name}` is not a list"))?;
        for (at, vector) in vectors.iter().enumerate() {
            cases.extend(judge(&format!("{name} {at}"), vector));
        }
    }
    Ok(cases)
}

/// Tells the kinds of vectors apart by their members.
fn judge(name: &str, vector: &Value) -> Vec<Case> {
    let case = |what: &str, verdict| Case { name: format!("{name}{what}"), verdict };
    if vector.get("signature_input").is_some() {
        let as_signature = verdict(judge_signature(vector));
        let as_bot = verdict(judge_bot(vector));
        return vec![case(": signature", as_signature), case(": rules", as_bot)];
    }
    if vector.get("entries").is_some() {
        return vec![case("", verdict(judge_agents(vector)))];
    }
    if vector.get("card").is_some() || vector.get("registry_txt").is_some() {
        let why = "finding keys is not verifying: cards and registries are not read here";
        return vec![case("", Verdict::NotApplicable(why.into()))];
    }
    vec![case("", Verdict::Failed("a vector of an unknown kind".into()))]
}

fn member<'a>(vector: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    vector.get(name).and_then(Value::as_str).with_context(|| format!("no proper `{name}`"))
}

/// The request of a vector.
fn request(vector: &Value) -> anyhow::Result<Text> {
    let target = Target::parse(member(vector, "target_url")?).context("no target")?;
    let host = target.origin().trim_start_matches("https://");
    let mut text = Text { start: format!("GET {} HTTP/1.1", target.path()), ..Text::default() };
    text.set("host", host);
    text.set("signature-input", member(vector, "signature_input")?);
    text.set("signature", member(vector, "signature")?);
    if vector.get("signature_agent").is_some() {
        text.set("signature-agent", member(vector, "signature_agent")?);
    }
    Ok(text)
}

fn key(vector: &Value) -> anyhow::Result<Option<VerifyingKey>> {
    public_key(&vector.get("key").context("no `key`")?.to_string())
}

fn judge_signature(vector: &Value) -> anyhow::Result<Verdict> {
    let Some(key) = key(vector)? else { return Ok(rsa()) };
    Ok(Verdict::compare(Answer::Accepted, signature(&request(vector)?, &key)?))
}

fn signature(text: &Text, key: &VerifyingKey) -> anyhow::Result<Answer> {
    let fields = text.fields();
    let request = text.request(&fields)?;
    Signed::of(text)?.check(&HttpMessage::Request(&request), key)
}

fn judge_bot(vector: &Value) -> anyhow::Result<Verdict> {
    let Some(key) = key(vector)? else { return Ok(rsa()) };
    let created = vector.get("created_ms").and_then(Value::as_i64).context("no `created_ms`")?;
    bot(&request(vector)?, key, Timestamp::from_seconds(created.div_euclid(1000)))
}

/// Under the rules: accepted exactly if the agent is named in the current form. The
/// vectors are good for decades, which no site would allow; here it is.
fn bot(text: &Text, key: VerifyingKey, now: Timestamp) -> anyhow::Result<Verdict> {
    let is_current = text.field("signature-agent").is_some_and(|agent| !agent.starts_with('"'));
    let expected = if is_current { Answer::Accepted } else { Answer::Refused };
    let agents = [BotAgent { identifier: AGENT.into(), keys: vec![key] }];
    let rules = WebBotRules { agents: &agents, max_lifetime: Seconds::new(u32::MAX), now };
    let fields = text.fields();
    let found = verify_web_bot(&text.request(&fields)?, &rules);
    Ok(Verdict::compare(expected, found.into()))
}

/// Where the agent of the vectors has its keys.
const AGENT: &str = "https://signature-agent.test/.well-known/http-message-signatures-directory";

/// Whether the members of the field are those that the vector lists.
fn judge_agents(vector: &Value) -> anyhow::Result<Verdict> {
    let agents = Dictionary::parse(member(vector, "header")?)?;
    let entries = vector.get("entries").and_then(Value::as_array).context("no `entries`")?;
    let mut same = agents.len() == entries.len();
    for entry in entries {
        let Some(Member::Item(agent)) = agents.get(member(entry, "label")?) else {
            bail!("there is no such member");
        };
        let kind = match agent.parameters.get("type") {
            None => "directory",
            Some(Bare::Token(kind)) => kind,
            Some(_) => bail!("the type is no token"),
        };
        same &= agent.as_string() == Some(member(entry, "uri")?);
        same &= kind == member(entry, "type")?;
    }
    let found = if same { Answer::Accepted } else { Answer::Refused };
    Ok(Verdict::compare(Answer::Accepted, found))
}

/// Judges the examples in `test-vectors.md` in the folder at `path`.
pub(super) fn run_draft(path: &Path) -> anyhow::Result<Vec<Case>> {
    let markdown = fs::read_to_string(path.join("test-vectors.md"))?;
    let blocks = blocks(&markdown);
    let key = &published(&blocks)?;
    let mut cases = Vec::new();
    let (mut base, mut body) = ("", "");
    for block in &blocks {
        if block.text.starts_with("{\"keys\"") {
            body = block.text.trim_end();
        } else if block.text.contains("\"@signature-params\":") {
            base = block.text.trim_end();
        } else if block.text.contains("Signature-Input: ") {
            cases.extend(example(cases.len(), block, (base, body), key));
        }
    }
    Ok(cases)
}

/// The key in the directory of one of the examples, which the others use too.
fn published(blocks: &[Block]) -> anyhow::Result<VerifyingKey> {
    let directory = blocks.iter().find(|block| block.text.starts_with("{\"keys\""));
    let directory = directory.context("there is no directory in the text")?;
    let directory: Value = serde_json::from_str(&directory.text)?;
    let key = directory.get("keys").and_then(|keys| keys.get(0)).context("no key")?;
    public_key(&key.to_string())?.context("the key is RSA")
}

/// One example: its base, its signature, and the rules.
fn example(at: usize, block: &Block, (base, body): (&str, &str), key: &VerifyingKey) -> Vec<Case> {
    let case = |what: &str, result| Case {
        name: format!("example {at}: {what}"),
        verdict: verdict(result),
    };
    if base.contains(";req") {
        return vec![case("directory", directory(block, (base, body), key))];
    }
    let text = Text::parse(&block.text).map(|mut text| {
        text.start = "GET /path/to/resource HTTP/1.1".into();
        text.set("host", "example.com");
        text
    });
    let Ok(text) = text else {
        return vec![case("text", Err(anyhow::anyhow!("the block has no fields")))];
    };
    let is_rsa = base.contains("alg=\"rsa-pss-sha512\"");
    let created = Timestamp::from_seconds(1_735_689_600);
    let signed = if is_rsa {
        [Ok(rsa()), Ok(rsa())]
    } else {
        let accepted = |found| Verdict::compare(Answer::Accepted, found);
        [signature(&text, key).map(accepted), bot(&text, key.clone(), created)]
    };
    let [as_signature, as_bot] = signed;
    vec![
        case("base", same_base(&text, base)),
        case("signature", as_signature),
        case("rules", as_bot),
    ]
}

fn same_base(text: &Text, expected: &str) -> anyhow::Result<Verdict> {
    let fields = text.fields();
    let request = text.request(&fields)?;
    let base = signature_base(&HttpMessage::Request(&request), &Signed::of(text)?.input)?;
    Ok(compared(&base, expected))
}

fn compared(base: &str, expected: &str) -> Verdict {
    if base == expected {
        Verdict::Passed
    } else {
        Verdict::Failed(format!("the base is {base:?}"))
    }
}

/// The directory that signs its own response: base, signature and digest.
fn directory(
    block: &Block,
    (expected, body): (&str, &str),
    key: &VerifyingKey,
) -> anyhow::Result<Verdict> {
    let mut answer = Text::parse(&block.text)?;
    answer.start = "HTTP/1.1 200 OK".into();
    let mut asked = Text { start: "GET / HTTP/1.1".into(), ..Text::default() };
    asked.set("host", "signature-agent.test");
    let (asked_fields, answer_fields) = (asked.fields(), answer.fields());
    let request = asked.request(&asked_fields)?;
    let response = response(&answer, &answer_fields, &request)?;
    let message = HttpMessage::Response(&response);
    let signed = Signed::of(&answer)?;
    let digest = answer.field("content-digest").context("no digest")?;
    check_content_digest(digest, body.as_bytes())?;
    let base = signature_base(&message, &signed.input)?;
    if base != expected {
        return Ok(compared(&base, expected));
    }
    Ok(Verdict::compare(Answer::Accepted, signed.check(&message, key)?))
}
