//! Attacks on a request: another one than was signed, twice, from elsewhere, or not one at all.

use procura_core::{limits, statement};
use procura_testkit::world::key;

use crate::wire::Request;
use crate::world::{World, members};

const STATE: (&str, &str) = ("POST", "/v1/agents/planner/state");
const SUSPEND: &str = r#"{"reason":"r","state":"suspended"}"#;

async fn world() -> World {
    let world = World::new().await;
    assert_eq!(world.enrol_named("planner").await.status, 201);
    world
}

#[tokio::test]
async fn a_signed_request_is_carried_out_once() {
    let world = world().await;
    let request = world.signed("alice", STATE, SUSPEND);
    assert_eq!(world.send(&request).await.status, 200);
    let before = world.events();
    assert_eq!(world.send(&request).await.problem(), "401 replayed");
    assert_eq!(world.events(), before);
    assert_eq!(world.send(&world.signed("alice", STATE, SUSPEND)).await.status, 200);
}

#[tokio::test]
async fn of_one_request_sent_20_times_at_once_one_is_carried_out() {
    let world = world().await;
    let before = world.events();
    let request = world.signed(
        "alice",
        ("POST", "/v1/revocations"),
        r#"{"kind":"principal","value":"user:bob"}"#,
    );
    let mut running = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (request, address) = (request.clone(), world.address);
        running.spawn(async move { request.send(address).await });
    }
    let replies = running.join_all().await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 1);
    assert!(replies.iter().all(|reply| reply.status == 201 || reply.problem() == "401 replayed"));
    assert_eq!(world.events(), before + 1);
}

#[tokio::test]
async fn sig_02_and_04_a_proof_is_good_for_one_method_target_and_body() {
    let world = world().await;
    let good = world.signed("alice", STATE, SUSPEND);
    let altered: [fn(&mut Request); 5] = [
        |request| request.body = r#"{"reason":"r","state":"revoked"}"#.into(),
        |request| request.body = r#"{"reason":"r","state":"suspended"} "#.into(),
        |request| request.body.clear(),
        |request| request.target = "/v1/agents/other/state".into(),
        |request| request.target = "/v1/agents/%70lanner/state".into(),
    ];
    for (index, alter) in altered.iter().enumerate() {
        let mut request = good.clone();
        alter(&mut request);
        assert_eq!(world.send(&request).await.problem(), "401 holder_binding_failed", "{index}");
    }
    let mut other_method = world.signed("alice", ("GET", "/v1/agents"), "");
    other_method.method = "POST".into();
    assert_eq!(world.send(&other_method).await.problem(), "401 holder_binding_failed");
    let mut other_query = world.signed("alice", ("GET", "/v1/events"), "");
    other_query.target = "/v1/events?from=0".into();
    assert_eq!(world.send(&other_query).await.problem(), "401 holder_binding_failed");
    assert_eq!(world.send(&good).await.status, 200);
}

#[tokio::test]
async fn sdk_07_a_body_that_was_written_again_is_another_body() {
    let world = world().await;
    let good = world.signed("alice", STATE, SUSPEND);
    for again in [
        r#"{"state":"suspended","reason":"r"}"#,
        r#"{"reason": "r","state":"suspended"}"#,
        r#"{"reason":"\u0072","state":"suspended"}"#,
        r#"{"r\u0065ason":"r","state":"suspended"}"#,
        "{\"reason\":\"r\",\"state\":\"suspended\"}\n",
    ] {
        let request = Request { body: again.into(), ..good.clone() };
        assert_eq!(world.send(&request).await.problem(), "401 holder_binding_failed", "{again}");
        let signed = world.signed("alice", STATE, again);
        assert_eq!(world.send(&signed).await.status, 200, "{again}");
    }
    assert_eq!(world.send(&good).await.status, 200);
}

#[tokio::test]
async fn a_proof_is_good_for_one_minute() {
    let world = world().await;
    let old = world.signed("alice", ("GET", "/v1/agents"), "");
    world.pass(61);
    assert_eq!(world.send(&old).await.problem(), "401 expired");
    let early = world.signed("alice", ("GET", "/v1/agents"), "");
    world.pass(-31);
    assert_eq!(world.send(&early).await.problem(), "401 expired");
    // Clocks may disagree by 25 seconds, either way.
    world.pass(6);
    assert_eq!(world.send(&early).await.status, 200);
    world.pass(50);
    assert_eq!(world.send(&early).await.status, 200);
}

