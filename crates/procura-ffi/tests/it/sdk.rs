//! What every library that is Procura has to say alike: the face under those in
//! other languages, beside the core that it stands before.

use std::{collections::BTreeMap, fs, path::Path};

use procura_core::key::{PublicKey, Signer as _};
use procura_core::{base64url, json as strict};
use procura_testkit::world;
use serde_json::{Value, json};

use crate::aat::shared;
use crate::ask::{HELD, ask, bytes, call, check, jwk_of, ok, rules, with};
use crate::verify::paid;

fn hex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// Whether the signature is right, which core and this face have to agree about.
#[track_caller]
fn is_accepted(number: usize, key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let request = json!({"op": "verify_signature", "key": bytes(key),
                         "message": bytes(message), "signature": bytes(signature)});
    let answer = ask(&request);
    let core = PublicKey::from_bytes(key).is_ok_and(|key| key.verify(message, signature).is_ok());
    let face = answer == json!({"ok": {}});
    assert_eq!(face, core, "vector {number}: {answer}");
    assert!(face || answer["error"]["code"] == "signature_invalid", "vector {number}: {answer}");
    core
}

#[test]
fn sdk_01_of_914_odd_signatures_this_face_accepts_the_43_that_the_core_accepts() {
    let Some(file) = shared("cctv-ed25519/ed25519vectors.json") else { return };
    let set: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let set = set.as_array().unwrap();
    let refused =
        ["low_order_A", "low_order_R", "non_canonical_A", "non_canonical_R", "low_order_residue"];
    let mut accepted = 0;
    for (number, case) in set.iter().enumerate() {
        let message = case["msg"].as_str().unwrap().as_bytes();
        let found = is_accepted(number, &hex(&case["key"]), message, &hex(&case["sig"]));
        let flags = case["flags"].as_array().into_iter().flatten();
        let is_odd = flags.into_iter().any(|flag| refused.contains(&flag.as_str().unwrap()));
        assert_eq!(found, !is_odd, "vector {number}: {case}");
        accepted += usize::from(found);
    }
    assert_eq!((set.len(), accepted), (914, 43));
}

#[test]
fn sdk_01_wycheproof_signatures_are_judged_by_this_face_as_they_are_labelled() {
    let Some(file) = shared("wycheproof/ed25519_test.json") else { return };
    let set: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut judged = 0;
    for group in set["testGroups"].as_array().unwrap() {
        let key = hex(&group["publicKey"]["pk"]);
        for case in group["tests"].as_array().unwrap() {
            let number = usize::try_from(case["tcId"].as_u64().unwrap()).unwrap();
            let found = is_accepted(number, &key, &hex(&case["msg"]), &hex(&case["sig"]));
            assert_eq!(found, case["result"] == "valid", "test {number}: {case}");
            judged += 1;
        }
    }
    assert_eq!(judged, 151);
}

/// The canonical form of a text, or the code of its refusal, as this face says it.
fn canonical(text: &str) -> Result<String, String> {
    let answer = ask(&json!({"op": "canonicalize", "json": text}));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let (form, code) = (text(&answer["ok"]["canonical"]), text(&answer["error"]["code"]));
    assert_ne!(form.is_some(), code.is_some(), "{answer}");
    form.ok_or_else(|| code.unwrap())
}

/// Texts about which readers of JSON disagree, and those beside them about which none do.
const DISPUTED: [&str; 17] = [
    "-0",
    "-0.0",
    "1.0",
    "1e400",
    "9007199254740993",
    "9007199254740992",
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    r#""\ud83d\ude00""#,
    r#"{"a":1,"a":1}"#,
    r#"{"a":1,"\u0061":2}"#,
    r#"{"A":1,"a":2}"#,
    r#""\u2028""#,
    "{\"\u{fb33}\":1,\"\u{1f600}\":2}",
    "NaN",
    "-Infinity",
    "0",
];

