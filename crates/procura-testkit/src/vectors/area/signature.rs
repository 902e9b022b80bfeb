//! Signatures: by the right key, over the right bytes, and strictly.

use super::scene::{chain_input, pair};
use crate::vectors::{
    Case,
    case::{ALLOW, Cases, deny_at},
    forge::{compact, header_of, malleate, payload_of, with_signature, with_small_commitment},
};

/// What is done to a token's signature.
type Change = fn(&str, &str) -> String;

const CHANGES: &[(&str, &str, Change)] = &[
    ("flipped_first_bit", "One bit of R is flipped.", |text, _| {
        with_signature(text, |signature| {
            if let Some(byte) = signature.first_mut() {
                *byte ^= 1;
            }
        })
    }),
    ("flipped_last_bit", "One bit of S is flipped.", |text, _| {
        with_signature(text, |signature| {
            if let Some(byte) = signature.last_mut() {
                *byte ^= 1;
            }
        })
    }),
    (
        "malleated",
        "S plus the order of the group: the equation holds, and S is not canonical.",
        |text, _| with_signature(text, malleate),
    ),
    (
        "small_commitment",
        "R is the neutral element: the equation holds, and R is of low order.",
        with_small_commitment,
    ),
    ("zero", "64 bytes of zero.", |text, _| with_signature(text, |signature| signature.fill(0))),
    ("other_key", "Another key signed it.", |text, _| {
        compact(&header_of(text), &payload_of(text), "mallory")
    }),
    ("short", "A signature of 63 bytes.", |text, _| {
        let (input, _) = text.rsplit_once('.').unwrap_or_default();
        format!("{input}.{}", procura_core::base64url::encode(&[7; 63]))
    }),
    ("long", "A signature of 65 bytes.", |text, _| {
        let (input, _) = text.rsplit_once('.').unwrap_or_default();
        format!("{input}.{}", procura_core::base64url::encode(&[7; 65]))
    }),
    ("other_payload", "The signature of another payload.", |text, signer| {
        let other =
            compact(&header_of(text), &payload_of(text).replacen("path", "mode", 1), signer);
        let signature = other.rsplit_once('.').map_or("", |(_, signature)| signature);
        let (input, _) = text.rsplit_once('.').unwrap_or_default();
        format!("{input}.{signature}")
    }),
    (
        "respelled_payload",
        "The payload is written otherwise, under the old signature.",
        |text, _| {
            let payload = payload_of(text).replacen("{", "{ ", 1);
            let mut parts = text.split('.');
            let (header, signature) =
                (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
            format!("{header}.{}.{signature}", procura_core::base64url::encode(payload.as_bytes()))
        },
    ),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("chain");
    let (root, child) = pair();
    cases.add(
        "signature_good",
        "Both tokens are signed as they should be.",
        (chain_input(&[&root, &child]), ALLOW),
    );
    for (name, what, change) in CHANGES {
        let input = chain_input(&[change(&root, "alice")]);
        let case = (input, deny_at("untrusted_root", "3b", 0));
        cases.add(&format!("signature_root_{name}"), what, case);
    }
    for (name, what, change) in CHANGES {
        let input = chain_input(&[root.clone(), change(&child, "planner")]);
        let case = (input, deny_at("signature_invalid", "4b", 1));
        cases.add(&format!("signature_child_{name}"), what, case);
    }
    for (name, signer, what) in [
        (
            "by_the_root_signer",
            "alice",
            "The child is signed by the person, not by the agent above.",
        ),
        ("by_itself", "coder", "The child is signed by its own holder."),
    ] {
        let input =
            chain_input(&[root.clone(), compact(&header_of(&child), &payload_of(&child), signer)]);
        let case = (input, deny_at("signature_invalid", "4b", 1));
        cases.add(&format!("signature_child_{name}"), what, case);
    }
    cases.done()
}
