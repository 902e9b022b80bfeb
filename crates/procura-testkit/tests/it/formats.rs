//! The pages of `docs/formats` tell the truth: their JSON is strict, their
//! examples are what the engine really writes, their digests come out.
//! `UPDATE_EXPECT=1` redraws the events.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use procura_core::hash::Digest;
use procura_core::json::{self, Object, Value};
use procura_core::status_list::{Bits, Reference, Status, StatusList, Statuses};
use procura_core::time::Seconds;
use procura_merkle::hash::leaf_hash;
use procura_testkit::world;

use super::story;

#[test]
fn every_json_example_of_the_formats_parses_strictly() {
    let mut examples = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).unwrap();
        for example in blocks(&text, "json") {
            let parsed = json::parse(example.as_bytes());
            assert!(parsed.is_ok(), "{}: {parsed:?} in\n{example}", page.display());
            examples += 1;
        }
    }
    assert!(examples > 10, "only {examples} examples were found");
}

#[test]
fn a_duplicate_member_in_an_example_would_be_noticed() {
    assert!(json::parse(br#"{"a": 1, "a": 2}"#).is_err());
}

#[test]
fn the_example_events_are_what_the_engine_writes() {
    let text = page("event.md");
    let drawn = redraw(&text, &story::tell().events);
    assert!(blocks(&drawn, "json").count() >= 3, "the page has examples");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(formats().join("event.md"), &drawn).unwrap();
    } else {
        assert_eq!(text, drawn, "run the test again with UPDATE_EXPECT=1");
    }
}

#[test]
fn every_kind_and_every_member_of_an_event_is_described() {
    let text = page("event.md");
    for event in story::tell().events {
        let kind = kind(&event);
        assert!(text.contains(&format!("`{kind}`")), "`{kind}` is missing");
        for name in members(&json::parse_object(event.as_bytes()).unwrap()) {
            assert!(text.contains(&format!("`{name}`")), "`{name}` of `{kind}` is missing");
        }
    }
}

#[test]
fn the_example_directory_is_what_the_engine_signs() {
    let text = page("directory.md");
    let example = blocks(&text, "json").next().unwrap();
    let made = story::tell().directory.to_canonical().unwrap();
    assert_eq!(canonical(&example), made);
}

#[test]
fn the_example_approval_is_what_an_approver_signs() {
    let text = page("approval.md");
    let told = story::tell();
    let claims = story::claims_of(&told.decision).to_canonical().unwrap();
    let example = blocks(&text, "json").next().unwrap();
    assert_eq!(canonical(&example), claims);
    let compact = text_block(&text, 1).replace('\n', "");
    assert_eq!(compact, told.decision);
}

#[test]
fn the_approval_digest_comes_out_as_the_page_says() {
    let text = page("approval.md");
    let hashed = text_block(&text, 0);
    let told = story::tell();
    let claims = story::claims_of(&told.decision);
    let claim = |name| claims.get(name).and_then(Value::as_str).unwrap();
    // Built a second time, from the page's own words and not from the core.
    let line = |name| Digest::of(claim(name).as_bytes()).to_base64url();
    let built = format!(
        "procura-approval/v1\n{}\n{}\n{}\n{}\n",
        claim("aat_hash"),
        line("aat_tool"),
        claim("args_hash"),
        line("policy"),
    );
    assert_eq!(hashed, built);
    let digest = Digest::of(hashed.as_bytes()).to_base64url();
    assert_eq!(digest, claim("digest"));
    assert_eq!(digest, told.subject.digest().to_base64url());
    assert!(text.contains(&digest), "the page does not say {digest}");
}

#[test]
fn another_argument_gives_another_digest() {
    let told = story::tell();
    let other =
        procura_core::approval::Subject { arguments: Digest::of(b"{}"), ..told.subject.clone() };
    assert_ne!(other.digest(), told.subject.digest());
}

#[test]
fn the_example_status_list_is_what_its_issuer_signs() {
    let text = page("status-list.md");
    let examples: Vec<String> = blocks(&text, "json").collect();
    let reference = Reference::parse(&world::object(&examples[0])).unwrap().unwrap();
    let mut statuses = Statuses::new(Bits::Two, 16).unwrap();
    statuses.set(2, Status::Invalid).unwrap();
    statuses.set(reference.index, Status::Suspended).unwrap();
    let list = StatusList {
        uri: reference.uri,
        statuses,
        issued: world::NOW,
        expires: Some(world::NOW.plus(Seconds::new(3600))),
        ttl: Some(Seconds::new(600)),
    };
    let signed = list.sign(&world::key("issuer"));
    assert_eq!(canonical(&examples[1]), story::claims_of(&signed).to_canonical().unwrap());
}

/// The page with each example as the event that was written in its place.
fn redraw(text: &str, events: &[String]) -> String {
    let mut drawn = text.to_owned();
    for example in blocks(text, "json") {
        let sequence = world::object(&example).get("seq").and_then(Value::as_integer).unwrap();
        let event = &events[usize::try_from(sequence).unwrap()];
        assert_eq!(kind(event), kind(&example), "event {sequence}");
        let event: serde_json::Value = serde_json::from_str(event).unwrap();
        let event = serde_json::to_string_pretty(&event).unwrap();
        drawn = drawn.replace(&example, &format!("{event}\n"));
    }
    redraw_leaf(&drawn, events)
}

/// The page with the leaf hash of the first `call.ended`, the one indented line of 64 digits.
fn redraw_leaf(text: &str, events: &[String]) -> String {
    let event = events.iter().find(|event| kind(event) == "call.ended").unwrap();
    let leaf = leaf_hash(event.as_bytes());
    let leaf: String = leaf.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let is_hash = |line: &&str| line.len() == 68 && line.starts_with("    ");
    let shown = text.lines().find(is_hash).unwrap();
    text.replace(shown, &format!("    {leaf}"))
}

/// The text of a page.
fn page(name: &str) -> String {
    std::fs::read_to_string(formats().join(name)).unwrap()
}

fn formats() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats")
}

fn pages() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(formats()).unwrap();
    let mut pages: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    pages
}

/// The fenced blocks of one language, in order, each with its last line feed.
fn blocks(text: &str, language: &str) -> impl Iterator<Item = String> {
    let opening = format!("```{language}\n");
    let after: Vec<String> = text.split(&opening).skip(1).map(Into::into).collect();
    after.into_iter().map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
}

fn text_block(text: &str, index: usize) -> String {
    blocks(text, "text").nth(index).unwrap()
}

fn canonical(text: &str) -> String {
    json::parse(text.as_bytes()).unwrap().to_canonical().unwrap()
}

fn kind(event: &str) -> String {
    let event = world::object(event);
    event.get("kind").and_then(Value::as_str).unwrap().to_owned()
}

/// Names of members, those of objects in lists included.
fn members(object: &Object) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (name, value) in object.iter() {
        names.insert(name.to_owned());
        for inner in value.as_array().unwrap_or_default() {
            names.extend(inner.as_object().map(members).unwrap_or_default());
        }
    }
    names
}
