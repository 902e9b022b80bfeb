//! PyNaCl and tweetnacl sign what `procura` verifies, and verify what it signs.
//!
//! The programs of `docs/guides/envelopes.md` are run as they are printed there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use procura_core::key::Signer as _;
use serde_json::{Value, json};

use crate::desk::{Desk, Said};
use crate::node::node_modules;
use crate::python::python;

/// Another program, with another library.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Library {
    PyNaCl,
    Tweetnacl,
}

const LIBRARIES: [Library; 2] = [Library::PyNaCl, Library::Tweetnacl];

impl Library {
    /// Asks it everything at once, and returns its answers in order.
    fn ask(self, requests: &[Value]) -> Vec<Value> {
        let scratch = tempfile::tempdir().unwrap();
        let (program, script, block, guide) = match self {
            Self::PyNaCl => (python(), "tests-python/envelopes.py", "python", "guide.py"),
            Self::Tweetnacl => {
                let link = scratch.path().join("node_modules");
                std::os::unix::fs::symlink(node_modules(), link).unwrap();
                ("node".into(), "tests-node/envelopes.mjs", "javascript", "guide.mjs")
            }
        };
        let script = root().join(script);
        let name = scratch.path().join(script.file_name().unwrap());
        fs::copy(script, &name).unwrap();
        fs::write(scratch.path().join(guide), shown(block)).unwrap();
        fs::write(scratch.path().join("requests"), json!(requests).to_string()).unwrap();
        let output = Command::new(program)
            .arg(name)
            .stdin(fs::File::open(scratch.path().join("requests")).unwrap())
            .stderr(Stdio::inherit())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let answers: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), requests.len(), "{self:?} ended with {}", output.status);
        answers
    }

    fn verifies(self, requests: &[Value]) -> Vec<bool> {
        self.ask(requests).iter().map(|answer| answer["ok"].as_bool().unwrap()).collect()
    }
}

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The one program of the guide in this language.
fn shown(language: &str) -> String {
    let page = fs::read_to_string(root().join("docs/guides/envelopes.md")).unwrap();
    let opening = format!("```{language}\n");
    let (before, after) = page.split_once(&opening).unwrap();
    assert!(!before.contains(&opening) && !after.contains(&opening), "one program a language");
    after.split_once("```").unwrap().0.to_owned()
}

/// Payloads that encoders write in different ways, or nearly do.
fn payloads() -> Vec<String> {
    let with = |rest: &str| {
        format!(
            r#"{{"agent_id":"planner","action":"deploy","resource":"web/prod","delegated_by":"user:alice","timestamp":1800000000{rest}}}"#
        )
    };
    [
        "",
        r#","note":"größe, 日本, \u05e9\u05dc\u05d5\u05dd, 𝌆","größe":true,"é":null"#,
        r#","floats":[1.0,0.1,1.5e-7,1e21,-0.0,100.25,1e16,5e-324]"#,
        r#","unit":{"z":[{"b":1,"a":[]}],"a":{}},"Z":1,"_":2"#,
        r#","text":"quote \" slash / back \\ control \u0001\u001f\u007f tab \t line \u2028 tag <b>""#,
        r#","\ufb33":1,"\ud834\udf06":2"#,
    ]
    .map(with)
    .into()
}

const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const AT: &str = "--at 1800000000";

fn sign(payload: &str, form: &str, ascii: bool) -> Value {
    json!({"op": "sign", "payload": payload, "seed": SEED, "form": form, "ascii": ascii})
}

fn ends(said: &Said, code: i32, words: &str, about: &str) {
    assert_eq!(said.code, code, "{about}: {said:?}");
    assert!(said.out.contains(words), "{about}: `{words}`: {said:?}");
}

