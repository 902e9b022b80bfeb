//! A vector that was changed fails: the runners compare, and do not merely read.
//!
//! Each test takes a real set, changes it in one place, and says what comes of it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::conform::{counts, run_on, shared};

/// A real set, of which a test changes its own copy.
struct Set {
    name: &'static str,
    passed: usize,
    not_applicable: usize,
    source: PathBuf,
}

/// What comes of a change.
#[derive(Clone, Copy)]
enum Then {
    /// One that passed fails.
    Fails,
    /// One that was left out fails.
    Exclusion,
    /// One that was left out passes.
    Counts,
    /// One that passed is left out.
    Drops,
}

impl Set {
    fn real(name: &'static str, passed: usize, not_applicable: usize) -> Option<Self> {
        Some(Self { name, passed, not_applicable, source: shared(name)? })
    }

    /// Replaces `from`, where it first appears in `file`, and checks the figures.
    fn check(&self, (file, from, to): (&str, &str, &str), then: Then) {
        let folder = tempfile::tempdir().unwrap();
        copy(&self.source, folder.path());
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "`{from}` is not in {file}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let (passed, failed, left_out) = match then {
            Then::Fails => (self.passed - 1, 1, self.not_applicable),
            Then::Exclusion => (self.passed, 1, self.not_applicable - 1),
            Then::Counts => (self.passed + 1, 0, self.not_applicable - 1),
            Then::Drops => (self.passed - 1, 0, self.not_applicable + 1),
        };
        let ran = run_on(self.name, folder.path());
        let expected = counts(self.name, passed, failed, left_out);
        assert_eq!(ran.last_line(), expected, "{from} -> {to}\n{}", ran.out);
        assert_eq!(ran.code, Some(i32::from(failed > 0)));
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::write(target, fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

#[test]
fn a_changed_case_of_aat_jws_02_is_noticed() {
    let Some(set) = Set::real("aat-jws-02", 80, 0) else { return };
    let file = "aat-jws-vectors.jsonl";
    set.check((file, r#""verdict":"PERMIT""#, r#""verdict":"DENY""#), Then::Fails);
    set.check((file, r#""step":"3a""#, r#""step":"3b""#), Then::Fails);
    set.check((file, "/data/q3-report.pdf", "/data/q4-report.pdf"), Then::Fails);
}

#[test]
fn a_changed_case_of_adc_params_c14n_is_noticed() {
    let Some(set) = Set::real("adc-params-c14n", 8, 3) else { return };
    let file = "params_c14n_v1.json";
    set.check((file, "26e05aa5", "26e05aa6"), Then::Fails);
    set.check(
        (file, "00112233445566770011223344556677", "01112233445566770011223344556677"),
        Then::Fails,
    );
    set.check((file, r#""limit": 50"#, r#""limit": 51"#), Then::Fails);
    set.check((file, r#""expect": "unsupported""#, r#""expect": "hash""#), Then::Exclusion);
    // The bound is the integers': what is called unsupported must not be one of ours.
    set.check((file, "9007199254740992", "9007199254740990"), Then::Exclusion);
}

#[test]
fn a_changed_case_of_agent_delegation_chain_is_noticed() {
    let Some(set) = Set::real("agent-delegation-chain", 48, 7) else { return };
    let algorithm = "draft02/reject_alg_not_accepted.json";
    set.check(
        (algorithm, r#"reason": "signature_invalid""#, r#"reason": "malformed""#),
        Then::Fails,
    );
    set.check(
        ("draft02/valid_chain.json", r#""secret_hex": "61"#, r#""secret_hex": "62"#),
        Then::Fails,
    );
    set.check(("draft02/valid_chain.json", r#""now": 0"#, r#""now": 99999999999"#), Then::Fails);
}

#[test]
fn a_changed_case_of_jose_cookbook_is_noticed() {
    let Some(set) = Set::real("jose-cookbook", 2, 32) else { return };
    let signing = "curve25519/jws.json";
    set.check((signing, r#""sig": "hgyY"#, r#""sig": "hgyZ"#), Then::Fails);
    set.check(
        (signing, r#""compact": "eyJhbGciOiJFZERTQSJ9.R"#, r#""compact": "eyJhbGciOiJFZERTQSJ9.S"#),
        Then::Fails,
    );
    // A key of ours in the place of one that we refuse is no exclusion any more.
    let ours = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let file = "jwk/3_1.ec_public_key.json";
    let theirs = fs::read_to_string(set.source.join(file)).unwrap();
    set.check((file, &theirs, ours), Then::Counts);
    set.check((file, r#""kty""#, r#""kty"#), Then::Exclusion);
}

#[test]
fn a_changed_case_of_json_parsing_is_noticed() {
    let Some(set) = Set::real("json-parsing", 281, 37) else { return };
    set.check(("test_parsing/y_array_empty.json", "[", "{"), Then::Fails);
    set.check(("test_parsing/n_array_comma_after_close.json", ",", ""), Then::Fails);
    set.check(("test_parsing/y_object_duplicated_key.json", r#""a""#, r#""c""#), Then::Exclusion);
}

#[test]
fn a_changed_case_of_jwk_thumbprint_is_noticed() {
    let Some(set) = Set::real("jwk-thumbprint", 1, 1) else { return };
    let file = "vectors.json";
    set.check((file, "kPrK_", "kPrL_"), Then::Fails);
    set.check((file, "90facafe", "90facaff"), Then::Fails);
    set.check((file, "7b22637276", "7b22637277"), Then::Fails);
    set.check((file, r#"\"x\":\"11qY"#, r#"\"x\":\"11qZ"#), Then::Fails);
}

#[test]
fn a_changed_case_of_rfc8785_jcs_is_noticed() {
    let Some(set) = Set::real("rfc8785-jcs", 28, 4) else { return };
    let page = "README.md";
    set.check(("input/french.json", "sorting", "Sorting"), Then::Fails);
    set.check(("outhex/french.txt", "7b 22 70", "7b 22 71"), Then::Fails);
    set.check((page, "4340000000000001,", "4340000000000003,"), Then::Fails);
    set.check((page, "be18b62b", "be18b62c"), Then::Fails);
    set.check((page, "22776e6d", "22776e6e"), Then::Fails);
    set.check((page, "| 100000 ", "| 100001 "), Then::Drops);
}

#[test]
fn a_changed_case_of_structured_fields_is_noticed() {
    let Some(set) = Set::real("structured-fields", 1942, 193) else { return };
    set.check(("boolean.json", r#""raw": ["?1"]"#, r#""raw": ["?0"]"#), Then::Fails);
    set.check(("boolean.json", r#""must_fail": true"#, r#""must_fail": false"#), Then::Fails);
    set.check(("binary.json", r#""NBSWY3DP""#, r#""NBSWY3DQ""#), Then::Fails);
    set.check(("binary.json", r#""aGVsbG8=:"#.trim_start_matches('"'), "aGVsbG9=:"), Then::Fails);
    let dictionaries = "dictionary.json";
    let kind = r#""header_type": "dictionary""#;
    set.check((dictionaries, kind, r#""header_type": "list""#), Then::Fails);
    set.check((dictionaries, kind, r#""header_type": "item""#), Then::Fails);
    let written = "serialisation-tests/number.json";
    set.check((written, r#""must_fail": true"#, r#""must_fail": false"#), Then::Fails);
    set.check((written, "1000000000000000,", "100000000000000,"), Then::Fails);
    // What cannot be written is refused for the character that is wrong in it.
    let keys = "serialisation-tests/key-generated.json";
    let deep = " ".repeat(24);
    for (file, from, to) in [
        (keys, r#""a\u0000a""#, r#""aa""#),
        (keys, &format!(r#"{deep}"a\u0000a""#), r#""aa""#),
        ("serialisation-tests/token-generated.json", r#""a\u0000a""#, r#""aa""#),
        ("serialisation-tests/string-generated.json", r#""\u0000""#, r#""a""#),
    ] {
        set.check((file, from, to), Then::Fails);
    }
}

/// An item and a list are judged as dictionaries, which must not be why they are refused.
#[test]
fn a_field_that_must_be_refused_is_refused_for_the_error_in_it_alone() {
    let Some(set) = Set::real("structured-fields", 1942, 193) else { return };
    for (file, wrong, right) in [
        ("boolean.json", r#"["? 1"]"#, r#"["?1"]"#),
        ("item.json", r#"[""]"#, r#"["a"]"#),
        ("item.json", r#"[" \t 1"]"#, r#"["  1"]"#),
        ("item.json", r#"["1 \t "]"#, r#"["1  "]"#),
        ("token-generated.json", r#""a a""#, r#""a;a""#),
        ("token-generated.json", r#""a)a""#, r#""a*a""#),
        ("string-generated.json", r#""\" \u0000 \"""#, r#""\" \\\" , \"""#),
        ("list.json", r#"["1, 42,"]"#, r#"["1, 42"]"#),
        ("list.json", r#"["1,,42"]"#, r#"["1,?1,42"]"#),
        ("list.json", r#"["1","","42"]"#, r#"["1","\",\"","42"]"#),
        ("listlist.json", r#"["((1))"]"#, r#"["(1)"]"#),
        ("listlist.json", r#"["(1 2, (42 43)"]"#, r#"["(1 2), (42 43)"]"#),
        ("param-list.json", r#"["a;b=1;"]"#, r#"["a;b=1"]"#),
        ("dictionary.json", r#"["a=1, b=2,"]"#, r#"["a=1, b=2"]"#),
    ] {
        set.check((file, wrong, right), Then::Fails);
    }
}

#[test]
fn a_structured_field_is_left_out_for_what_it_holds_and_not_for_where_it_is() {
    let Some(set) = Set::real("structured-fields", 1942, 193) else { return };
    let date = r#"{"__type": "date", "value": 1659578233}"#;
    set.check(("date.json", date, "1659578233"), Then::Exclusion);
    set.check(("examples.json", r#"["4.5"]"#, r#"["4"]"#), Then::Exclusion);
    set.check(("examples.json", "[4.5, []]", "[4, []]"), Then::Exclusion);
    // A field with a key that is there twice is read where the key is there once.
    let twice = r#"["a=1,b=2,a=3"]"#;
    set.check(("dictionary.json", twice, r#"["a=3,b=2"]"#), Then::Counts);
    set.check(("dictionary.json", twice, r#"["a=1,b=2"]"#), Then::Exclusion);
    set.check(("dictionary.json", r#"["a=3, b=2"]"#, r#"["a=4, b=2"]"#), Then::Exclusion);
    set.check(("dictionary.json", r#"["a=3, b=2"]"#, twice), Then::Exclusion);
    set.check(("dictionary.json", r#"["a", [3, []]]"#, r#"["a", [4, []]]"#), Then::Exclusion);
    // What has no type of ours was not refused by the writer.
    let written = "serialisation-tests/number.json";
    set.check((written, "1000000000000.1,", "1000000000000,"), Then::Exclusion);
    set.check((written, "[0.0015, []]", "[2, []]"), Then::Exclusion);
}

#[test]
fn a_changed_case_of_token_status_list_is_noticed() {
    let Some(set) = Set::real("token-status-list", 7, 13) else { return };
    let short = "examples/status_list_encoding_json.md";
    set.check((short, "eNrbuRgAAhcBXQ", "eNrbuRgAAhcBXA"), Then::Fails);
    set.check((short, r#""bits": 1"#, r#""bits": 2"#), Then::Fails);
    // Another list of the same length: 0xb9, 0xa2.
    set.check((short, "eNrbuRgAAhcBXQ", "eNrbuQgAAhYBXA"), Then::Fails);
    set.check(("examples/status_list_jwt.md", "statuslists/1", "statuslists/2"), Then::Fails);
    set.check(("examples/status_list_jwt.md", r#""iat": 1686920170,"#, ""), Then::Fails);
    let other = "examples/status_list_encoding1_long_cbor.md";
    let theirs = fs::read_to_string(set.source.join(other)).unwrap();
    set.check((other, &theirs, "{}"), Then::Exclusion);
}

#[test]
fn a_changed_case_of_wycheproof_is_noticed() {
    let Some(set) = Set::real("wycheproof", 943, 379) else { return };
    let ed25519 = "ed25519_test.json";
    set.check((ed25519, r#""result": "valid""#, r#""result": "invalid""#), Then::Fails);
    set.check((ed25519, "d4fbdb52", "d4fbdb53"), Then::Fails);
    let tokens = "json_web_signature_test.json";
    // Not applicable is what we refuse although it is valid, and nothing else.
    set.check((tokens, r#""result": "valid""#, r#""result": "invalid""#), Then::Counts);
    set.check((tokens, r#""result": "invalid""#, r#""result": "valid""#), Then::Drops);
    set.check(
        ("json_web_key_test.json", r#""result": "invalid""#, r#""result": "perhaps""#),
        Then::Fails,
    );
}

#[test]
fn a_file_that_nobody_knows_fails() {
    let folder = TempDir::new().unwrap();
    let vectors = r#"{"testGroups":[{"tests":[{"tcId":1,"result":"valid"}]}]}"#;
    fs::write(folder.path().join("new_test.json"), vectors).unwrap();
    let ran = run_on("wycheproof", folder.path());
    assert_eq!((ran.code, ran.last_line()), (Some(1), counts("wycheproof", 0, 1, 0)));
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("examples")).unwrap();
    fs::write(folder.path().join("examples/new.md"), "{}").unwrap();
    let ran = run_on("token-status-list", folder.path());
    assert_eq!((ran.code, ran.last_line()), (Some(1), counts("token-status-list", 0, 1, 0)));
}
