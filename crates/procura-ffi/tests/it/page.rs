//! The examples of `docs/formats/ffi.md` are what the library answers.
//! `UPDATE_EXPECT=1` redraws them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use procura_testkit::world;
use serde_json::{Value, json};

use crate::ask::{ask, call, jwk_of, with};

/// The page's examples in their order: a request and its answer, over and over.
fn examples() -> Vec<Value> {
    let refused = with(call(), "/arguments", json!(r#"{"path":"/etc/passwd"}"#));
    let asking = with(call(), "/signatures", json!({}));
    let leaf = call()["presentation"]["aat_chain"][1].clone();
    let prove = json!({"op": "prove_input", "signer": jwk_of("coder"), "jti": "call-1",
        "leaf": leaf, "tool": "read", "arguments": call()["arguments"], "aud": world::AUDIENCE,
        "iat": world::NOW.as_seconds()});
    let proof = call()["presentation"]["aat_pop"].as_str().unwrap().to_owned();
    let (input, signature) = proof.rsplit_once('.').unwrap();
    let assemble = json!({"op": "assemble", "signing_input": input, "signature": signature,
        "signer": jwk_of("coder")});
    let first = [call(), ask(&call()), ask(&refused), ask(&asking)];
    let signing = [prove.clone(), ask(&prove), assemble.clone(), ask(&assemble)];
    first.into_iter().chain(signing).collect()
}

#[test]
fn the_examples_of_the_page_are_what_the_library_answers() {
    let text = fs::read_to_string(page()).unwrap();
    let mut drawn = String::new();
    let mut rest = text.as_str();
    for example in examples() {
        let (before, after) = rest.split_once("```json\n").unwrap();
        let (_, after) = after.split_once("```\n").unwrap();
        let example = serde_json::to_string_pretty(&example).unwrap();
        drawn += &format!("{before}```json\n{example}\n```\n");
        rest = after;
    }
    drawn += rest;
    assert!(!rest.contains("```json"), "an example is not checked");
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(page(), &drawn).unwrap();
    } else {
        assert_eq!(text, drawn, "run the test again with UPDATE_EXPECT=1");
    }
}

#[test]
fn every_operation_and_every_code_of_its_own_is_on_the_page() {
    let text = fs::read_to_string(page()).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let library = fs::read_to_string(source.join("lib.rs")).unwrap();
    let table = library.split_once("const OPERATIONS").unwrap().1.split_once("];").unwrap().0;
    let operations: Vec<&str> = table.split('"').skip(1).step_by(2).collect();
    assert_eq!(operations.len(), 14);
    for name in operations.iter().chain(&["bad_request", "unknown_operation", "internal"]) {
        assert!(text.contains(&format!("`{name}`")), "`{name}` is not described");
    }
    for limit in ["4 MiB", "1024"] {
        assert!(text.contains(limit), "{limit}");
    }
    assert_eq!((procura_ffi::INPUT_BYTES, procura_ffi::LIST_ITEMS), (4 << 20, 1024));
}

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats/ffi.md")
}
