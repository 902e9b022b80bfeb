//! Compact JWS: three parts, and a signature that covers exactly what arrived.
//!
//! Seeds: chain, proof, notes, approval, directory
#![no_main]

use libfuzzer_sys::fuzz_target;
use procura_core::{base64url, jws::Compact, key::Signer, token::Tier};
use procura_fuzz::ALICE;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for text in text.lines() {
        let Ok(compact) = Compact::parse(text) else { continue };
        let parts: Vec<Vec<u8>> =
            text.split('.').map(|part| base64url::decode(part).expect("a part")).collect();
        assert_eq!(parts.len(), 3);
        assert_eq!(compact.payload(), parts[1]);
        let spelled: Vec<String> = parts.iter().map(|part| base64url::encode(part)).collect();
        assert_eq!(spelled.join("."), text, "a JWS has one spelling");
        let plain = compact.expect_type("aat+jwt").is_ok();
        let tier = Tier::of(&compact);
        assert!(!plain || tier == Ok(Tier::Plain));
        let input = text.rsplit_once('.').expect("two dots").0;
        let own = ALICE.sign(input.as_bytes()).to_bytes();
        assert_eq!(compact.verify(ALICE.public_key()).is_ok(), parts[2] == own);
    }
});
