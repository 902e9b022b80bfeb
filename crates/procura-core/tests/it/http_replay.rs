//! Signed requests: when, once, and not a bit otherwise.

use procura_core::{
    http_signature::{Field, HttpRequest, SigningTerms, sign_request},
    key::Signer as _,
    proof::{
        Access, HttpRules, Possession, Standing, Verified, verify_access_token,
        verify_signed_request,
    },
    refusal::Refusal,
    structured_field::{Bare, Dictionary, Member},
    time::Timestamp,
};
use procura_testkit::world::{self, NOW};

use crate::foreign::{
    access_token, after, before, bound_claims, claims, issuers, token_rules, told,
};
use crate::http_signed::{
    BODY, COVERED, forged, judged, keys, parameters, plain, rules, signed, signed_as, terms,
    verified, verify,
};

#[test]
fn rpl_05_and_06_the_window_is_now_and_short() {
    let at = |created: Timestamp, expires: Timestamp| {
        let fields = signed_as(&[], &SigningTerms { created, expires, ..terms() });
        judged(&fields, plain(&[]))
    };
    assert_eq!(at(before(10), after(1)), "ok");
    assert_eq!(at(before(10), NOW), "H5 expired");
    assert_eq!(at(after(30), after(60)), "ok");
    assert_eq!(at(after(31), after(60)), "H5 not_yet_valid");
    assert_eq!(at(after(600), after(700)), "H5 not_yet_valid");
    assert_eq!(at(before(100), after(200)), "ok");
    assert_eq!(at(before(100), after(201)), "H5 too_large");
    assert_eq!(at(before(100), after(365 * 24 * 3600)), "H5 too_large");
    assert_eq!(at(after(20), after(20)), "H5 malformed");
    assert_eq!(at(after(20), after(10)), "H5 malformed");
}

#[test]
fn rpl_01_a_replay_is_known_by_key_and_nonce() {
    let first = verified(&signed(&[])).replay_key();
    let later = SigningTerms { created: NOW, label: "other", ..terms() };
    assert_eq!(verified(&signed_as(&[], &later)).replay_key(), first);
    let other = SigningTerms { nonce: "n-2", ..terms() };
    assert_ne!(verified(&signed_as(&[], &other)).replay_key(), first);
    let input = format!("({COVERED}){}", parameters("coder"));
    assert_ne!(verified(&forged(&[], &input, "coder")).replay_key(), first);
}

#[test]
fn sig_07_a_second_signature_is_the_same_request() {
    let input = format!("({COVERED}){}", parameters("p256:planner"));
    let good = forged(&[], &input, "p256:planner");
    let last = good.len() - 1;
    let dictionary = Dictionary::parse(&good[last].1).unwrap();
    let Some(Member::Item(item)) = dictionary.get("sig1") else { panic!("{dictionary}") };
    let Bare::Bytes(bytes) = &item.value else { panic!("{item}") };
    let (r, s) = p256::ecdsa::Signature::from_slice(bytes).unwrap().split_scalars();
    let other = p256::ecdsa::Signature::from_scalars(r, -s).unwrap();
    let mut second = good.clone();
    second[last].1 = format!("sig1={}", Bare::Bytes(other.to_bytes().to_vec()));
    assert_ne!(good, second);
    assert_eq!(verified(&good).replay_key(), verified(&second).replay_key());
    // Of an Ed25519 signature nobody can write another one.
    let good = signed(&[]);
    let dictionary = Dictionary::parse(&good[1].1).unwrap();
    let Some(Member::Item(item)) = dictionary.get("sig1") else { panic!("{dictionary}") };
    let Bare::Bytes(bytes) = &item.value else { panic!("{item}") };
    let mut second = good.clone();
    second[1].1 = format!("sig1={}", Bare::Bytes(with_order(bytes)));
    assert_eq!(judged(&second, plain(&[])), "H9 signature_invalid");
}

