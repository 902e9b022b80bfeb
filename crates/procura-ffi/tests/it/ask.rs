//! Asking as a host does: JSON text in, JSON text out.

use procura_core::{base64url, key::PublicKey, token};
use procura_testkit::world;
use serde_json::{Value, json};

/// The answer to `request`.
pub(crate) fn ask(request: &Value) -> Value {
    serde_json::from_slice(&procura_ffi::call(request.to_string().as_bytes())).unwrap()
}

/// What is in `ok`, which has to be there.
pub(crate) fn ok(request: &Value) -> Value {
    let mut answer = ask(request);
    assert!(answer.get("error").is_none(), "{answer}");
    answer["ok"].take()
}

/// The code, step and hop of the refusal that there has to be.
pub(crate) fn refused(request: &Value) -> (String, String, Option<u64>) {
    let answer = ask(request);
    assert!(answer.get("ok").is_none(), "{answer}");
    let error = &answer["error"];
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    assert!(!text("reason").is_empty() && error["retry"].is_boolean(), "{error}");
    (text("code"), text("step"), error["hop"].as_u64())
}

/// [`refused`], to compare with literals.
#[track_caller]
pub(crate) fn check(request: &Value, code: &str, step: &str) {
    let (found, at, _) = refused(request);
    assert_eq!((found.as_str(), at.as_str()), (code, step), "{request}");
}

/// A public JWK.
pub(crate) fn jwk(key: &PublicKey) -> Value {
    serde_json::from_str(&token::to_jwk(key).to_canonical().unwrap()).unwrap()
}

/// The public JWK of `name`.
pub(crate) fn jwk_of(name: &str) -> Value {
    jwk(&world::public_key(name))
}

/// The rules of the world's enforcement point, which knows Alice.
pub(crate) fn rules() -> Value {
    json!({
        "anchors": [{
            "iss": world::issuer("alice"),
            "jwk": jwk_of("alice"),
            "vouches": {"sub": world::principal("alice")},
        }],
        "audience": world::AUDIENCE,
        "chain_audience": "optional",
        "evidence": "optional",
        "max_lifetime": 7_776_000,
        "now": world::NOW.as_seconds(),
    })
}

pub(crate) const HELD: &str =
    r#"{"read":{"path":{"constraint_type":"path_containment","root":"/src"}},"write":{}}"#;

/// Alice to the planner to the coder, who reads a file.
pub(crate) fn call() -> Value {
    let chain = world::chain("alice > planner > coder", HELD);
    let arguments = r#"{"path":"/src/a.rs"}"#;
    let proof = world::proof(&chain[1], "coder", "read", &world::object(arguments));
    json!({
        "op": "verify",
        "presentation": {"aat_chain": chain, "aat_pop": proof},
        "tool": "read",
        "arguments": arguments,
        "rules": rules(),
    })
}

/// `request` with `value` at `path`.
pub(crate) fn with(mut request: Value, path: &str, value: Value) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = request.pointer_mut(parent).unwrap();
    if parent.is_array() {
        parent[name.parse::<usize>().unwrap()] = value;
    } else {
        parent[name] = value;
    }
    request
}

/// `request` without what is at `path`.
pub(crate) fn without(mut request: Value, path: &str) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    let parent = request.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    assert!(parent.remove(name).is_some(), "{path}");
    request
}

/// Bytes as requests have them.
pub(crate) fn bytes(bytes: &[u8]) -> Value {
    base64url::encode(bytes).into()
}
