//! Signed requests: what must be covered, by whose key, for how long, and once.

use procura_core::{
    http_signature::{
        AUTHORITY_FIELDS, Field, HttpMessage, HttpRequest, Scheme, SigningTerms, content_digest,
        sign_request, signature_base,
    },
    key::NamedKey,
    limits,
    proof::{HttpRules, SignedRequest, Verified, verify_signed_request},
    refusal::Refusal,
    structured_field::{Bare, Dictionary, Member},
};
use procura_testkit::world::{self, NOW};

use crate::foreign::{after, before, sign, told, verifying_key};

const TAG: &str = "procura";
pub(crate) const BODY: &[u8] = br#"{"method":"tools/call"}"#;

pub(crate) fn plain<'a>(fields: &'a [Field<'a>]) -> HttpRequest<'a> {
    HttpRequest {
        method: "POST",
        scheme: Scheme::Https,
        authority: "gateway.example",
        target: "/mcp?session=1",
        fields,
        body: BODY,
    }
}

pub(crate) fn terms() -> SigningTerms<'static> {
    SigningTerms { label: "sig1", tag: TAG, nonce: "n-1", created: before(10), expires: after(50) }
}

pub(crate) fn keys() -> Vec<NamedKey> {
    ["planner", "coder", "p256:planner"]
        .into_iter()
        .map(|name| NamedKey::by_thumbprint(verifying_key(name)))
        .collect()
}

pub(crate) fn rules(keys: &[NamedKey]) -> HttpRules<'_> {
    HttpRules { tag: TAG, keys, nonce: None, now: NOW }
}

/// Fields with what they own, so that a test can change them.
pub(crate) type Fields = Vec<(String, String)>;