/// S + L, which a loose verifier accepts (RFC 8032, section 8.4).
fn with_order(signature: &[u8]) -> Vec<u8> {
    let order =
        crate::vectors::hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let mut carry = 0_u16;
    let mut bytes = signature.to_vec();
    for (byte, more) in bytes[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    bytes
}

#[test]
fn sig_08_a_forged_request_is_refused_as_often_as_it_is_sent() {
    let good = signed(&[]);
    let mut forged = good.clone();
    forged[1].1 = format!("sig1={}", Bare::Bytes(vec![1; 64]));
    for _ in 0..2 {
        assert_eq!(judged(&forged, plain(&[])), "H9 signature_invalid");
        assert_eq!(judged(&good, plain(&[])), "ok");
    }
}

#[test]
fn rpl_03_a_signature_by_nobody_has_no_replay_key_to_burn() {
    let input = format!("({COVERED}){}", parameters("planner"));
    let outcome = judged(&forged(&[], &input, "mallory"), plain(&[]));
    assert_eq!(outcome, "H9 signature_invalid");
}

#[test]
fn a_nonce_that_was_asked_for_must_be_there() {
    let fields = signed(&[]);
    let fields: Vec<Field<'_>> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let keys = keys();
    for (nonce, outcome) in [("n-1", "ok"), ("n-2", "H11 nonce_required")] {
        let rules = HttpRules { nonce: Some(nonce), ..rules(&keys) };
        assert_eq!(told(verify_signed_request(&plain(&fields), &rules)), outcome);
    }
}

#[test]
fn a_bound_token_is_used_in_a_request_that_its_key_signed() {
    let token = access_token(&bound_claims("planner"), "as", "k1");
    let present = |token: &str, authorization: &str| -> Result<Verified<Access>, Refusal> {
        let issuers = issuers();
        let fields = signed(&[("authorization", authorization)]);
        let fields: Vec<Field<'_>> =
            fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        verify_access_token(token, &token_rules(&issuers))?
            .with_signature(verify(&plain(&fields))?)?
            .standing(|_| Standing::Unknown)
    };
    let access = present(&token, &format!("DPoP {token}")).unwrap();
    assert!(matches!(access.get().possession(), Possession::Signature(_)));
    assert_eq!(told(present(&token, &format!("bearer {token}"))), "ok");
    let other = access_token(&bound_claims("mallory"), "as", "k1");
    let unbound = access_token(&claims(), "as", "k1");
    for (shown, sent) in [
        (&token, format!("DPoP {other}")),
        (&token, format!("Basic {token}")),
        (&token, token.clone()),
        (&token, format!("DPoP  {token}")),
        (&token, format!("DPoP {token}, DPoP {token}")),
        (&other, format!("DPoP {other}")),
        (&unbound, format!("Bearer {unbound}")),
    ] {
        assert_eq!(told(present(shown, &sent)), "J8 holder_binding_failed");
    }
}

#[test]
fn what_could_not_be_read_back_is_not_signed() {
    let sign_as =
        |terms: &SigningTerms<'_>| sign_request(&plain(&[]), terms, &world::key("planner")).is_ok();
    assert!(sign_as(&terms()));
    for label in ["", "Sig", "a=1, b", "a b", "ä"] {
        assert!(!sign_as(&SigningTerms { label, ..terms() }), "{label}");
    }
    for nonce in ["ä", "a\nb"] {
        assert!(!sign_as(&SigningTerms { nonce, ..terms() }), "{nonce}");
        assert!(!sign_as(&SigningTerms { tag: nonce, ..terms() }), "{nonce}");
    }
    assert!(sign_as(&SigningTerms { nonce: "quote\" and \\", ..terms() }));
    let fields = [("authorization", "a\nb")];
    assert!(sign_request(&plain(&fields), &terms(), &world::key("planner")).is_err());
}

#[test]
fn a_flipped_bit_is_refused() {
    let good = signed(&[("authorization", "DPoP token")]);
    let mut tried = 0;
    for (at, (name, value)) in good.iter().enumerate() {
        for flipped in crate::foreign::flips(value) {
            let mut fields = good.clone();
            fields[at].1 = flipped;
            let outcome = judged(&fields, plain(&[]));
            assert_ne!(outcome, "ok", "{name}: {} of {value}", fields[at].1);
            tried += 1;
        }
    }
    let length: usize = good.iter().map(|(_, value)| value.len()).sum();
    assert_eq!(tried, length * 7);
    for bit in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[bit / 8] ^= 1 << (bit % 8);
        let outcome = judged(&good, HttpRequest { body: &body, ..plain(&[]) });
        assert_eq!(outcome, "H10 holder_binding_failed");
    }
}

#[test]
fn a_flipped_bit_of_the_request_line_is_refused() {
    let good = signed(&[]);
    let verify_line = |method: &str, authority: &str, target: &str| {
        judged(&good, HttpRequest { method, authority, target, ..plain(&[]) })
    };
    let line = ["POST", "gateway.example", "/mcp?session=1"];
    assert_eq!(verify_line(line[0], line[1], line[2]), "ok");
    for at in 0..3 {
        for flipped in crate::foreign::flips(line[at]) {
            let mut line = line;
            line[at] = &flipped;
            let outcome = verify_line(line[0], line[1], line[2]);
            // A host in other letters is the same host.
            let is_same = at == 1 && flipped.eq_ignore_ascii_case("gateway.example");
            assert_eq!(outcome == "ok", is_same, "{flipped}: {outcome}");
        }
    }
    assert_eq!(world::key("planner").public_key(), &world::public_key("planner"));
}
