//! The second codec: chains of ADC-02, made, verified, and wrong in every way.

use procura_core::{
    adc::{Chain, Confirmation, Grant, Rules, derive, mint, read},
    detail::AgentDelegation,
    key::{PublicKey, Thumbprint},
    limits,
    proof::{Anchor, Verified, verify_adc_chain},
    refusal::{Outcome, Refusal},
    time::{Seconds, Timestamp},
};
use procura_testkit::world;
use proptest::prelude::*;

use crate::forge::{claims_of, compact, header_of, payload_of};
use crate::lattice::detail;
use crate::laws::config;

const AUDIENCE: &str = "https://crm.example";

fn authority(scopes: &str, ceilings: &str) -> AgentDelegation {
    let text =
        format!(r#"{{"type":"agent_delegation","scopes":{scopes},"constraints":{ceilings}}}"#);
    AgentDelegation::parse(&world::object(&text)).unwrap()
}

fn grant(name: &str, authority: AgentDelegation) -> Grant {
    Grant {
        id: format!("token-for-{name}"),
        client_id: world::agent_id(name),
        key: world::public_key(name),
        audience: AUDIENCE.into(),
        issued: world::NOW,
        expires: world::NOW.plus(Seconds::new(600)),
        further: 2,
        authority,
    }
}

fn held() -> AgentDelegation {
    authority(r#"["crm.*","mail.send"]"#, r#"[{"key":"rows","max":100}]"#)
}

/// Alice gives to the planner, who gives half of it to the coder.
fn chain() -> Vec<String> {
    let issuer = world::issuer("alice");
    let root =
        mint(&grant("planner", held()), ("user:alice", &issuer), &world::key("alice")).unwrap();
    let own = authority(r#"["crm.read"]"#, r#"[{"key":"rows","max":50}]"#);
    let child = derive(&root, &grant("coder", own), &world::key("planner")).unwrap();
    vec![root, child]
}

fn verify_at(tokens: &[&str], now: Timestamp) -> Result<Verified<Chain>, Refusal> {
    let anchors: Vec<Anchor> = world::anchors(&["alice"]);
    let known = |thumbprint: &Thumbprint| -> Option<PublicKey> {
        let key = world::public_key("planner");
        (key.thumbprint() == *thumbprint).then_some(key)
    };
    let rules = Rules { anchors: &anchors, keys: &known, audience: AUDIENCE, now };
    verify_adc_chain(tokens, &rules)
}

fn verify(tokens: &[&str]) -> Result<Verified<Chain>, Refusal> {
    verify_at(tokens, world::NOW)
}

/// The code and the hop of a refusal.
fn refused(tokens: &[&str]) -> String {
    match verify(tokens) {
        Ok(_) => "accepted".into(),
        Err(refusal) => format!("{} {:?}", refusal.outcome, refusal.hop),
    }
}

#[test]
fn a_chain_verifies_and_shows_what_each_hop_holds() {
    let tokens = chain();
    let chain = verify(&[&tokens[0], &tokens[1]]).unwrap();
    let names: Vec<&str> = chain.get().tokens().map(|token| token.client_id.as_str()).collect();
    assert_eq!(names, [world::agent_id("planner"), world::agent_id("coder")]);
    assert_eq!(
        chain.get().leaf().authority,
        authority(r#"["crm.read"]"#, r#"[{"key":"rows","max":50}]"#)
    );
    assert_eq!(chain.get().leaf().max_tokens, Some(3));
    assert!(header_of(&tokens[1]).starts_with(r#"{"alg":"Ed25519","c14n":"JCS","kid":""#));
    for token in &tokens {
        assert_eq!(claims_of(token).to_canonical().unwrap(), payload_of(token));
    }
}

/// The child with its payload's text changed, signed again by the planner.
fn changed(from: &str, to: &str) -> String {
    let tokens = chain();
    let payload = payload_of(&tokens[1]);
    assert!(payload.contains(from), "{from}: {payload}");
    let refused = compact(&header_of(&tokens[1]), &payload.replacen(from, to, 1), "planner");
    self::refused(&[&tokens[0], &refused])
}

#[test]
fn a_child_that_is_wrong_in_one_way_is_refused_for_it() {
    let child = payload_of(&chain()[1]);
    let parent = claims_of(&chain()[1]).get("par_hash").unwrap().as_str().unwrap().to_owned();
    let planner = world::public_key("planner").thumbprint().to_uri();
    let exp = world::NOW.plus(Seconds::new(600));
    for (from, to, expected) in [
        (r#""aud":"https://crm.example""#, r#""aud":[]"#, "malformed Some(1)"),
        (r#""aud":"https://crm.example""#, r#""aud":null"#, "malformed Some(1)"),
        (r#""aud":"https://crm.example""#, r#""aud":"https://x""#, "audience_mismatch Some(1)"),
        (r#""sub":"user:alice""#, r#""sub":"user:bob""#, "principal_altered Some(1)"),
        (r#""sub":"user:alice""#, r#""sub":"""#, "malformed Some(1)"),
        (r#","sub":"user:alice""#, "", "malformed Some(1)"),
        (r#""del_depth":1"#, r#""del_depth":2"#, "depth_invalid Some(1)"),
        (r#""del_depth":1"#, r#""del_depth":"1""#, "depth_invalid Some(1)"),
        (r#""del_max_depth":3"#, r#""del_max_depth":4"#, "not_narrower Some(1)"),
        (r#""del_max_depth":3"#, r#""del_max_depth":0"#, "depth_invalid Some(1)"),
        (r#""max":50"#, r#""max":101"#, "not_narrower Some(1)"),
        (r#""max":50"#, r#""min":50"#, "not_narrower Some(1)"),
        (r#""crm.read""#, r#""pay.send""#, "not_narrower Some(1)"),
        (r#""crm.read""#, r#""*""#, "malformed Some(1)"),
        (r#""type":"agent_delegation""#, r#""type":"other""#, "malformed Some(1)"),
        (&parent, &"A".repeat(43), "par_hash_mismatch Some(1)"),
        (&parent, "A", "par_hash_mismatch Some(1)"),
        (&planner, "someone", "delegator_mismatch Some(1)"),
        (&format!(r#""exp":{exp}"#), r#""exp":9999999999"#, "expired Some(1)"),
        (&format!(r#""exp":{exp}"#), r#""exp":1.5"#, "malformed Some(1)"),
        (&format!(r#""exp":{exp}"#), r#""exp":NaN"#, "non_finite Some(1)"),
        (&format!(r#""exp":{exp}"#), r#""exp":1e400"#, "non_finite Some(1)"),
        (&format!(r#""exp":{exp}"#), r#""exp":9007199254740991"#, "expired Some(1)"),
        (&format!(r#""exp":{exp}"#), r#""exp":9007199254740992"#, "malformed Some(1)"),
        (&format!(r#""exp":{exp}"#), r#""exp":"1""#, "malformed Some(1)"),
        (r#"{"aud""#, r#"{aud""#, "malformed Some(1)"),
        (r#"{"aud""#, r#"{ "aud""#, "non_canonical Some(1)"),
        (r#"{"aud""#, r#"{"zzz":1,"aud""#, "non_canonical Some(1)"),
        (r#"{"aud""#, r#"{"aud":1,"aud""#, "duplicate_member Some(1)"),
        (r#""jkt":""#, r#""jkt":"x"#, "malformed Some(1)"),
        (r#""client_id":"#, r#""client":"#, "malformed Some(1)"),
    ] {
        assert_eq!(changed(from, to), expected, "{from} -> {to} in {child}");
    }
}

#[test]
fn a_chain_has_so_many_tokens_so_long() {
    let refused = |tokens: &[&str]| read(tokens).map(|_| ()).unwrap_err().outcome;
    let longest = "x".repeat(limits::TOKEN_BYTES);
    assert_ne!(refused(&[&longest]), Outcome::TooLarge);
    assert_eq!(refused(&[&(longest + "x")]), Outcome::TooLarge);
    assert_ne!(refused(&["x"; limits::CHAIN_TOKENS]), Outcome::TooLarge);
    assert_eq!(refused(&["x"; limits::CHAIN_TOKENS + 1]), Outcome::TooLarge);
}

#[test]
fn each_refusal_names_its_step() {
    let tokens = chain();
    for (from, to, step) in [
        (r#""max":50"#, r#""max":101"#, "A4"),
        (r#""crm.read""#, r#""pay.send""#, "A4"),
        (r#""del_max_depth":3"#, r#""del_max_depth":4"#, "A4"),
        (r#""exp":"#, r#""exp":1e400,"x":"#, "A0"),
    ] {
        let payload = payload_of(&tokens[1]).replacen(from, to, 1);
        let child = compact(&header_of(&tokens[1]), &payload, "planner");
        assert_eq!(verify(&[&tokens[0], &child]).unwrap_err().step, step, "{to}");
    }
}

#[test]
fn a_holder_that_is_named_by_a_certificate_is_read_as_one() {
    let tokens = chain();
    let confirmed = |cnf: &str| {
        let payload = payload_of(&tokens[1]);
        let (before, after) = payload.split_once(r#""cnf":{"#).unwrap();
        let (_, after) = after.split_once("}}").unwrap();
        let child = format!(r#"{before}"cnf":{{{cnf}}}{after}"#);
        let child = compact(&header_of(&tokens[1]), &child, "planner");
        read(&[&tokens[0], &child]).map(|read| read[1].token.confirmation.clone())
    };
    let digest = "A".repeat(43);
    let certificate = confirmed(&format!(r#""x5t#S256":"{digest}""#)).unwrap();
    assert!(matches!(certificate, Confirmation::Certificate));
    for wrong in [r#""x5t#S256":"A""#, r#""x5t#S256":1"#, r#""jkt":1"#, ""] {
        assert_eq!(confirmed(wrong).unwrap_err().outcome, Outcome::Malformed, "{wrong}");
    }
}

#[test]
fn only_the_holder_of_the_token_above_signs() {
    let tokens = chain();
    assert_eq!(refused(&[&tokens[0], &tokens[1]]), "accepted");
    for signer in ["alice", "coder", "mallory"] {
        let child = compact(&header_of(&tokens[1]), &payload_of(&tokens[1]), signer);
        assert_eq!(refused(&[&tokens[0], &child]), "signature_invalid Some(1)", "{signer}");
        let root = compact(&header_of(&tokens[0]), &payload_of(&tokens[0]), "mallory");
        assert_eq!(refused(&[&root]), "untrusted_root Some(0)");
    }
    for (from, to, expected) in [
        ("Ed25519", "EdDSA", "signature_invalid Some(1)"),
        ("Ed25519", "HS256", "signature_invalid Some(1)"),
        ("at+jwt", "aat+jwt", "malformed Some(1)"),
        (r#"{"alg""#, r#"{"crit":["x"],"x":1,"alg""#, "non_canonical Some(1)"),
    ] {
        let header = header_of(&tokens[1]).replacen(from, to, 1);
        let child = compact(&header, &payload_of(&tokens[1]), "planner");
        assert_eq!(refused(&[&tokens[0], &child]), expected, "{to}");
    }
    let asked = grant("coder", held());
    for stranger in ["alice", "coder"] {
        let refused = derive(&tokens[0], &asked, &world::key(stranger)).unwrap_err();
        assert_eq!(refused.outcome.as_str(), "holder_binding_failed");
    }
}

#[test]
fn a_root_speaks_for_the_principal_of_its_anchor_alone() {
    let issuer = world::issuer("alice");
    let key = world::key("alice");
    for (principal, issuer, expected) in [
        ("user:alice", issuer.as_str(), "accepted"),
        ("user:bob", issuer.as_str(), "untrusted_root Some(0)"),
        ("user:alice", "https://other", "issuer_mismatch Some(0)"),
    ] {
        let root = mint(&grant("planner", held()), (principal, issuer), &key).unwrap();
        assert_eq!(refused(&[&root]), expected);
    }
}

#[test]
fn a_holder_that_is_named_by_thumbprint_alone_has_to_be_known() {
    let issuer = world::issuer("alice");
    let key = world::key("alice");
    let bound_to = |name: &str| {
        let root = mint(&grant(name, held()), ("user:alice", &issuer), &key).unwrap();
        let mut claims = claims_of(&root);
        let thumbprint = world::public_key(name).thumbprint().to_string();
        claims.set("cnf", procura_core::json::Object::new().with("jkt", thumbprint));
        let root = compact(&header_of(&root), &claims.to_canonical().unwrap(), "alice");
        let child = derive(&root, &grant("coder", held()), &world::key(name)).unwrap();
        refused(&[&root, &child])
    };
    assert_eq!(bound_to("planner"), "accepted");
    assert_eq!(bound_to("tester"), "signature_invalid Some(1)");
}

#[test]
fn a_chain_is_as_long_as_its_root_allows() {
    let issuer = world::issuer("alice");
    let key = world::key("alice");
    let first = Grant { further: 0, ..grant("planner", held()) };
    let root = mint(&first, ("user:alice", &issuer), &key).unwrap();
    let refused = derive(&root, &grant("coder", held()), &world::key("planner")).unwrap_err();
    assert_eq!(refused.outcome.as_str(), "depth_invalid");
    let first = Grant { further: u32::MAX, ..grant("planner", held()) };
    let root = mint(&first, ("user:alice", &issuer), &key).unwrap();
    let mut tokens = vec![root];
    for hop in 1..limits::CHAIN_TOKENS {
        let asked = Grant { id: hop.to_string(), further: 9, ..grant("planner", held()) };
        tokens.push(derive(tokens.last().unwrap(), &asked, &world::key("planner")).unwrap());
    }
    let all: Vec<&str> = tokens.iter().map(String::as_str).collect();
    assert!(verify(&all).is_ok());
    assert!(derive(all.last().unwrap(), &grant("x", held()), &world::key("planner")).is_err());
    let longer: Vec<&str> = all.iter().copied().chain([all[0]]).collect();
    assert_eq!(self::refused(&longer), "too_large None");
    assert_eq!(self::refused(&[]), "malformed None");
    let long = "x".repeat(limits::TOKEN_BYTES + 1);
    assert_eq!(self::refused(&[&long]), "too_large None");
}

#[test]
fn time_is_over_for_all_when_it_is_over_for_one() {
    let tokens = chain();
    let all = [tokens[0].as_str(), tokens[1].as_str()];
    let at = |seconds: i64| {
        let now = Timestamp::from_seconds(world::NOW.as_seconds() + seconds);
        verify_at(&all, now).err().map(|refusal| refusal.outcome.as_str())
    };
    assert_eq!(at(599), None);
    assert_eq!(at(600), Some("expired"));
    assert_eq!(at(-30), None);
    assert_eq!(at(-31), Some("not_yet_valid"));
}

#[test]
fn what_would_be_refused_is_not_signed() {
    let issuer = world::issuer("alice");
    let key = world::key("alice");
    let make = |grant: &Grant| mint(grant, ("user:alice", &issuer), &key);
    let empty = Grant { authority: authority("[]", "[]"), ..grant("planner", held()) };
    assert_eq!(make(&empty).unwrap_err().outcome.as_str(), "scope_not_granted");
    let over = Grant { expires: world::NOW, ..grant("planner", held()) };
    assert_eq!(make(&over).unwrap_err().outcome.as_str(), "expired");
    let nameless = Grant { client_id: String::new(), ..grant("planner", held()) };
    assert_eq!(make(&nameless).unwrap_err().outcome.as_str(), "malformed");
}

#[test]
fn a_flipped_bit_anywhere_is_refused() {
    let tokens = chain();
    let bytes = tokens[1].as_bytes();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 1 << bit;
            if let Ok(text) = String::from_utf8(flipped) {
                assert!(verify(&[&tokens[0], &text]).is_err(), "byte {at}, bit {bit}");
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_derived_verifies_and_is_below_both(above in detail(), asked in detail()) {
        let issuer = world::issuer("alice");
        let root = mint(&grant("planner", above.clone()), ("user:alice", &issuer), &world::key("alice"));
        let Ok(root) = root else {
            prop_assert!(above.is_empty());
            return Ok(());
        };
        if let Ok(child) = derive(&root, &grant("coder", asked.clone()), &world::key("planner")) {
            let chain = verify(&[&root, &child]).unwrap();
            let given = &chain.get().leaf().authority;
            prop_assert!(given.check_within(&above).is_ok() && given.check_within(&asked).is_ok());
        } else {
            prop_assert!(above.meet(&asked).map_or(true, |meet| meet.is_empty()));
        }
    }
}

#[test]
fn a_token_that_was_read_says_what_it_claims() {
    let tokens = chain();
    let read = read(&[&tokens[0]]).unwrap();
    let token = &read[0].token;
    assert_eq!((token.id.as_str(), token.depth, token.parent), ("token-for-planner", 0, None));
    assert_eq!(token.issuer, world::issuer("alice"));
    assert_eq!(token.principal, "user:alice");
    assert_eq!(token.audience, [AUDIENCE]);
}