#[tokio::test]
async fn who_is_not_authenticated_learns_no_names() {
    let world = world().await;
    let mut answers = Vec::new();
    for (principal, signer) in
        [("user:alice", "mallory"), ("user:nobody", "mallory"), ("", "mallory")]
    {
        let mut request = Request::new("GET", "/v1/agents/planner", "");
        world.sign_as(principal, signer, &mut request);
        answers.push(world.send(&request).await.body);
    }
    // A statement of another type, by the key of somebody known and of nobody.
    for (principal, signer) in [("user:alice", "alice"), ("user:nobody", "alice")] {
        let claims = members(&[("iss", principal)]);
        let proof = statement::sign("other+jwt", claims, &key(signer));
        let request = Request::new("GET", "/v1/agents/planner", "");
        let request = request.with("Authorization", &format!("Procura {proof}"));
        answers.push(world.send(&request).await.body);
    }
    // No JWS, no JSON, far too long.
    for proof in ["", "x", "a.b.c", "e30.e30.", &"a".repeat(9000)] {
        let request = Request::new("GET", "/v1/agents/planner", "");
        let reply = world.send(&request.with("Authorization", &format!("Procura {proof}"))).await;
        assert_eq!(reply.status, 401, "{proof}");
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let enrolment = world.person("alice", "nonce");
    let request = Request::new("GET", "/v1/agents/planner", "")
        .with("Authorization", &format!("Procura {enrolment}"));
    assert_eq!(world.send(&request).await.problem(), "401 signature_invalid");
    assert_eq!(world.get("alice", "/v1/agents/planner").await.status, 200);
}

#[tokio::test]
async fn sig_05_a_request_without_one_proof_is_refused_with_the_scheme() {
    let world = world().await;
    let none = world.send(&Request::new("GET", "/v1/agents", "")).await;
    assert_eq!(none.problem(), "401 credential_missing");
    assert_eq!(none.header("www-authenticate"), Some("procura"));
    let bearer = Request::new("GET", "/v1/agents", "").with("Authorization", "Bearer abc");
    assert_eq!(world.send(&bearer).await.problem(), "401 credential_missing");
    let mut twice = world.signed("alice", ("GET", "/v1/agents"), "");
    let proof = twice.headers.last().unwrap().clone();
    twice.headers.push(proof);
    assert_eq!(world.send(&twice).await.problem(), "401 credential_missing");
    twice.headers.pop();
    assert_eq!(world.send(&twice).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_not_exactly_right_is_refused() {
    let world = world().await;
    let before = world.events();
    let bodies = [
        ("", "400 malformed"),
        ("{", "400 malformed"),
        ("[]", "400 malformed"),
        ("null", "400 malformed"),
        (r#"{"state":"suspended"}x"#, "400 malformed"),
        (r#"{"state":"suspended","state":"active"}"#, "400 duplicate_member"),
        (r#"{"state":"\ud800"}"#, "400 malformed"),
        (r#"{"reason":"r"}"#, "400 malformed"),
        (r#"{"state":1}"#, "400 malformed"),
        (r#"{"state":"SUSPENDED"}"#, "400 malformed"),
        (r#"{"state":"suspended","force":true}"#, "400 malformed"),
        (r#"{"state":"suspended","reason":["r"]}"#, "400 malformed"),
    ];
    for (body, problem) in bodies {
        let reply = world.send(&world.signed("alice", STATE, body)).await;
        assert_eq!(reply.problem(), problem, "{body}");
    }
    let long = members(&[("state", "suspended"), ("reason", &"r".repeat(limits::NAME_BYTES + 1))]);
    assert_eq!(world.post("alice", STATE.1, &long).await.problem(), "400 malformed");
    let deep = format!(r#"{{"state":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    assert_eq!(world.send(&world.signed("alice", STATE, &deep)).await.problem(), "400 malformed");
    assert_eq!(world.events(), before);
    assert_eq!(world.send(&world.signed("alice", STATE, SUSPEND)).await.status, 200);
}

#[tokio::test]
async fn a_body_over_64_kib_is_refused() {
    let world = world().await;
    let padded = |length: usize| format!("{SUSPEND}{}", " ".repeat(length - SUSPEND.len()));
    let over = world.signed("alice", STATE, &padded(64 * 1024 + 1));
    assert_eq!(world.send(&over).await.problem(), "413 too_large");
    let chunked = |body: &str, signed: &str| {
        let mut request = world.signed("alice", STATE, signed);
        request.set("Transfer-Encoding", "chunked");
        request.body = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into();
        request
    };
    let endless = chunked(&padded(70_000), SUSPEND);
    assert_eq!(world.send(&endless).await.problem(), "413 too_large");
    assert_eq!(world.send(&chunked(SUSPEND, SUSPEND)).await.status, 200);
    let full = world.signed("alice", STATE, &padded(64 * 1024));
    assert_eq!(world.send(&full).await.status, 200);
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let world = world().await;
    let form = world.signed("alice", STATE, SUSPEND).with("Content-Type", "text/plain");
    assert_eq!(world.send(&form).await.problem(), "415 media_type");
    let json = world
        .signed("alice", STATE, SUSPEND)
        .with("Content-Type", "application/json; charset=utf-8");
    assert_eq!(world.send(&json).await.status, 200);
}

#[tokio::test]
async fn another_host_and_another_origin_reach_nothing() {
    let world = world().await;
    for host in
        ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "", "evil.test:80", "[::2]:80"]
    {
        let request = Request::new("GET", "/v1/health", "").with("Host", host);
        assert_eq!(world.send(&request).await.problem(), "421 web.host", "{host}");
    }
    for host in [
        "localhost",
        "LOCALHOST:7777",
        "127.0.0.1:7777",
        "[::1]:7777",
        "[::1]",
        "authority.procura.test",
    ] {
        let request = Request::new("GET", "/v1/health", "").with("Host", host);
        assert_eq!(world.send(&request).await.status, 200, "{host}");
    }
    for origin in ["https://evil.test", "null", "http://localhost.evil.test"] {
        let request = Request::new("POST", "/v1/challenges", "").with("Origin", origin);
        assert_eq!(world.send(&request).await.problem(), "403 web.origin", "{origin}");
    }
    let own = Request::new("POST", "/v1/challenges", "").with("Origin", "http://localhost");
    assert_eq!(world.send(&own).await.status, 201);
    let absolute = Request::new("GET", "http://evil.test/v1/health", "");
    assert_eq!(world.send(&absolute).await.problem(), "400 malformed");
}

#[tokio::test]
async fn every_answer_is_neither_stored_nor_sniffed_nor_framed() {
    let world = world().await;
    let requests = [
        Request::new("GET", "/v1/health", ""),
        Request::new("GET", "/v1/agents", ""),
        Request::new("GET", "/nothing", ""),
        Request::new("DELETE", "/v1/agents", ""),
        Request::new("GET", "/v1/health", "").with("Host", "evil.test"),
    ];
    for request in requests {
        let reply = world.send(&request).await;
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{request:?}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("x-frame-options"), Some("deny"));
        let policy = reply.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors 'none'"));
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
}

#[tokio::test]
async fn what_does_not_exist_is_not_found_whatever_it_is_called() {
    let world = world().await;
    let targets = [
        "/",
        "/v1",
        "/v1/",
        "/v2/agents",
        "/v1/agents/",
        "/v1/agents/other",
        "/v1/agents/Planner",
        "/v1/agents/%70lanner%00",
        "/v1/agents/%ff",
        "/v1/agents/..%2fpeople",
        "/v1/agents/planner/",
        "/v1/approvals/other",
        "/v1/events/other",
        "/v1/events/other/receipt",
        "/v1/events/%27%20or%201=1",
    ];
    for target in targets {
        assert_eq!(world.get("alice", target).await.problem(), "404 not_found", "{target}");
    }
    let body = members(&[("state", "suspended")]);
    let reply = world.post("alice", "/v1/agents/other/state", &body).await;
    assert_eq!(reply.problem(), "404 not_found");
    assert_eq!(world.get("alice", "/v1/agents/planner").await.status, 200);
    assert_eq!(world.get("alice", "/v1/agents/%70lanner").await.status, 200);
}

#[tokio::test]
async fn an_agent_is_suspended_resumed_and_revoked_for_good() {
    let world = world().await;
    for (wish, outcome) in [
        ("suspended", "200 suspended"),
        ("active", "200 active"),
        ("revoked", "200 revoked"),
        ("active", "409 identity.revoked"),
        ("revoked", "409 identity.revoked"),
    ] {
        let reply = world.post("alice", STATE.1, &members(&[("state", wish)])).await;
        let came = if reply.status == 200 {
            format!("200 {}", reply.text("state"))
        } else {
            reply.problem()
        };
        assert_eq!(came, outcome);
    }
}
