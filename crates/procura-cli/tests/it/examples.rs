//! The examples of the documents, verified with the binary as a reader would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use procura_core::base64url;
use serde_json::Value;

use crate::yard::BINARY;

fn document(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/formats");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// The blocks of a document that are marked as `language`.
fn blocks<'a>(document: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("\n```{language}\n");
    let block = |text: &'a str| text.split_once("```").unwrap().0;
    document.split(opening.as_str()).skip(1).map(block).collect()
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let path = folder.path().to_owned();
    (folder, path)
}

fn procura(folder: &Path, words: &[&str]) -> Output {
    let data = folder.join("none");
    Command::new(BINARY).current_dir(folder).arg("--data").arg(data).args(words).output().unwrap()
}

#[test]
fn the_example_of_a_delegation_verifies_and_its_claims_are_those_shown() {
    let text = document("delegation.md");
    let (_, text) = text.split_once("\n## Example\n").unwrap();
    let json = blocks(text, "json");
    let [trust, call, claims @ ..] = json.as_slice() else { panic!("the examples are gone") };
    let directory = blocks(text, "text");
    let (_kept, path) =
        folder(&[("trust.json", trust), ("call.json", call), ("directory.jwt", directory[0])]);
    let ask = |arguments: &str| {
        let output = procura(
            &path,
            &[
                "verify",
                "chain",
                "call.json",
                "--trust",
                "trust.json",
                "--directory",
                "directory.jwt",
                "--at",
                "2026-11-22T16:20:54Z",
                "--tool",
                "mcp:web/write_file",
                "--args",
                arguments,
            ],
        );
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, said) = ask(r#"{"path":"/src/auth.ts","content":"export {}"}"#);
    assert!(code == Some(0) && said.contains("its holder made this call"), "{said}");
    let (code, said) = ask(r#"{"path":"/src/auth.ts","content":"export { }"}"#);
    assert!(code == Some(1) && said.contains("holder_binding_failed"), "{said}");
    let call: Value = serde_json::from_str(call).unwrap();
    let tokens = call["aat_chain"].as_array().unwrap().iter().chain([&call["aat_pop"]]);
    let payloads: Vec<Value> = tokens
        .map(|token| {
            let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
            serde_json::from_slice(&base64url::decode(payload).unwrap()).unwrap()
        })
        .collect();
    let shown: Vec<Value> =
        claims.iter().map(|block| serde_json::from_str(block).unwrap()).collect();
    assert_eq!(payloads, shown);
}

#[test]
fn the_example_of_a_receipt_verifies_and_holds_the_event_shown() {
    let text = document("receipt.md");
    let json = blocks(&text, "json");
    let receipt = blocks(&text, "text");
    let (_kept, path) = folder(&[("trust.json", json[0]), ("receipt", receipt[0])]);
    let output =
        procura(&path, &["verify", "receipt", "receipt", "--trust", "trust.json", "--json"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    let event: Value = serde_json::from_str(json[1]).unwrap();
    assert_eq!(said["results"][0]["event"], event);
    fs::write(path.join("receipt"), receipt[0].replace("index 0", "index 1")).unwrap();
    let output = procura(&path, &["verify", "receipt", "receipt", "--trust", "trust.json"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
