//! Web Bot Auth: which operator's agent this is, and nothing more.

use procura_core::{
    http_signature::{
        BotTerms, Field, HttpMessage, HttpRequest, Scheme, sign_as_bot, signature_base,
    },
    limits,
    proof::{BotAgent, Verified, WebBot, WebBotRules, verify_web_bot},
    refusal::Refusal,
    structured_field::{Bare, Dictionary, Member},
    time::Seconds,
};
use procura_testkit::world::{self, NOW};

use crate::foreign::{after, before, sign, told, verifying_key};

const AGENT: &str = "https://agent.example";
const DIRECTORY: &str = "https://agent.example/.well-known/http-message-signatures-directory";

fn plain<'a>(fields: &'a [Field<'a>]) -> HttpRequest<'a> {
    HttpRequest {
        method: "GET",
        scheme: Scheme::Https,
        authority: "site.example",
        target: "/page",
        fields,
        body: b"",
    }
}

fn agents() -> Vec<BotAgent> {
    let agent = |identifier: &str, keys: &[&str]| BotAgent {
        identifier: identifier.into(),
        keys: keys.iter().map(|name| verifying_key(name)).collect(),
    };
    vec![
        agent(DIRECTORY, &["bot", "p256:bot"]),
        agent("https://agent.example/jwks.json", &["jwks-bot"]),
        agent("https://other.example/.well-known/http-message-signatures-directory", &["other"]),
    ]
}

fn verify(request: &HttpRequest<'_>) -> Result<Verified<WebBot>, Refusal> {
    verify_within(request, limits::BOT_SIGNATURE_LIFETIME)
}

fn verify_within(
    request: &HttpRequest<'_>,
    max_lifetime: Seconds,
) -> Result<Verified<WebBot>, Refusal> {
    let agents = agents();
    verify_web_bot(request, &WebBotRules { agents: &agents, max_lifetime, now: NOW })
}

fn terms() -> BotTerms<'static> {
    BotTerms { label: "sig1", agent: AGENT, nonce: "n-1", created: before(10), expires: after(50) }
}

/// Signs whatever `components` says under label `sig1`, and prints what becomes of it.
fn forged(agent: &str, components: &str, signer: &str) -> String {
    let keyid = verifying_key(signer).thumbprint();
    let (created, expires) = (before(10), after(50));
    let input = format!(
        r#"sig1=({components});created={created};expires={expires};keyid="{keyid}";tag="web-bot-auth""#
    );
    let dictionary = Dictionary::parse(&input).unwrap();
    let Some(Member::InnerList(list)) = dictionary.get("sig1") else { panic!("{input}") };
    let fields = [("signature-agent", agent)];
    let base = signature_base(&HttpMessage::Request(&plain(&fields)), list);
    let Ok(base) = base else { return "unsignable".into() };
    let signature = format!("sig1={}", Bare::Bytes(sign(signer, base.as_bytes())));
    let fields =
        [("signature-agent", agent), ("signature-input", &*input), ("signature", &*signature)];
    told(verify(&plain(&fields)))
}

const MEMBER: &str = r#""@authority" "signature-agent";key="sig1""#;

