//! Two tokens that are signed as they should be: authority never grows.
//!
//! The input is a child's tools, a root's tools, a tool and its arguments, a line each.
//!
//! Seeds: child+parent+tool+arguments, tools+tools+tool+arguments
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    json::{Object, Value},
    proof::verify_chain,
    token::{Token, to_jwk},
    tools::Tools,
};
use procura_fuzz::{ALICE, PLANNER, lines, object, rules, signed};
use procura_testkit::world;

const HEADER: &str = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;

fn claims(tools: &Object, holder: &str) -> Object {
    let detail = Object::new().with("type", "attenuating_agent_token").with("tools", tools.clone());
    Object::new()
        .with("jti", holder)
        .with("sub", "user:alice")
        .with("client_id", world::agent_id(holder))
        .with("iat", world::NOW.as_seconds())
        .with("exp", world::NOW.as_seconds() + 60)
        .with("del_max_depth", 3_u32)
        .with("cnf", Object::new().with("jwk", to_jwk(&world::public_key(holder))))
        .with("authorization_details", vec![detail])
}

fuzz_target!(|data: &[u8]| {
    let Some([child, root, tool, arguments]) = lines(data) else { return };
    let (Some(child), Some(root)) = (object(child), object(root)) else { return };
    let root =
        claims(&root, "planner").with("iss", world::issuer("alice")).with("del_depth", 0_u32);
    let Ok(root) = root.to_canonical() else { return };
    let root = signed(HEADER, root.as_bytes(), &ALICE);
    let Ok(read) = Token::read(&root) else { return };
    let child = claims(&child, "coder")
        .with("iss", read.key.thumbprint().to_uri())
        .with("del_depth", 1_u32)
        .with("par_hash", read.hash.to_base64url());
    let Ok(child) = child.to_canonical() else { return };
    let child = signed(HEADER, child.as_bytes(), &PLANNER);
    let Ok(chain) = verify_chain(&[&root, &child], &rules()) else { return };
    let (above, below) = (&chain.get().root().tools, &chain.get().leaf().tools);
    let written = Tools::parse(&Value::from(below.to_object())).expect("what is written reads");
    assert!(written.check_within(above).is_ok(), "what is written is within");
    let Some(arguments) = object(arguments) else { return };
    if below.check_call(tool, &arguments).is_ok() {
        assert!(
            above.check_call(tool, &arguments).is_ok(),
            "the parent holds what the child holds"
        );
    }
});
