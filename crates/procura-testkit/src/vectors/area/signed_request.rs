//! Signed requests (RFC 9421, RFC 9530): what is covered, when, by whom, and over what.

use base64ct::{Base64, Encoding as _};
use procura_core::{
    http_signature::{HttpMessage, HttpRequest, Scheme, content_digest, signature_base},
    json::Object,
    structured_field::{Dictionary, Member},
};
use sha2::{Digest as _, Sha512};

use super::{
    foreign::{hash, keys, sign, thumbprint},
    scene::with_rule,
};
use crate::{
    vectors::{
        Case,
        case::{Cases, Expected, deny, output},
        forge::malleate,
    },
    world,
};

/// The body of the usual request.
pub(super) const BODY: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
/// What a request with a body has to cover.
pub(super) const COVERED: &str = r#""@method" "@target-uri" "content-digest""#;

/// Fields, each with its value.
pub(super) type Fields = Vec<[String; 2]>;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("signed_request");
    cases.add(
        "signed_request_good",
        "Method, address and body are signed by the planner.",
        (input(&request(&usual())), seen("planner")),
    );
    changed(&mut cases);
    parameters(&mut cases);
    moments(&mut cases);
    signers(&mut cases);
    digests(&mut cases);
    nonces(&mut cases);
    cases.done()
}