#[test]
fn procura_verifies_what_they_sign() {
    let desk = Desk::new();
    for library in LIBRARIES {
        let mut asked = Vec::new();
        for payload in payloads() {
            for form in ["inside", "appended", "object", "carried", "detached"] {
                asked.extend([true, false].map(|ascii| sign(&payload, form, ascii)));
            }
        }
        for (request, answer) in asked.iter().zip(library.ask(&asked)) {
            let about = format!("{library:?}: {request}");
            let (key, signature) = (&answer["public_key"], &answer["signature"]);
            let key = format!("{AT} --key {}", key.as_str().unwrap());
            let beside = match request["form"].as_str() {
                Some("detached") => format!(" --signature {}", signature.as_str().unwrap()),
                _ => String::new(),
            };
            let text = answer["text"].as_str().unwrap();
            desk.write("envelope", text);
            let said = desk.run(&format!("envelope verify envelope --json {key}{beside}"));
            ends(&said, 0, "\"proved\"", &about);
            let read: Value = serde_json::from_str(&said.out).unwrap();
            assert_eq!(read["results"][0]["payload"], answer["signed"], "{about}");
            // One word of what was signed is another one.
            desk.write("envelope", text.replacen("deploy", "delete", 1));
            let said = desk.run(&format!("envelope verify envelope {key}{beside}"));
            ends(&said, 1, "signature_invalid", &about);
        }
    }
}

#[test]
fn what_they_send_with_white_space_leaves_the_question_open() {
    let desk = Desk::new();
    for library in LIBRARIES {
        let answer = library.ask(&[sign(&payloads()[0], "spaced", true)]).remove(0);
        desk.write("envelope", answer["text"].as_str().unwrap());
        let key = answer["public_key"].as_str().unwrap();
        let said = desk.run(&format!("envelope verify envelope {AT} --key {key}"));
        ends(&said, 4, "cannot be recovered", &format!("{library:?}"));
        // With the signed text beside it, it is settled.
        desk.write("payload", answer["signed"].as_str().unwrap());
        let signature = answer["signature"].as_str().unwrap();
        let said =
            desk.run(&format!("envelope verify payload {AT} --key {key} --signature {signature}"));
        ends(&said, 0, "proved", &format!("{library:?}"));
    }
}

#[test]
fn they_verify_what_procura_signs() {
    let desk = Desk::new();
    let key = hex(desk.agent_key("planner").public_key().as_bytes());
    let other = hex(desk.agent_key("coder").public_key().as_bytes());
    let mut asked = Vec::new();
    for payload in payloads() {
        desk.write("payload", &payload);
        let signed = |form: &str| {
            let said = desk.run(&format!("envelope sign payload --key planner --form {form}"));
            assert_eq!(said.code, 0, "{said:?}");
            said.out
        };
        let (carried, detached) = (signed("carried"), signed("detached"));
        let verify = |form: &str, text: &str, key: &str| json!({"op": "verify", "form": form, "text": text, "public_key": key, "signature": detached.trim()});
        for (form, text) in [("carried", &carried), ("detached", &payload)] {
            let changed = text.replacen("deploy", "delete", 1);
            asked.push((verify(form, text, &key), true));
            asked.push((verify(form, &changed, &key), false));
            asked.push((verify(form, text, &other), false));
        }
    }
    let (requests, wanted): (Vec<Value>, Vec<bool>) = asked.into_iter().unzip();
    for library in LIBRARIES {
        assert_eq!(library.verifies(&requests), wanted, "{library:?}");
    }
}

#[test]
fn who_encodes_again_verifies_only_what_it_would_have_written() {
    let desk = Desk::new();
    let key = hex(desk.agent_key("planner").public_key().as_bytes());
    // The signed text, and whether PyNaCl with and without ASCII and tweetnacl take it.
    for (rest, wanted) in [
        ("", [true, true, true]),
        (r#","unit":"größe""#, [false, true, true]),
        (r#","unit":"gr\u00f6\u00dfe""#, [true, false, false]),
        (r#","unit":1.0"#, [true, true, false]),
        (r#","unit":1e3"#, [false, false, false]),
    ] {
        let payload =
            format!(r#"{{"action":"deploy","agent_id":"planner","timestamp":1800000000{rest}}}"#);
        desk.write("payload", &payload);
        let said = desk.run("envelope sign payload --key planner --form inside");
        assert_eq!(said.code, 0, "{said:?}");
        let verify = |ascii: bool| json!({"op": "verify", "form": "inside", "text": said.out, "public_key": key, "ascii": ascii});
        let mut found = Library::PyNaCl.verifies(&[verify(true), verify(false)]);
        found.extend(Library::Tweetnacl.verifies(&[verify(false)]));
        assert_eq!(found, wanted, "{payload}");
        // Procura encodes nothing again, so it takes them all.
        desk.write("envelope", &said.out);
        let said = desk.run(&format!("envelope verify envelope {AT} --key {key}"));
        ends(&said, 0, "proved", &payload);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
