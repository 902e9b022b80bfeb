//! `conform rfc9421`, `web-bot-auth`, `web-bot-auth-draft` and `wimse`, on the
//! real sets and on sets that were changed.

use std::fs;

use tempfile::TempDir;

use crate::changed::copy;
use crate::conform::{counts, run_on, shared};

/// A copy of the real set, in which `from` is `to` in one file.
fn changed(set: &str, file: &str, from: &str, to: &str) -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    copy(&shared(set)?, folder.path());
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(&path, text.replacen(from, to, 1)).unwrap();
    Some(folder)
}

/// Changes one place of a set and expects that these cases fail, and no others.
fn check_failure(set: &str, file: &str, (from, to): (&str, &str), cases: &[&str]) {
    let Some(folder) = changed(set, file, from, to) else { return };
    let ran = run_on(set, folder.path());
    assert_eq!(ran.code, Some(1), "{set} {from}: {ran:?}");
    let failed: Vec<&str> = ran.out.lines().filter(|line| line.starts_with("FAILED")).collect();
    assert_eq!(failed.len(), cases.len(), "{set} {from}: {failed:#?}");
    for (line, case) in failed.iter().zip(cases) {
        assert!(line.starts_with(&format!("FAILED {case}")), "{line}");
    }
}

#[test]
fn the_real_sets_pass() {
    for (set, passed, not_applicable) in [
        ("rfc9421", 15, 4),
        ("web-bot-auth", 11, 14),
        ("web-bot-auth-draft", 9, 4),
        ("wimse", 16, 2),
    ] {
        let Some(folder) = shared(set) else { return };
        let ran = run_on(set, &folder);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.last_line(), counts(set, passed, 0, not_applicable));
    }
}

#[test]
fn a_base_a_signature_or_a_message_that_was_changed_fails() {
    let (json, markdown) = ("appendix-b.json", "appendix-b.md");
    check_failure(
        "rfc9421",
        json,
        (
            "@method\\\": POST\\n\\\"@path\\\": /foo\\n\\\"@auth",
            "@method\\\": PUT\\n\\\"@path\\\": /foo\\n\\\"@auth",
        ),
        &["Signing a Request using ed25519: base", "Signing a Request using ed25519: signature"],
    );
    check_failure(
        "rfc9421",
        json,
        ("\"signature\": \"sig-b24=:wNmS", "\"signature\": \"sig-b24=:xNmS"),
        &["Signing a Response using ecdsa-p256-sha256: signature"],
    );
    check_failure("rfc9421", markdown, ("Referer: https", "Accept: https"), &["printed message 3"]);
    // A message that is said not to hold any more, and holds.
    check_failure(
        "rfc9421",
        markdown,
        ("collapsing of the Accept header is an allowed", "NOT still valid"),
        &["printed message 3"],
    );
}

#[test]
fn a_request_of_a_bot_that_was_changed_fails() {
    let file = "test_data/web_bot_auth_architecture_v2.json";
    let name = "web_bot_auth_architecture_v2.json 3";
    check_failure(
        "web-bot-auth",
        file,
        ("sig2=:RdNFx5Bj", "sig2=:SdNFx5Bj"),
        &[&format!("{name}: signature"), &format!("{name}: rules")],
    );
    check_failure(
        "web-bot-auth",
        "test_data/web_bot_auth_signature_agent_v1.json",
        ("\"type\": \"cimd\"", "\"type\": \"directory\""),
        &["web_bot_auth_signature_agent_v1.json 2"],
    );
    check_failure(
        "web-bot-auth-draft",
        "test-vectors.md",
        ("Signature: binding=:l6P8", "Signature: binding=:m6P8"),
        &["example 12: directory"],
    );
    check_failure(
        "web-bot-auth-draft",
        "test-vectors.md",
        ("\"@authority\": example.com", "\"@authority\": example.org"),
        &["example 0: base"],
    );
}

#[test]
fn a_workload_token_that_was_changed_fails() {
    check_failure("wimse", "wit.txt", ("eyJhbGci", "eyJhbGcj"), &["wit.txt", "wit.txt.out"]);
    check_failure(
        "wimse",
        "wpt-request.txt",
        ("Bearer 16_mAd0", "Bearer 17_mAd0"),
        &["wpt-request.txt", "wpt-request.txt.out", "wpt.txt"],
    );
    check_failure(
        "wimse",
        "sigs-response.txt",
        ("No ice cream", "Ice cream"),
        &["sigs-response.txt", "sigs-response.txt.out"],
    );
    check_failure(
        "wimse",
        "sigs-svcb-jwk.txt",
        ("\"x\": \"lBtL", "\"x\": \"mBtL"),
        &["sigs-response.txt", "sigs-svcb-jwk.txt"],
    );
}

#[test]
fn a_folder_without_the_set_cannot_be_run() {
    let folder = tempfile::tempdir().unwrap();
    for set in ["rfc9421", "web-bot-auth", "web-bot-auth-draft"] {
        assert_eq!(run_on(set, folder.path()).code, Some(3), "{set}");
    }
}