/// The parameters of a good signature by `name`.
pub(super) fn terms(name: &str) -> String {
    let key = thumbprint(name);
    format!(r#";created=1799999990;expires=1800000050;keyid="{key}";nonce="n-1";tag="procura""#)
}

/// The fields of the usual request.
pub(super) fn usual() -> Fields {
    signed(&[], &format!("({COVERED}){}", terms("planner")), "planner")
}

/// `fields` with the digest of the usual body, and a signature over what `list` says.
///
/// Where that has no base, the signature is over nothing.
pub(super) fn signed(fields: &[(&str, &str)], list: &str, signer: &str) -> Fields {
    let digest = content_digest(BODY.as_bytes());
    let mut all = fields.to_vec();
    all.push(("Content-Digest", &digest));
    signed_as_it_is(&all, list, signer)
}

/// The same without a digest.
fn signed_as_it_is(fields: &[(&str, &str)], list: &str, signer: &str) -> Fields {
    let request = HttpRequest {
        method: "POST",
        scheme: Scheme::Https,
        authority: "gateway.procura.test",
        target: "/mcp?session=1",
        fields,
        body: BODY.as_bytes(),
    };
    let signature = Base64::encode_string(&sign(signer, base(&request, list).as_bytes()));
    let owned = |(name, value): &(&str, &str)| [(*name).to_owned(), (*value).to_owned()];
    let mut fields: Fields = fields.iter().map(owned).collect();
    fields.push(["Signature-Input".into(), format!("sig1={list}")]);
    fields.push(["Signature".into(), format!("sig1=:{signature}:")]);
    fields
}

fn base(request: &HttpRequest<'_>, list: &str) -> String {
    let dictionary = Dictionary::parse(&format!("sig1={list}")).unwrap_or_default();
    let base = match dictionary.get("sig1") {
        Some(Member::InnerList(list)) => signature_base(&HttpMessage::Request(request), list).ok(),
        Some(Member::Item(_)) | None => None,
    };
    base.unwrap_or_default()
}

/// The usual request with these fields.
pub(super) fn request(fields: &Fields) -> Object {
    let fields: Vec<Vec<String>> = fields.iter().map(|field| field.to_vec()).collect();
    Object::new()
        .with("method", "POST")
        .with("scheme", "https")
        .with("authority", "gateway.procura.test")
        .with("target", "/mcp?session=1")
        .with("fields", fields)
        .with("body", BODY)
}

/// The input of `signed_request` at the usual place.
pub(super) fn input(request: &Object) -> Object {
    let names = ["planner", "coder", "p256:planner"];
    let ids = names.map(thumbprint);
    let named: Vec<(&str, &str)> = ids.iter().map(String::as_str).zip(names).collect();
    let rules = Object::new()
        .with("tag", "procura")
        .with("keys", keys(&named))
        .with("now", world::NOW.as_seconds());
    Object::new().with("request", request.clone()).with("rules", rules)
}

/// The usual request with credentials, signed as a whole.
pub(super) fn with_authorization(authorization: Option<&str>, signer: &str) -> Object {
    let fields: Vec<(&str, &str)> =
        authorization.map(|value| ("Authorization", value)).into_iter().collect();
    let also = if fields.is_empty() { "" } else { r#" "authorization""# };
    let list = format!("({COVERED}{also}){}", terms(signer));
    input(&request(&signed(&fields, &list, signer)))
}

/// What a good request of `signer` says; the replay key is that of
/// `docs/formats/http-signature.md`.
pub(super) fn seen(signer: &str) -> Expected {
    let key = thumbprint(signer);
    let replay_key = hash(&format!("procura\n{key}\nn-1"));
    let seen = Object::new().with("key", key).with("replay_key", replay_key);
    output(seen.with("forget_at", 1_800_000_110_i64))
}

/// A part of the request that is not as it was signed, and who refuses it.
const CHANGED: &[(&str, &str, &str, (&str, &str))] = &[
    ("other_method", "method", "DELETE", ("signature_invalid", "H9")),
    ("method_in_lower_case", "method", "post", ("signature_invalid", "H9")),
    ("method_with_space", "method", "POST /", ("malformed", "H8")),
    ("method_empty", "method", "", ("malformed", "H8")),
    ("other_scheme", "scheme", "http", ("signature_invalid", "H9")),
    ("other_authority", "authority", "other.test", ("signature_invalid", "H9")),
    ("other_port", "authority", "gateway.procura.test:8443", ("signature_invalid", "H9")),
    ("authority_with_user", "authority", "alice@gateway.procura.test", ("malformed", "H8")),
    ("other_path", "target", "/admin?session=1", ("signature_invalid", "H9")),
    ("other_query", "target", "/mcp?session=2", ("signature_invalid", "H9")),
    ("without_query", "target", "/mcp", ("signature_invalid", "H9")),
    ("longer_query", "target", "/mcp?session=1&admin=1", ("signature_invalid", "H9")),
    ("escaped_path", "target", "/%6Dcp?session=1", ("signature_invalid", "H9")),
    ("absolute_target", "target", "https://gateway.procura.test/mcp", ("malformed", "H8")),
    ("asterisk_target", "target", "*", ("malformed", "H8")),
    ("target_with_fragment", "target", "/mcp?session=1#x", ("malformed", "H8")),
    ("other_body", "body", r#"{"jsonrpc":"2.0","id":2}"#, ("holder_binding_failed", "H10")),
    ("without_body", "body", "", ("holder_binding_failed", "H10")),
];

fn changed(cases: &mut Cases) {
    let whole = request(&usual());
    for (name, what, part, value) in [
        (
            "authority_in_capitals",
            "The authority in capitals.",
            "authority",
            "Gateway.Procura.Test",
        ),
        ("usual_port", "The scheme's own port.", "authority", "gateway.procura.test:443"),
    ] {
        let case = (input(&whole.clone().with(part, value)), seen("planner"));
        cases.add(&format!("signed_request_{name}"), what, case);
    }
    cases.near("signed_request_good");
    for (name, part, value, (outcome, step)) in CHANGED {
        let what = format!("The request arrives with the {part} `{value}`.");
        let case = (input(&whole.clone().with(part, *value)), deny(outcome, step));
        cases.add(&format!("signed_request_{name}"), &what, case);
    }
}

/// A name, the parameters of a signature in which `KEY` is the planner's, and who refuses
/// them.
const PARAMETERS: &[(&str, &str, (&str, &str))] = &[
    (
        "created_missing",
        r#";expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "expires_missing",
        r#";created=1799999990;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "keyid_missing",
        r#";created=1799999990;expires=1800000050;nonce="n-1";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "nonce_missing",
        r#";created=1799999990;expires=1800000050;keyid="KEY";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "nonce_empty",
        r#";created=1799999990;expires=1800000050;keyid="KEY";nonce="";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "created_text",
        r#";created="now";expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "created_negative",
        r#";created=-1;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "created_fraction",
        r#";created=1799999990.5;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H2"),
    ),
    (
        "created_date",
        r#";created=@1799999990;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H2"),
    ),
    (
        "created_twice",
        r#";created=1;created=1799999990;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H2"),
    ),
    (
        "keyid_word",
        r#";created=1799999990;expires=1800000050;keyid=planner;nonce="n-1";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "alg_word",
        r#";alg=ed25519;created=1799999990;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "parameter_unknown",
        r#";created=1799999990;expires=1800000050;keyid="KEY";nonce="n-1";only;tag="procura""#,
        ("malformed", "H4"),
    ),
    (
        "tag_word",
        r#";created=1799999990;expires=1800000050;keyid="KEY";nonce="n-1";tag=procura"#,
        ("credential_missing", "H3"),
    ),
    (
        "keyid_unknown",
        r#";created=1799999990;expires=1800000050;keyid="other";nonce="n-1";tag="procura""#,
        ("untrusted_root", "H7"),
    ),
    (
        "alg_of_another_kind",
        r#";alg="ecdsa-p256-sha256";created=1799999990;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("alg_or_type_refused", "H7"),
    ),
    (
        "alg_hmac",
        r#";alg="hmac-sha256";created=1799999990;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("alg_or_type_refused", "H7"),
    ),
    (
        "alg_of_a_jws",
        r#";alg="EdDSA";created=1799999990;expires=1800000050;keyid="KEY";nonce="n-1";tag="procura""#,
        ("alg_or_type_refused", "H7"),
    ),
];

/// The usual request, signed by the planner under these parameters.
fn under(parameters: &str) -> Object {
    let parameters = parameters.replace("KEY", &thumbprint("planner"));
    input(&request(&signed(&[], &format!("({COVERED}){parameters}"), "planner")))
}

fn parameters(cases: &mut Cases) {
    let named = format!(r#";alg="ed25519"{}"#, terms("planner"));
    cases.add(
        "signed_request_alg",
        "It names the key's algorithm.",
        (under(&named), seen("planner")),
    );
    for (name, parameters, (outcome, step)) in PARAMETERS {
        let what = format!("Signed under `{parameters}`.");
        cases.add(
            &format!("signed_request_{name}"),
            &what,
            (under(parameters), deny(outcome, step)),
        );
    }
}

fn moments(cases: &mut Cases) {
    let at = |created: i64, expires: i64| {
        under(&format!(
            r#";created={created};expires={expires};keyid="KEY";nonce="n-1";tag="procura""#
        ))
    };
    let forgotten = |at: i64| {
        let Expected::Allow(Some(seen)) = seen("planner") else { panic!("it is good") };
        let seen = seen.as_object().cloned().unwrap_or_default();
        output(seen.with("forget_at", at))
    };
    for (name, what, created, expires) in [
        ("last_second", "A signature in its last second.", 1_799_999_701, 1_800_000_001),
        ("ahead", "A clock that is 30 seconds ahead.", 1_800_000_030, 1_800_000_330),
    ] {
        let case = (at(created, expires), forgotten(expires.saturating_add(60)));
        cases.add(&format!("signed_request_{name}"), what, case);
    }
    for (name, what, (created, expires), outcome) in [
        ("over", "Its time is over.", (1_799_999_900, 1_800_000_000), "expired"),
        ("early", "It was signed for later.", (1_800_000_031, 1_800_000_060), "not_yet_valid"),
        ("backwards", "It ends when it begins.", (1_800_000_010, 1_800_000_010), "malformed"),
        ("too_long", "It is good for 301 seconds.", (1_799_999_990, 1_800_000_291), "too_large"),
    ] {
        let case = (at(created, expires), deny(outcome, "H5"));
        cases.add(&format!("signed_request_{name}"), what, case);
    }
}

fn signers(cases: &mut Cases) {
    let by = |list: &str, signer| input(&request(&signed(&[], list, signer)));
    let list = |name: &str| format!("({COVERED}){}", terms(name));
    let ec = by(&list("p256:planner"), "p256:planner");
    cases.add("signed_request_p256", "A P-256 key.", (ec, seen("p256:planner")));
    let with = format!(r#"({COVERED});alg="ed25519"{}"#, terms("p256:planner"));
    let other = (by(&with, "p256:planner"), deny("alg_or_type_refused", "H7"));
    cases.add("signed_request_p256_as_ed25519", "The algorithm is not the key's.", other);
    cases.near("signed_request_good");
    for (name, what, signer) in [
        ("by_a_stranger", "Mallory signs under the planner's `keyid`.", "mallory"),
        ("by_another", "The coder signs under the planner's `keyid`.", "coder"),
    ] {
        let case = (by(&list("planner"), signer), deny("signature_invalid", "H9"));
        cases.add(&format!("signed_request_{name}"), what, case);
    }
    let mut fields = usual();
    if let Some([_, value]) = fields.last_mut() {
        let text = value.split(':').nth(1).unwrap_or_default();
        let mut bytes = [0_u8; 64];
        if Base64::decode(text, &mut bytes).is_err() {
            panic!("`{text}` is no signature");
        }
        malleate(&mut bytes);
        *value = format!("sig1=:{}:", Base64::encode_string(&bytes));
    }
    let malleated = (input(&request(&fields)), deny("signature_invalid", "H9"));
    cases.add("signed_request_malleated", "A signature whose S is not canonical.", malleated);
    let mut swapped = usual();
    if let Some([_, value]) = swapped.iter_mut().find(|[name, _]| name == "Signature-Input") {
        *value = value.replacen(r#""@method" "@target-uri""#, r#""@target-uri" "@method""#, 1);
    }
    let swapped = (input(&request(&swapped)), deny("signature_invalid", "H9"));
    cases.add("signed_request_other_order", "The components in another order.", swapped);
}

fn digests(cases: &mut Cases) {
    let list = format!("({COVERED}){}", terms("planner"));
    let digest = |value: &str| {
        let fields = signed_as_it_is(&[("Content-Digest", value)], &list, "planner");
        input(&request(&fields))
    };
    let good = content_digest(BODY.as_bytes());
    let long = format!("sha-512=:{}:", Base64::encode_string(&Sha512::digest(BODY.as_bytes())));
    for (name, what, value) in [
        ("sha_512", "A digest of another length.", long.clone()),
        ("two_digests", "Two digests of the body.", format!("{good}, {long}")),
    ] {
        cases.add(&format!("signed_request_{name}"), what, (digest(&value), seen("planner")));
    }
    let other = content_digest(b"other");
    let wrong_length = good.replace("sha-256", "sha-512");
    for (name, what, value) in [
        ("digest_of_another_body", "The digest of another body is signed.", other.clone()),
        (
            "second_digest_wrong",
            "The second digest is of another body.",
            format!("{long}, {other}"),
        ),
        ("digest_of_another_length", "A digest under another name.", wrong_length),
        ("digest_unknown", "An algorithm that is not read.", "md5=:AAAA:".into()),
        (
            "digest_beside_unknown",
            "One that is not read beside a good one.",
            format!("{good}, x=:AA==:"),
        ),
        ("digest_text", "A digest as text.", r#"sha-256="x""#.into()),
        ("digest_no_dictionary", "No dictionary.", "sha-256".into()),
        ("digest_empty", "No digest in the field.", String::new()),
    ] {
        let case = (digest(&value), deny("holder_binding_failed", "H10"));
        cases.add(&format!("signed_request_{name}"), what, case);
    }
}

fn nonces(cases: &mut Cases) {
    let asked = |nonce: &str| with_rule(input(&request(&usual())), "nonce", nonce);
    cases.add(
        "signed_request_nonce",
        "The nonce that was asked for.",
        (asked("n-1"), seen("planner")),
    );
    let other = (asked("n-2"), deny("nonce_required", "H11"));
    cases.add("signed_request_nonce_other", "An earlier nonce.", other);
}
