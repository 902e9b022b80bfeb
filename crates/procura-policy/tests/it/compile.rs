//! What belongs in a set, and the name it gets.

use procura_policy::{DEFAULT_REGO, PolicyError, PolicySet, default_roles};

use crate::{ALICE, ALLOW, compile, compile_error, file, files};

#[test]
fn a_file_that_does_not_belong_is_refused_by_name() {
    for name in [
        "data.json",
        "roles.yaml",
        "sub/roles.toml",
        "ROLES.TOML",
        ".rego",
        "a.rego.bak",
        "a\nb.rego",
        "",
    ] {
        let mut all = files(DEFAULT_REGO);
        all.push(file(name, ""));
        let expected = PolicyError::UnexpectedFile { file: name.to_owned() };
        assert_eq!(PolicySet::compile(&all).unwrap_err(), expected);
    }
    let mut all = files(DEFAULT_REGO);
    all.push(file("sub/b.rego", "package b"));
    PolicySet::compile(&all).unwrap();
}

#[test]
fn a_file_given_twice_is_refused() {
    for name in ["roles.toml", "a.rego"] {
        let mut all = files(DEFAULT_REGO);
        all.push(file(name, ""));
        let expected = PolicyError::DuplicateFile { file: name.to_owned() };
        assert_eq!(PolicySet::compile(&all).unwrap_err(), expected);
    }
}

#[test]
fn roles_alone_are_not_a_policy() {
    let roles = file("roles.toml", &default_roles(ALICE));
    assert_eq!(PolicySet::compile(&[roles]).unwrap_err(), PolicyError::NoRego);
}

#[test]
fn rego_that_does_not_parse_is_refused_with_its_place() {
    let error = compile_error("decision := {\"effect\": }");
    assert!(matches!(&error, PolicyError::Rego { file, .. } if file == "a.rego"), "{error:?}");
    assert!(error.to_string().contains("a.rego:2:"), "{error}");
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn a_decision_in_pieces_is_refused() {
    let error = compile_error("decision.effect := \"allow\"\ndecision.rule := \"r\"");
    assert!(matches!(error, PolicyError::Rego { .. }), "{error:?}");
}

#[test]
fn an_import_without_effect_is_refused() {
    let error = compile(&format!("package procura\nimport input\n{ALLOW}")).unwrap_err();
    assert!(error.to_string().contains("`import input`"), "{error}");
    compile(&format!("package procura\nimport input.args as a\n{ALLOW}")).unwrap();
}

#[test]
fn the_revision_changes_when_any_byte_changes() {
    let base = files(DEFAULT_REGO);
    let revision = PolicySet::compile(&base).unwrap().revision().clone();
    assert_eq!(revision, *PolicySet::compile(&base).unwrap().revision());
    let mut seen = vec![revision];
    for index in 0..base.len() {
        // A comment at the end leaves the meaning as it is, whatever the file.
        for suffix in ["#", "# ", "\n"] {
            let mut changed = base.clone();
            changed[index].text.push_str(suffix);
            seen.push(PolicySet::compile(&changed).unwrap().revision().clone());
        }
    }
    let mut renamed = base.clone();
    renamed[1].name = "b.rego".to_owned();
    seen.push(PolicySet::compile(&renamed).unwrap().revision().clone());
    let mut added = base.clone();
    added.push(file("b.rego", "package b"));
    seen.push(PolicySet::compile(&added).unwrap().revision().clone());
    for (index, one) in seen.iter().enumerate() {
        assert_eq!(seen.iter().position(|other| other == one), Some(index));
    }
}

#[test]
fn the_revision_is_the_documented_hash() {
    let set = PolicySet::compile(&[file("a.rego", "package a\n")]).unwrap();
    // printf '\0\0\0\0\0\0\0\6a.rego\0\0\0\0\0\0\0\12package a\n' | sha256sum
    let expected = "32617e093b5a8364f075e766149b717d668eaeca8179cacad90c133bfb6730ad";
    assert_eq!(set.revision().as_str(), expected);
    assert_eq!(set.revision().to_string(), expected);
    assert_eq!(set.revision().short(), &expected[..12]);
}
