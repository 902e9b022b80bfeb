//! The shared library, loaded by Node and by Python, with their own Ed25519 as the host's.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use procura_core::base64url;
use procura_testkit::world;
use serde_json::{Value, json};

use crate::aat::{cases, shared};
use crate::ask::{HELD, ask, call, jwk_of, ok};
use crate::node;
use crate::python::python;

/// A host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Host {
    Node,
    Python,
}

const HOSTS: [Host; 2] = [Host::Node, Host::Python];

impl Host {
    /// Has it do all of `steps`, and returns a line for each.
    fn does(self, steps: &[Value]) -> Vec<Value> {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("steps");
        let lines: Vec<String> = steps.iter().map(Value::to_string).collect();
        fs::write(&file, lines.join("\n")).unwrap();
        let (program, script) = match self {
            Self::Node => ("node".into(), node::installed().join("drive.mjs")),
            Self::Python => (python(), source().join("python/drive.py")),
        };
        let output = Command::new(program)
            .arg(script)
            .arg(library())
            .stdin(fs::File::open(file).unwrap())
            .stderr(Stdio::inherit())
            .output()
            .unwrap_or_else(|error| panic!("these tests need {self:?}: {error}"));
        let text = String::from_utf8(output.stdout).unwrap();
        let answers: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers.len(), steps.len(), "{self:?} ended with {}", output.status);
        answers
    }
}

/// The shared library that was built with these tests.
fn library() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let library = tests.with_file_name(format!("{DLL_PREFIX}procura_ffi{DLL_SUFFIX}"));
    assert!(library.is_file(), "`{}` was not built", library.display());
    library
}

/// The folder with the hosts' programs.
pub(crate) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn read(answer: &Value) -> Value {
    serde_json::from_str(answer["answer"].as_str().unwrap()).unwrap()
}

#[test]
fn the_library_answers_node_and_python_as_it_answers_rust() {
    for host in HOSTS {
        let mut steps = vec![json!({"do": "call", "request": call().to_string()})];
        for text in ["", "{}", "größe", r#"{"op":"canonicalize","json":"\"größe 日本 𝌆\""}"#]
        {
            steps.push(json!({"do": "call", "request": text}));
        }
        for (step, answer) in steps.iter().zip(host.does(&steps)) {
            let request = step["request"].as_str().unwrap();
            let ours = String::from_utf8(procura_ffi::call(request.as_bytes())).unwrap();
            assert_eq!(answer["answer"], ours, "{host:?}");
        }
    }
}

#[test]
fn null_and_lengths_that_are_none_are_refused_and_not_read() {
    for host in HOSTS {
        let found = host.does(&[json!({"do": "misuse"})]).remove(0);
        let code = |name: &str| {
            let answer: Value = serde_json::from_str(found[name].as_str().unwrap()).unwrap();
            answer["error"]["code"].clone()
        };
        assert_eq!((code("null"), code("empty")), (json!("bad_request"), json!("bad_request")));
        assert_eq!(code("too_long"), "too_large", "{host:?}");
        assert_eq!((&found["abi"], &found["allocates_too_much"]), (&json!(1), &json!(false)));
        assert_eq!((procura_ffi::ABI, procura_ffi::INPUT_BYTES), (1, 4_194_304));
    }
}

#[test]
fn every_published_case_gets_its_verdict_and_step_from_node_and_python() {
    let Some(cases) = cases() else { return };
    for host in HOSTS {
        let own =
            |case: &crate::aat::Case| json!({"do": "call", "request": case.request.to_string()});
        let theirs = |case: &crate::aat::Case| json!({"do": "host", "request": case.request});
        let steps: Vec<Value> = cases.iter().map(own).chain(cases.iter().map(theirs)).collect();
        for (case, answer) in cases.iter().chain(&cases).zip(host.does(&steps)) {
            let answer = read(&answer);
            case.check(&answer);
            assert_eq!(answer, ask(&case.request), "{host:?}: {}", case.id);
        }
    }
}

/// The odd signatures, as bytes in base64url.
fn odd_signatures() -> Option<Vec<Value>> {
    let set = fs::read(shared("cctv-ed25519/ed25519vectors.json")?).unwrap();
    let set: Value = serde_json::from_slice(&set).unwrap();
    let hex = |text: &Value| {
        let text = text.as_str().unwrap();
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map(byte).collect();
        base64url::encode(&bytes)
    };
    let step = |case: &Value| {
        let message = base64url::encode(case["msg"].as_str().unwrap().as_bytes());
        json!({"do": "check", "key": hex(&case["key"]), "message": message,
               "signature": hex(&case["sig"])})
    };
    Some(set.as_array().unwrap().iter().map(step).collect())
}

#[test]
fn of_914_odd_signatures_node_and_python_with_the_checks_accept_what_is_strictly_right() {
    let Some(steps) = odd_signatures() else { return };
    assert_eq!(steps.len(), 914);
    for host in HOSTS {
        let (mut alone, mut both) = (0, 0);
        for (step, answer) in steps.iter().zip(host.does(&steps)) {
            let holds = answer["holds"].as_bool().unwrap();
            let ours = |name: &str| answer[name].as_bool().unwrap();
            assert_eq!(holds && ours("precheck"), ours("strict"), "{host:?}: {step}");
            alone += usize::from(holds);
            both += usize::from(ours("strict"));
        }
        // Without the checks a host accepts nearly five times as many.
        assert_eq!((alone, both), (208, 43), "{host:?}");
    }
}

#[test]
fn node_and_python_sign_with_their_own_keys_what_the_core_would() {
    let seed = procura_core::hash::Digest::of(b"procura-testkit\nalice");
    let mint = json!({
        "op": "mint_input", "signer": jwk_of("alice"), "jti": "delegation-to-planner",
        "client_id": world::agent_id("planner"), "jwk": jwk_of("planner"), "further": 3,
        "tools": serde_json::from_str::<Value>(HELD).unwrap(), "aud": [],
        "iat": world::NOW.as_seconds() - 60, "exp": world::NOW.as_seconds() + 3600,
        "sub": "user:alice", "iss": world::issuer("alice"),
    });
    let root = world::chain("alice > planner", HELD).remove(0);
    for host in HOSTS {
        let wrong = base64url::encode(&[7; 32]);
        let steps = [
            json!({"do": "sign", "request": mint, "seed": seed.to_base64url()}),
            json!({"do": "sign", "request": mint, "seed": wrong}),
        ];
        let answers = host.does(&steps);
        assert_eq!(read(&answers[0])["ok"]["token"], root, "{host:?}");
        assert_eq!(read(&answers[1])["error"]["code"], "signature_invalid", "{host:?}");
    }
    ok(&mint);
}