#[test]
fn sdk_02_this_face_has_the_cores_form_or_refuses_with_it() {
    let mut forms = 0;
    for text in DISPUTED {
        let core = strict::parse(text.as_bytes()).ok().and_then(|value| value.to_canonical().ok());
        assert_eq!(canonical(text).ok(), core, "{text}");
        forms += usize::from(core.is_some());
        // As an argument it has the same fate.
        let arguments = format!(r#"{{"a":{text}}}"#);
        let digest = ask(&json!({"op": "digest_arguments", "arguments": arguments}));
        assert_eq!(digest.get("ok").is_some(), core.is_some(), "{text}: {digest}");
    }
    assert_eq!(forms, 9);
    let [zero, minus_zero] = ["0", "-0"].map(|n| format!(r#"{{"a":{n}}}"#));
    let digest = |arguments: &str| ok(&json!({"op": "digest_arguments", "arguments": arguments}));
    assert_eq!(digest(&zero), digest(&minus_zero));
}

#[test]
fn sdk_02_the_vectors_for_other_libraries_hold_here() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/json.jsonl");
    let text = fs::read_to_string(file).unwrap();
    let mut judged = BTreeMap::from([("allow", 0), ("deny", 0)]);
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let Some(written) = case["input"]["text"].as_str().filter(|_| case["op"] == "json") else {
            continue;
        };
        let (found, expect) = (canonical(written), &case["expect"]);
        match expect["verdict"].as_str() {
            Some("allow") => {
                let output = expect["output"].as_str();
                let holds = found.is_ok() && output.is_none_or(|text| found.as_deref() == Ok(text));
                assert!(holds, "{}: {found:?}", case["name"]);
                *judged.get_mut("allow").unwrap() += 1;
            }
            Some("deny") => {
                assert_eq!(found.err().as_deref(), expect["outcome"].as_str(), "{}", case["name"]);
                *judged.get_mut("deny").unwrap() += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(judged["allow"] >= 15 && judged["deny"] >= 40, "{judged:?}");
}

/// Another spelling of what a reader of JSON finds in `text`.
fn respelt(text: &str) -> [String; 4] {
    let inner = text.strip_prefix('{').unwrap().strip_suffix('}').unwrap();
    let value: serde_json::Map<String, Value> = serde_json::from_str(text).unwrap();
    let backwards: Vec<String> =
        value.iter().rev().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    let first = char::from(inner.as_bytes()[1]);
    let escaped = format!("{{\"\\u{:04x}{}}}", u32::from(first), &inner[2..]);
    [format!("{{ {inner}}}"), format!("{text}\n"), format!("{{{}}}", backwards.join(",")), escaped]
}

#[test]
fn sdk_07_a_token_or_proof_that_was_written_again_is_refused() {
    ok(&call());
    let mut tried = 0;
    for place in ["/presentation/aat_chain/0", "/presentation/aat_chain/1", "/presentation/aat_pop"]
    {
        let request = call();
        let token = request.pointer(place).unwrap().as_str().unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        for at in [0, 1] {
            let text = String::from_utf8(base64url::decode(parts[at]).unwrap()).unwrap();
            let same: Value = serde_json::from_str(&text).unwrap();
            for again in respelt(&text).into_iter().filter(|again| *again != text) {
                assert_eq!(serde_json::from_str::<Value>(&again).unwrap(), same);
                let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
                parts[at] = base64url::encode(again.as_bytes());
                let answer = ask(&with(call(), place, json!(parts.join("."))));
                assert!(answer.get("ok").is_none(), "{place}: {again}");
                tried += 1;
            }
        }
    }
    assert!(tried >= 20, "{tried}");
}

#[test]
fn sdk_07_a_signed_body_is_its_bytes() {
    let key = world::key("alice");
    let body = r#"{"a":1,"b":"x/y"}"#;
    let signature = bytes(&key.sign(body.as_bytes()).to_bytes());
    let asked = |message: &str| {
        json!({"op": "verify_signature", "key": bytes(key.public_key().as_bytes()),
               "message": bytes(message.as_bytes()), "signature": signature})
    };
    ok(&asked(body));
    for again in respelt(body).iter().map(String::as_str).chain([r#"{"a":1,"b":"x\/y"}"#]) {
        check(&asked(again), "signature_invalid", "F1");
    }
}

/// Every place in a request, members and elements alike.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    let mut go = |name: &str, value: &Value| {
        let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
        places(value, &path, found);
        found.push(path);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| go(name, value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| go(&at.to_string(), value));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `request` without the member or element at `path`.
fn cut(mut request: Value, path: &str) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    match request.pointer_mut(parent).unwrap() {
        Value::Object(members) => drop(members.remove(name)),
        Value::Array(items) => drop(items.remove(name.parse().unwrap())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => panic!("{path}"),
    }
    request
}

/// Leaves everything in `request` out, and puts nothing in its place in three ways.
fn never_allows(request: &Value) -> usize {
    let mut all = Vec::new();
    places(request, "", &mut all);
    for path in &all {
        let mut spoilt = vec![("left out".to_owned(), cut(request.clone(), path))];
        for nothing in [json!(null), json!(""), json!(false), json!("false")] {
            let mut changed = request.clone();
            *changed.pointer_mut(path).unwrap() = nothing.clone();
            spoilt.push((nothing.to_string(), changed));
        }
        for (how, spoilt) in spoilt.iter().filter(|(_, spoilt)| spoilt != request) {
            let answer = ask(spoilt);
            assert!(answer.get("ok").is_none(), "{path} {how}: {answer}");
            assert!(answer["error"]["code"].is_string(), "{path} {how}: {answer}");
        }
    }
    all.len()
}

#[test]
fn sdk_08_a_call_of_which_anything_is_missing_is_not_allowed() {
    ok(&call());
    assert!(never_allows(&call()) >= 20);
    // Nothing at all was sent to show who may.
    check(&cut(call(), "/presentation"), "credential_missing", "1");
    let paid = paid(r#"[{"key":"cents","max_subtree":100}]"#);
    ok(&paid);
    assert!(never_allows(&paid) >= 20);
}

#[test]
fn sdk_08_a_list_of_which_anything_is_missing_is_not_shown() {
    let chain = world::chain("alice > planner", HELD);
    let proof = world::proof(&chain[0], "planner", "tools/list", &world::object("{}"));
    let request = json!({"op": "verify_list", "purpose": "tools/list", "rules": rules(),
                         "presentation": {"aat_chain": chain, "aat_pop": proof}});
    ok(&request);
    assert!(never_allows(&request) >= 15);
}

#[test]
fn sdk_08_a_signature_of_which_anything_is_missing_does_not_verify() {
    let key = world::key("alice");
    let signed = bytes(&key.sign(b"message").to_bytes());
    let verify = json!({"op": "verify_signature", "key": bytes(key.public_key().as_bytes()),
                        "message": bytes(b"message"), "signature": signed});
    let precheck = with(cut(verify.clone(), "/message"), "/op", json!("precheck"));
    let assemble = json!({"op": "assemble", "signing_input": "e30.e30", "signer": jwk_of("alice"),
                          "signature": bytes(&key.sign(b"e30.e30").to_bytes())});
    for request in [verify, precheck, assemble] {
        ok(&request);
        assert!(never_allows(&request) >= 3);
    }
}

#[test]
fn sdk_08_what_may_be_left_out_may_not_be_nothing() {
    let noted = with(call(), "/revocation", json!({"notes": [], "control": []}));
    assert_eq!(ok(&noted)["obligations"]["revocation"], "notes_checked");
    // That nobody looked for notes is said, and is for the host to see to.
    assert_eq!(ok(&call())["obligations"]["revocation"], "unchecked");
    for nothing in [json!(null), json!(""), json!(false), json!("false")] {
        for member in ["/revocation", "/revocation/notes", "/revocation/control", "/signatures"] {
            check(&with(noted.clone(), member, nothing.clone()), "bad_request", "F1");
        }
        check(&with(call(), "/rules/manifest", nothing.clone()), "bad_request", "F1");
        let answer = ask(&with(call(), "/rules/nonce", nothing.clone()));
        assert!(answer.get("ok").is_none(), "{nothing}: {answer}");
        for rule in ["chain_audience", "proof_audience", "names", "evidence"] {
            check(&with(call(), &format!("/rules/{rule}"), nothing.clone()), "bad_request", "F1");
        }
    }
}

#[test]
fn sdk_08_a_host_that_answers_nothing_allows_nothing() {
    let first = ask(&with(call(), "/signatures", json!({})));
    let ids: Vec<&str> =
        first["check"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    let answered = |last: Value| {
        let mut request = with(call(), "/signatures", json!({}));
        for id in &ids {
            request["signatures"][*id] = json!(true);
        }
        request["signatures"][*ids.last().unwrap()] = last;
        request
    };
    ok(&answered(json!(true)));
    for nothing in [json!(null), json!("true"), json!("false"), json!(""), json!(1), json!({})] {
        check(&answered(nothing), "bad_request", "F1");
    }
    assert!(ask(&answered(json!(false))).get("ok").is_none());
}