fn owned(fields: &[Field<'_>]) -> Fields {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// The good request, signed by the planner.
pub(crate) fn signed(fields: &[Field<'_>]) -> Fields {
    signed_as(fields, &terms())
}

pub(crate) fn signed_as(fields: &[Field<'_>], terms: &SigningTerms<'_>) -> Fields {
    let signature = sign_request(&plain(fields), terms, &world::key("planner")).unwrap();
    let mut fields = owned(fields);
    fields.push(("Signature-Input".into(), signature.signature_input));
    fields.push(("Signature".into(), signature.signature));
    let digest = signature.content_digest.map(|digest| ("Content-Digest".into(), digest));
    fields.extend(digest);
    fields
}

pub(crate) fn verify(request: &HttpRequest<'_>) -> Result<Verified<SignedRequest>, Refusal> {
    let keys = keys();
    verify_signed_request(request, &rules(&keys))
}

/// What becomes of `request` with these fields.
pub(crate) fn judged(fields: &Fields, request: HttpRequest<'_>) -> String {
    let fields: Vec<Field<'_>> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    told(verify(&HttpRequest { fields: &fields, ..request }))
}

pub(crate) fn verified(fields: &Fields) -> SignedRequest {
    let fields: Vec<Field<'_>> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    verify(&plain(&fields)).unwrap().get().clone()
}

/// Signs whatever `input` says, with the good body's digest beside `fields`.
pub(crate) fn forged(fields: &[Field<'_>], input: &str, signer: &str) -> Fields {
    let digest = content_digest(BODY);
    let mut all = fields.to_vec();
    all.push(("content-digest", &digest));
    let dictionary = Dictionary::parse(&format!("sig1={input}")).unwrap();
    let Some(Member::InnerList(list)) = dictionary.get("sig1") else { panic!("{input}") };
    let base = signature_base(&HttpMessage::Request(&plain(&all)), list).unwrap();
    let signature = Bare::Bytes(sign(signer, base.as_bytes()));
    let mut fields = owned(&all);
    fields.push(("signature-input".into(), format!("sig1={input}")));
    fields.push(("signature".into(), format!("sig1={signature}")));
    fields
}

fn thumbprint(name: &str) -> String {
    verifying_key(name).thumbprint().to_string()
}

/// The parameters of a good signature by `name`.
pub(crate) fn parameters(name: &str) -> String {
    let (created, expires) = (before(10), after(50));
    format!(
        r#";created={created};expires={expires};keyid="{}";nonce="n-1";tag="procura""#,
        thumbprint(name)
    )
}

pub(crate) const COVERED: &str = r#""@method" "@target-uri" "content-digest""#;

#[test]
fn a_signed_request_is_good_and_says_what_was_covered() {
    let request = verified(&signed(&[("Authorization", "DPoP token")]));
    assert_eq!(request.key(), &verifying_key("planner"));
    assert_eq!(request.covered("@method"), Some("POST"));
    assert_eq!(request.covered("@target-uri"), Some("https://gateway.example/mcp?session=1"));
    assert_eq!(request.covered("authorization"), Some("DPoP token"));
    assert_eq!(request.covered("content-digest"), Some(content_digest(BODY).as_str()));
    assert_eq!(request.covered("host"), None);
    assert_eq!(request.forgettable(), after(110));
}

#[test]
fn a_request_without_a_body_needs_no_digest() {
    let request = HttpRequest { body: b"", method: "GET", ..plain(&[]) };
    let signature = sign_request(&request, &terms(), &world::key("planner")).unwrap();
    assert_eq!(signature.content_digest, None);
    let fields = [
        ("signature-input", signature.signature_input.as_str()),
        ("signature", signature.signature.as_str()),
    ];
    assert_eq!(told(verify(&HttpRequest { fields: &fields, ..request })), "ok");
    let with_body = HttpRequest { fields: &fields, body: b"{}", ..request };
    assert_eq!(told(verify(&with_body)), "H6 holder_binding_failed");
}

#[test]
fn a_key_of_the_other_kind_signs_too() {
    let input = format!("({COVERED}){}", parameters("p256:planner"));
    assert_eq!(judged(&forged(&[], &input, "p256:planner"), plain(&[])), "ok");
    assert_eq!(judged(&forged(&[], &input, "planner"), plain(&[])), "H9 signature_invalid",);
}

#[test]
fn sig_01_what_must_be_covered_is_covered() {
    let all = [r#""@method""#, r#""@target-uri""#, r#""content-digest""#];
    for without in all {
        let covered: Vec<&str> = all.into_iter().filter(|name| *name != without).collect();
        let input = format!("({}){}", covered.join(" "), parameters("planner"));
        let outcome = judged(&forged(&[], &input, "planner"), plain(&[]));
        assert_eq!(outcome, "H6 holder_binding_failed", "{without}");
    }
    for covered in [
        r#""@method" "@target-uri" "content-digest";sf"#,
        r#""@method" "@target-uri" "content-digest";bs"#,
        r#""@method" "@target-uri" "content-digest";key="sha-256""#,
        r#""@method" "@authority" "@path" "content-digest""#,
    ] {
        let input = format!("({covered}){}", parameters("planner"));
        let outcome = judged(&forged(&[], &input, "planner"), plain(&[]));
        assert_eq!(outcome, "H6 holder_binding_failed", "{covered}");
    }
    let input = format!("({COVERED} \"@query\"){}", parameters("planner"));
    assert_eq!(judged(&forged(&[], &input, "planner"), plain(&[])), "ok");
}

#[test]
fn sig_01_a_body_that_was_replaced_is_refused() {
    let fields = signed(&[]);
    let outcome = judged(&fields, HttpRequest { body: b"{}", ..plain(&[]) });
    assert_eq!(outcome, "H10 holder_binding_failed");
    let outcome = judged(&fields, HttpRequest { body: b"", ..plain(&[]) });
    assert_eq!(outcome, "H10 holder_binding_failed");
}

#[test]
fn sig_02_a_digest_that_was_replaced_with_the_body_is_refused() {
    let other = content_digest(b"{}");
    let mut fields = signed(&[]);
    fields.retain(|(name, _)| name != "Content-Digest");
    fields.push(("Content-Digest".into(), other.clone()));
    let outcome = judged(&fields, HttpRequest { body: b"{}", ..plain(&[]) });
    assert_eq!(outcome, "H9 signature_invalid");
    // Covered and wrong from the start.
    let fields = signed(&[("content-digest", &other)]);
    assert_eq!(judged(&fields, plain(&[])), "H10 holder_binding_failed");
    let two = format!("{}, {other}", content_digest(BODY).replace("256", "512"));
    let fields = signed(&[("content-digest", &two)]);
    assert_eq!(judged(&fields, plain(&[])), "H10 holder_binding_failed");
    let weak = format!("{}, md5=:AAAA:", content_digest(BODY));
    let fields = signed(&[("content-digest", &weak)]);
    assert_eq!(judged(&fields, plain(&[])), "H10 holder_binding_failed");
}

#[test]
fn sig_03_and_04_another_host_query_method_or_scheme_is_another_request() {
    let fields = signed(&[]);
    let changes = [
        HttpRequest { authority: "other.example", ..plain(&[]) },
        HttpRequest { authority: "gateway.example:8443", ..plain(&[]) },
        HttpRequest { target: "/mcp?session=2", ..plain(&[]) },
        HttpRequest { target: "/mcp", ..plain(&[]) },
        HttpRequest { method: "PUT", ..plain(&[]) },
        HttpRequest { scheme: Scheme::Http, ..plain(&[]) },
    ];
    for change in changes {
        assert_eq!(judged(&fields, change), "H9 signature_invalid");
    }
    let same = HttpRequest { authority: "GATEWAY.example:443", ..plain(&[]) };
    assert_eq!(judged(&fields, same), "ok");
}

#[test]
fn a_field_that_says_who_may_do_what_cannot_be_added_or_changed() {
    for name in AUTHORITY_FIELDS {
        let mut fields = signed(&[]);
        fields.push((name.to_uppercase(), "stolen".into()));
        assert_eq!(judged(&fields, plain(&[])), "H6 holder_binding_failed", "{name}");
        let mut fields = signed(&[(name, "mine")]);
        assert_eq!(judged(&fields, plain(&[])), "ok", "{name}");
        fields[0].1 = "stolen".into();
        assert_eq!(judged(&fields, plain(&[])), "H9 signature_invalid", "{name}");
        fields[0].1 = "mine".into();
        fields.push((name.into(), "stolen".into()));
        assert_eq!(judged(&fields, plain(&[])), "H9 signature_invalid", "{name}");
        fields.retain(|(field, _)| field != name);
        assert_eq!(judged(&fields, plain(&[])), "H8 malformed", "{name}");
    }
}

#[test]
fn sig_05_of_two_signatures_none_is_chosen() {
    let good = signed(&[]);
    let value = |name: &str| &good.iter().find(|(field, _)| field == name).unwrap().1;
    let (input, signature) = (value("Signature-Input"), value("Signature"));
    let with = |input: String, signature: String| {
        let mut fields = good.clone();
        fields[0].1 = input;
        fields[1].1 = signature;
        judged(&fields, plain(&[]))
    };
    let second =
        |label: &str| (input.replacen("sig1", label, 1), signature.replacen("sig1", label, 1));
    let (other, other_signature) = second("sig2");
    let joined = format!("{input}, {other}");
    assert_eq!(with(joined, format!("{signature}, {other_signature}")), "H3 malformed");
    // One of a stranger for another purpose is left alone.
    let strange = format!("{input}, sig2=();tag=\"other\"");
    assert_eq!(with(strange, format!("{signature}, sig2=:AAAA:")), "ok");
    // The same label twice, in one line or in two.
    assert_eq!(with(format!("{input}, {input}"), signature.clone()), "H2 malformed");
    let mut twice = good.clone();
    twice.push(good[0].clone());
    assert_eq!(judged(&twice, plain(&[])), "H2 malformed");
    // The input of one label and the signature of another.
    assert_eq!(with(other.clone(), signature.clone()), "H3 malformed");
    assert_eq!(with(other, other_signature), "ok");
}

#[test]
fn so_many_signatures_and_no_more_are_read() {
    let good = signed(&[]);
    let with = |more: usize| {
        let mut fields = good.clone();
        for number in 0..more {
            fields[0].1.push_str(&format!(", x{number}=()"));
            fields[1].1.push_str(&format!(", x{number}=::"));
        }
        judged(&fields, plain(&[]))
    };
    assert_eq!(with(limits::HTTP_SIGNATURES - 1), "ok");
    assert_eq!(with(limits::HTTP_SIGNATURES), "H1 too_large");
    let mut fields = good.clone();
    let room = limits::HTTP_FIELD_BYTES - fields[0].1.len() - ", x=\"\"".len();
    fields[0].1.push_str(&format!(", x=\"{}\"", "y".repeat(room)));
    assert_eq!(judged(&fields, plain(&[])), "ok");
    fields[0].1.insert(0, ' ');
    assert_eq!(judged(&fields, plain(&[])), "H1 too_large");
}

#[test]
fn a_request_without_a_signature_of_ours_has_none() {
    assert_eq!(told(verify(&plain(&[]))), "H1 credential_missing");
    let mut fields = signed(&[]);
    fields.remove(1);
    assert_eq!(judged(&fields, plain(&[])), "H1 credential_missing");
    let other = signed_as(&[], &SigningTerms { tag: "web-bot-auth", ..terms() });
    assert_eq!(judged(&other, plain(&[])), "H3 credential_missing");
    for bad in ["sig1", "sig1=1", "sig1=(", "=", "sig1=();tag=procura"] {
        let mut fields = signed(&[]);
        fields[0].1 = bad.into();
        let outcome = judged(&fields, plain(&[]));
        assert!(matches!(&*outcome, "H2 malformed" | "H3 credential_missing"), "{bad}: {outcome}");
    }
}

#[test]
fn sig_06_the_algorithm_is_that_of_the_key() {
    for (alg, outcome) in [
        ("ed25519", "ok"),
        ("hmac-sha256", "H7 alg_or_type_refused"),
        ("ecdsa-p256-sha256", "H7 alg_or_type_refused"),
        ("rsa-pss-sha512", "H7 alg_or_type_refused"),
        ("Ed25519", "H7 alg_or_type_refused"),
        ("none", "H7 alg_or_type_refused"),
    ] {
        let input = format!("({COVERED}){};alg=\"{alg}\"", parameters("planner"));
        assert_eq!(judged(&forged(&[], &input, "planner"), plain(&[])), outcome, "{alg}");
    }
}

#[test]
fn a_key_that_is_not_known_signs_nothing() {
    let input = format!("({COVERED}){}", parameters("mallory"));
    let outcome = judged(&forged(&[], &input, "mallory"), plain(&[]));
    assert_eq!(outcome, "H7 untrusted_root");
    let input = format!("({COVERED}){}", parameters("coder"));
    let outcome = judged(&forged(&[], &input, "mallory"), plain(&[]));
    assert_eq!(outcome, "H9 signature_invalid");
}

#[test]
fn a_parameter_that_is_missing_unknown_or_of_another_type_is_refused() {
    let good = parameters("planner");
    for name in ["created", "expires", "keyid", "nonce"] {
        let kept: Vec<&str> =
            good.split(';').skip(1).filter(|part| !part.starts_with(name)).collect();
        let input = format!("({COVERED});{}", kept.join(";"));
        let outcome = judged(&forged(&[], &input, "planner"), plain(&[]));
        assert_eq!(outcome, "H4 malformed", "{name}");
        for value in ["?1", "word", "::", "\"\"", "-1"] {
            let input = format!("{input};{name}={value}");
            let outcome = judged(&forged(&[], &input, "planner"), plain(&[]));
            assert_eq!(outcome, "H4 malformed", "{name}={value}");
        }
    }
    for unknown in [";x=1", ";alg=1", ";alg=ed25519", ";wimse-aud=\"a\""] {
        let input = format!("({COVERED}){good}{unknown}");
        let outcome = judged(&forged(&[], &input, "planner"), plain(&[]));
        assert_eq!(outcome, "H4 malformed", "{unknown}");
    }
}
