//! The claims of a root that a trusted key signed, whatever they say.
//!
//! Seeds: chain/payload
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    limits,
    proof::verify_chain,
    token::{Tier, Token},
};
use procura_fuzz::{ALICE, rules, signed};
use procura_testkit::world;

const PLAIN: &str = r#"{"alg":"Ed25519","typ":"aat+jwt"}"#;
const MARKED: &str = r#"{"alg":"Ed25519","crit":["dpv"],"dpv":1,"typ":"aat+jwt"}"#;

fuzz_target!(|data: &[u8]| {
    if data.len() > limits::TOKEN_BYTES {
        return;
    }
    for (header, tier) in [(PLAIN, Tier::Plain), (MARKED, Tier::Marked)] {
        let text = signed(header, data, &ALICE);
        let Ok(chain) = verify_chain(&[&text], &rules()) else { continue };
        let root = chain.get().leaf();
        assert_eq!((root.depth, root.parent), (0, None));
        assert!(root.max_depth <= limits::DELEGATION_DEPTH);
        assert!(root.expires > world::NOW && root.issued <= world::NOW.plus(limits::CLOCK_SKEW));
        assert!(root.expires <= root.issued.plus(limits::TOKEN_LIFETIME));
        assert_eq!(root.issuer, world::issuer("alice"));
        assert_eq!(root.principal.as_deref(), Some("user:alice"));
        assert!(root.client_id.is_some() && root.has_tools && !root.id.is_empty());
        assert_eq!(root.detail.is_some(), tier == Tier::Marked);
        let read = Token::read(&text).expect("what verifies reads");
        assert_eq!((read.hash, &read.tools, &read.detail), (root.hash, &root.tools, &root.detail));
    }
});