#[test]
fn an_agent_whose_key_is_at_its_url_is_known_by_that_url() {
    let signature = sign_as_bot(&plain(&[]), &terms(), &world::key("bot")).unwrap();
    let agent = signature.signature_agent.unwrap();
    assert_eq!(agent, r#"sig1="https://agent.example""#);
    let fields = [
        ("Signature-Agent", &*agent),
        ("Signature-Input", &*signature.signature_input),
        ("Signature", &*signature.signature),
    ];
    let bot = verify(&plain(&fields)).unwrap();
    let bot = bot.get();
    assert_eq!((bot.identifier(), bot.nonce()), (DIRECTORY, Some("n-1")));
    assert_eq!(bot.key(), verifying_key("bot").thumbprint());
    assert_eq!(bot.covered("@method"), Some("GET"));
    assert_eq!(bot.covered("@target-uri"), Some("https://site.example/page"));
    for other in [
        HttpRequest { method: "PUT", ..plain(&fields) },
        HttpRequest { target: "/other", ..plain(&fields) },
        HttpRequest { authority: "evil.example", ..plain(&fields) },
    ] {
        assert_eq!(told(verify(&other)), "H9 signature_invalid");
    }
}

#[test]
fn a_signature_over_the_authority_alone_is_one_and_says_no_more() {
    assert_eq!(forged(r#"sig1="https://agent.example""#, MEMBER, "bot"), "ok");
    assert_eq!(forged(r#"sig1="https://agent.example""#, MEMBER, "p256:bot"), "ok");
    let target = r#""@target-uri" "signature-agent";key="sig1""#;
    assert_eq!(forged(r#"sig1="https://agent.example""#, target, "bot"), "ok");
    let neither = r#""@method" "signature-agent";key="sig1""#;
    let outcome = forged(r#"sig1="https://agent.example""#, neither, "bot");
    assert_eq!(outcome, "H6 holder_binding_failed");
}

#[test]
fn an_agent_that_could_not_be_read_back_is_not_named() {
    let is_signed = |label: &str, agent: &str| {
        let terms = BotTerms { label, agent, ..terms() };
        sign_as_bot(&plain(&[]), &terms, &world::key("bot")).is_ok()
    };
    assert!(is_signed("sig1", AGENT));
    for agent in ["https://agent.example\r\nx: y", "https://ägent.example"] {
        assert!(!is_signed("sig1", agent), "{agent:?}");
    }
    for label in ["", "Sig", "sig1=1, sig2", "sig1;key"] {
        assert!(!is_signed(label, AGENT), "{label:?}");
    }
}

#[test]
fn the_member_that_names_the_agent_is_covered() {
    for components in [
        r#""@authority""#,
        r#""@authority" "signature-agent""#,
        r#""@authority" "signature-agent";bs"#,
        r#""@authority" "signature-agent";sf;key="sig1""#,
    ] {
        let outcome = forged(r#"sig1="https://agent.example""#, components, "bot");
        assert_eq!(outcome, "H6 holder_binding_failed", "{components}");
    }
    // One member under another name, as the draft's own vectors have it.
    let other = r#""@authority" "signature-agent";key="agent2""#;
    assert_eq!(forged(r#"agent2="https://agent.example""#, other, "bot"), "ok");
    // Of two, the one under the signature's label.
    let both = r#""@authority" "signature-agent";key="agent2" "signature-agent";key="sig1""#;
    let agents = r#"agent2="https://other.example", sig1="https://agent.example""#;
    assert_eq!(forged(agents, both, "bot"), "ok");
    assert_eq!(forged(agents, both, "other"), "H7 untrusted_root");
    let neither = r#""@authority" "signature-agent";key="a" "signature-agent";key="b""#;
    let agents = r#"a="https://other.example", b="https://agent.example""#;
    assert_eq!(forged(agents, neither, "bot"), "H6 holder_binding_failed");
}

#[test]
fn a_key_counts_only_at_the_url_that_it_was_found_at() {
    let at = |agent: &str, signer: &str| forged(&format!("sig1={agent}"), MEMBER, signer);
    assert_eq!(at(r#""https://agent.example/""#, "bot"), "ok");
    assert_eq!(at(r#""https://AGENT.example:443""#, "bot"), "ok");
    assert_eq!(at(r#""https://agent.example/jwks.json";type=jwks_uri"#, "jwks-bot"), "ok");
    assert_eq!(at(r#""https://agent.example/jwks.json?v=2";type=cimd"#, "jwks-bot"), "ok");
    for (agent, signer) in [
        (r#""https://other.example""#, "bot"),
        (r#""https://agent.example""#, "other"),
        (r#""https://agent.example""#, "jwks-bot"),
        (r#""https://agent.example""#, "mallory"),
        (r#""https://agent.example/jwks.json";type=jwks_uri"#, "bot"),
        (r#""https://nobody.example""#, "bot"),
    ] {
        assert_eq!(at(agent, signer), "H7 untrusted_root", "{agent} {signer}");
    }
    for agent in [
        r#""http://agent.example""#,
        r#""https://agent.example/path""#,
        r#""https://agent.example/?q""#,
        r##""https://agent.example/#f""##,
        r#""https://agent.example";type="directory""#,
        r#""https://agent.example";type=unknown"#,
        r#""https://agent.example";x=1"#,
        r#""agent.example""#,
        r#""""#,
        "word",
        "1",
        r#"("https://agent.example")"#,
    ] {
        assert_eq!(at(agent, "bot"), "H2 malformed", "{agent}");
    }
}

#[test]
fn a_signature_lives_for_a_day_at_most_unless_the_site_says_otherwise() {
    let day = limits::BOT_SIGNATURE_LIFETIME.as_u32();
    let lived = |seconds: u32, longest: Seconds| {
        let terms = BotTerms { expires: after(seconds - 10), ..terms() };
        let signature = sign_as_bot(&plain(&[]), &terms, &world::key("bot")).unwrap();
        let fields = [
            ("signature-agent", &*signature.signature_agent.unwrap()),
            ("signature-input", &*signature.signature_input),
            ("signature", &*signature.signature),
        ];
        told(verify_within(&plain(&fields), longest))
    };
    assert_eq!(lived(day, Seconds::new(day)), "ok");
    assert_eq!(lived(day + 1, Seconds::new(day)), "H5 too_large");
    assert_eq!(lived(301, Seconds::new(300)), "H5 too_large");
    assert_eq!(lived(2 * day, Seconds::new(2 * day)), "ok");
}

#[test]
fn a_body_is_covered_and_checked() {
    let body = HttpRequest { method: "POST", body: b"{}", ..plain(&[]) };
    let signature = sign_as_bot(&body, &terms(), &world::key("bot")).unwrap();
    let fields = [
        ("content-digest", &*signature.content_digest.unwrap()),
        ("signature-agent", &*signature.signature_agent.unwrap()),
        ("signature-input", &*signature.signature_input),
        ("signature", &*signature.signature),
    ];
    assert_eq!(told(verify(&HttpRequest { fields: &fields, ..body })), "ok");
    let other = HttpRequest { fields: &fields, body: b"[]", ..body };
    assert_eq!(told(verify(&other)), "H10 holder_binding_failed");
    let unreadable = BotTerms { agent: "https://ä.example", ..terms() };
    assert!(sign_as_bot(&plain(&[]), &unreadable, &world::key("bot")).is_err());
}
