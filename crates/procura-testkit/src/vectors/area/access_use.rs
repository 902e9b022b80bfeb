//! Access tokens that are bound to a key, and that may have been taken back.

use procura_core::json::Object;

use super::{
    access_token::{claims, input, seen, token},
    dpop,
    foreign::{thumbprint, verifying_key},
    signed_request,
};
use crate::vectors::{
    Case,
    case::{Cases, Expected, deny, output},
    forge::canonical,
};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("access_token");
    with_proofs(&mut cases);
    confirmations(&mut cases);
    with_signatures(&mut cases);
    standings(&mut cases);
    cases.done()
}

fn jkt(holder: &str) -> Object {
    Object::new().with("jkt", thumbprint(holder))
}

fn jwk(holder: &str) -> Object {
    Object::new().with("jwk", verifying_key(holder).to_jwk())
}

fn bound(cnf: Object) -> String {
    token(&claims().with("cnf", cnf))
}

fn seen_with(possession: &str) -> Expected {
    output(seen().with("possession", possession))
}

/// The token, and the proof that comes with it.
fn proved(token: &str, proof: &str) -> Object {
    input(token).with("dpop", dpop::input(proof))
}

fn with_proofs(cases: &mut Cases) {
    let whole = bound(jkt("planner"));
    let unbound = token(&claims());
    let good = (proved(&whole, &dpop::proof_for(&whole, "planner")), seen_with("dpop"));
    cases.add("access_use_dpop", "The holder of the bound key proves it.", good);
    let failed = || deny("holder_binding_failed", "J8");
    for (name, what, input) in [
        ("without_proof", "A bound token, without a proof.", input(&whole)),
        (
            "proof_by_another",
            "Mallory has the token, and proves her own key.",
            proved(&whole, &dpop::proof_for(&whole, "mallory")),
        ),
        (
            "proof_for_another_token",
            "The right key, and a proof for another token.",
            proved(&whole, &dpop::proof_for(&unbound, "planner")),
        ),
        (
            "proof_for_no_token",
            "The right key, and a proof for no token.",
            proved(&whole, &dpop::proof_without_token()),
        ),
        (
            "proof_of_an_unbound_token",
            "A proof proves nothing of a token that is bound to no key.",
            proved(&unbound, &dpop::proof_for(&unbound, "planner")),
        ),
        (
            "other_kind_of_key",
            "The same name's key of the other kind.",
            proved(&whole, &dpop::proof_for(&whole, "p256:planner")),
        ),
    ] {
        cases.add(&format!("access_use_{name}"), what, (input, failed()));
    }
    let other_place = super::scene::with_rule(
        dpop::input(&dpop::proof_for(&whole, "planner")),
        "target",
        "https://gateway.procura.test/admin",
    );
    let other_place = input(&whole).with("dpop", other_place);
    let what = "A good proof, for another address.";
    cases.add(
        "access_use_proof_elsewhere",
        what,
        (other_place, deny("holder_binding_failed", "X5")),
    );
}

fn confirmations(cases: &mut Cases) {
    let proved = |cnf: Object, signer: &str| {
        let token = bound(cnf);
        proved(&token, &dpop::proof_for(&token, signer))
    };
    let both = |name: &str, key: &str| jkt(name).with("jwk", verifying_key(key).to_jwk());
    for (name, what, cnf, signer) in [
        ("jwk", "Bound to the key itself.", jwk("planner"), "planner"),
        ("p256", "Bound to a P-256 key.", jkt("p256:planner"), "p256:planner"),
        ("jwk_and_jkt", "Both, and they agree.", both("planner", "planner"), "planner"),
    ] {
        cases.add(&format!("access_use_{name}"), what, (proved(cnf, signer), seen_with("dpop")));
    }
    let thumbprint_of_a_certificate = jkt("planner").with("x5t#S256", thumbprint("planner"));
    for (name, what, cnf, outcome) in [
        (
            "jwk_and_jkt_differ",
            "A key, and the thumbprint of another.",
            both("planner", "coder"),
            "malformed",
        ),
        (
            "jkt_and_certificate",
            "Bound to a certificate as well, which is not checked here.",
            thumbprint_of_a_certificate,
            "holder_binding_failed",
        ),
        (
            "jwk_private",
            "The private key is in the token.",
            Object::new().with("jwk", verifying_key("planner").to_jwk().with("d", "AAAA")),
            "malformed",
        ),
    ] {
        let case = (proved(cnf, "planner"), deny(outcome, "J7"));
        cases.add(&format!("access_use_{name}"), what, case);
    }
}

fn with_signatures(cases: &mut Cases) {
    let whole = bound(jkt("planner"));
    let unbound = token(&claims());
    let signed = |token: &str, authorization: Option<&str>, signer: &str| {
        input(token).with("signed", signed_request::with_authorization(authorization, signer))
    };
    let carried = format!("DPoP {whole}");
    let good = signed(&whole, Some(&carried), "planner");
    let what = "The request is signed with the bound key, and carries the token.";
    cases.add("access_use_signature", what, (good, seen_with("signature")));
    let bearer = format!("bearer {whole}");
    let good = signed(&whole, Some(&bearer), "planner");
    let what = "The scheme's case does not count (RFC 9110, section 11.1).";
    cases.add("access_use_signature_scheme_in_lower_case", what, (good, seen_with("signature")));
    let failed = || deny("holder_binding_failed", "J8");
    let (other, basic) = (format!("DPoP {unbound}"), format!("Basic {whole}"));
    for (name, what, token, authorization, signer) in [
        ("by_another", "The coder signs.", &whole, Some(&carried), "coder"),
        ("of_another_token", "The request carries another token.", &whole, Some(&other), "planner"),
        ("of_no_token", "The request carries none.", &whole, None, "planner"),
        ("of_another_scheme", "A scheme that has no tokens.", &whole, Some(&basic), "planner"),
        ("of_an_unbound_token", "Bound to no key.", &unbound, Some(&other), "planner"),
    ] {
        let input = signed(token, authorization.map(String::as_str), signer);
        cases.add(&format!("access_use_signature_{name}"), what, (input, failed()));
    }
}

fn standings(cases: &mut Cases) {
    let status = r#"{"status_list":{"idx":7,"uri":"https://as.example/status/1"}}"#;
    let listed = token(&claims().with("status", crate::world::object(status)));
    let standing = |standing: &str| input(&listed).with("standing", standing);
    cases.add(
        "access_use_valid",
        "Its issuer says that it holds.",
        (standing("valid"), output(seen())),
    );
    let revoked = (standing("revoked"), deny("revoked", "J10"));
    cases.add("access_use_revoked", "Its issuer revoked it.", revoked);
    let unknown = (standing("unknown"), deny("status_unknown", "J10"));
    cases.add("access_use_unknown", "Nobody knows whether it holds.", unknown);
    let unasked = (input(&listed), deny("status_unknown", "J10"));
    cases.add("access_use_unasked", "Nothing was asked.", unasked);
    let without = input(&token(&claims())).with("standing", "revoked");
    let what = "A token that names no list: what a list says is of no other token.";
    cases.add("access_use_no_list", what, (without, output(seen())));
    let holder = canonical(&jkt("planner"));
    let both = token(
        &claims()
            .with("cnf", crate::world::object(&holder))
            .with("status", crate::world::object(status)),
    );
    let taken = proved(&both, &dpop::proof_for(&both, "planner")).with("standing", "revoked");
    let what = "The holder proves it, and it was revoked.";
    cases.add("access_use_proved_and_revoked", what, (taken, deny("revoked", "J10")));
}
