//! Claims of the second codec that a trusted key signed, whatever they say.
//!
//! Seeds: chain/payload
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{
    adc::{self, Rules},
    json, limits,
    proof::verify_adc_chain,
};
use procura_fuzz::{ALICE, ANCHORS, signed};
use procura_testkit::world;

fuzz_target!(|data: &[u8]| {
    if data.len() > limits::TOKEN_BYTES {
        return;
    }
    let text = signed(r#"{"alg":"Ed25519","typ":"at+jwt"}"#, data, &ALICE);
    let Ok(read) = adc::read(&[&text]) else { return };
    let object = json::parse_object(data).expect("what is read is JSON");
    assert_eq!(object.to_canonical().expect("and canonical").as_bytes(), data);
    let keys = |_: &_| None;
    let rules =
        Rules { anchors: &ANCHORS, keys: &keys, audience: "https://crm.test", now: world::NOW };
    let Ok(chain) = verify_adc_chain(&[&text], &rules) else { return };
    let leaf = chain.get().leaf();
    assert_eq!((leaf.depth, leaf.parent, leaf.hash), (0, None, read[0].token.hash));
    assert!(leaf.expires > world::NOW && leaf.principal == "user:alice");
    assert!(leaf.audience.iter().any(|one| one == "https://crm.test"));
});
