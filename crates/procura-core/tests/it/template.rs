//! Templates: what comes out, and that nothing is filled in that was not meant.

use procura_core::{
    json::Object,
    limits,
    template::{BUILT_IN, Expansion, Template, TemplateError, built_in, scope_from_colons},
};

fn values(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn expand(text: &str, pairs: &[(&str, &str)]) -> Result<Expansion, TemplateError> {
    Template::parse(text)?.expand(&values(pairs))
}

/// A template `t` with these tools, and the parameters `a` and, by default `x`, `b`.
fn with_tools(tools: &str) -> String {
    format!(
        r#"{{"name":"t","about":"a","parameters":{{"a":{{"about":"a"}},
            "b":{{"about":"b","default":"x"}}}},"tools":{tools}}}"#
    )
}

fn tools_of(expansion: &Expansion) -> String {
    expansion.tools.to_object().to_canonical().unwrap()
}

#[test]
fn every_built_in_template_expands_and_has_its_own_name() {
    let mut names = Vec::new();
    for text in BUILT_IN {
        let template = Template::parse(text).unwrap();
        assert!(!template.about().is_empty());
        let given: Vec<(String, String)> =
            template.parameters().map(|(name, _)| (name.into(), "value".into())).collect();
        assert!(!template.expand(&given).unwrap().tools.is_empty());
        assert_eq!(
            built_in(template.name()).map(|found| found.name().to_owned()).as_deref(),
            Some(template.name())
        );
        names.push(template.name().to_owned());
    }
    assert_eq!(names, ["github-read-only", "open-pull-request"]);
    assert!(built_in("nothing").is_none());
}

#[test]
fn read_only_github_reads_and_does_nothing_else() {
    let expansion = built_in("github-read-only").unwrap().expand(&[]).unwrap();
    assert_eq!(expansion.detail, None);
    for (tool, _) in expansion.tools.iter() {
        let name = tool.rsplit(['/', '.']).next().unwrap();
        let reads = name.split('_').any(|word| ["get", "list", "search", "read"].contains(&word));
        assert!(reads, "{tool}");
    }
    assert!(expansion.tools.get("mcp:github/get_file_contents").is_some());
    assert!(expansion.tools.get("mcp:github/push_files").is_none());
    let given = values(&[("server", "gh")]);
    let renamed = built_in("github-read-only").unwrap().expand(&given).unwrap();
    assert!(renamed.tools.get("mcp:gh/get_file_contents").is_some());
}

#[test]
fn a_template_is_filled_in_wherever_it_says_so_and_nowhere_else() {
    let text = with_tools(
        r#"{"m:{b}/{a}":{"x":{"constraint_type":"one_of","values":[{"parameter":"a"},"{a}"]}}}"#,
    );
    let expansion = expand(&text, &[("a", "v")]).unwrap();
    let expected = r#"{"m:x/v":{"x":{"constraint_type":"one_of","values":["v","{a}"]}}}"#;
    assert_eq!(tools_of(&expansion), expected);
    // Of two values for one parameter the last counts.
    let expansion = expand(&text, &[("a", "v"), ("a", "w"), ("b", "y")]).unwrap();
    assert!(tools_of(&expansion).starts_with(r#"{"m:y/w":"#));
}

#[test]
fn a_value_is_text_and_never_a_rule() {
    let text = with_tools(r#"{"t":{"x":{"constraint_type":"exact","value":{"parameter":"a"}}}}"#);
    let hostile = r#"","constraint_type":"wildcard"#;
    let expansion = expand(&text, &[("a", hostile)]).unwrap();
    let expected = Object::new()
        .with("constraint_type", "exact")
        .with("value", hostile)
        .to_canonical()
        .unwrap();
    assert_eq!(tools_of(&expansion), format!(r#"{{"t":{{"x":{expected}}}}}"#));
    let expansion = expand(&text, &[("a", "{b}")]).unwrap();
    assert!(tools_of(&expansion).contains(r#""value":"{b}""#));
}

#[test]
fn a_value_in_a_name_is_one_word_and_no_wildcard() {
    let text = with_tools(r#"{"m:{a}/t":{}}"#);
    assert!(expand(&text, &[("a", "web")]).is_ok());
    for value in ["", "a b", "*", "a.*", "{b}", "a}", "a\n", "a\u{0}"] {
        let refused = expand(&text, &[("a", value)]).unwrap_err();
        assert_eq!(refused, TemplateError::Value("a".into()), "{value:?}");
    }
}

#[test]
fn what_is_missing_or_unknown_is_named() {
    let text = with_tools(r#"{"t":{}}"#);
    assert_eq!(expand(&text, &[]).unwrap_err(), TemplateError::Missing("a".into()));
    let unknown = expand(&text, &[("a", "v"), ("c", "v")]).unwrap_err();
    assert_eq!(unknown, TemplateError::Unknown("c".into()));
    assert!(expand(&text, &[("a", "v")]).is_ok());
}

#[test]
fn what_is_no_template_is_refused() {
    let good = with_tools(r#"{"t":{}}"#);
    for (from, to) in [
        (r#""name":"t""#, r#""name":"""#),
        (r#""about":"a","parameters""#, r#""parameters""#),
        (r#""tools":{"t":{}}"#, r#""tools":[]"#),
        (r#""tools":{"t":{}}"#, r#""tools":{"t":{}},"more":1"#),
        (r#""tools":{"t":{}}"#, r#""tools":{"t":{}},"scopes":"a.b""#),
        (r#""tools":{"t":{}}"#, r#""tools":{"t":{}},"scopes":[1]"#),
        (r#""a":{"about":"a"}"#, r#""a":1"#),
        (r#""a":{"about":"a"}"#, r#""a":{}"#),
        (r#""a":{"about":"a"}"#, r#""A b":{"about":"a"}"#),
        (r#""a":{"about":"a"}"#, r#""a":{"about":"a","more":1}"#),
        (r#""default":"x""#, r#""default":1"#),
    ] {
        assert!(good.contains(from), "{from}");
        let text = good.replacen(from, to, 1);
        assert!(matches!(Template::parse(&text), Err(TemplateError::Shape(_))), "{to}");
    }
    assert!(matches!(Template::parse("{"), Err(TemplateError::Json(_))));
    for tools in [
        r#"{"{c}":{}}"#,
        r#"{"{a":{}}"#,
        r#"{"a}":{}}"#,
        r#"{"t":{"x":{"parameter":"c"}}}"#,
        r#"{"t":{"x":{"parameter":1}}}"#,
        r#"{"{a}":{},"{b}":{}}"#,
        r#"{"t":{"x":{"constraint_type":"budget"}}}"#,
        r#"{"t":{"x":{"parameter":"a"}}}"#,
    ] {
        assert!(expand(&with_tools(tools), &[("a", "x")]).is_err(), "{tools}");
    }
}

#[test]
fn a_template_may_be_long_and_not_longer() {
    let text = with_tools(r#"{"t":{}}"#);
    let padded = |bytes: usize| format!("{text}{}", " ".repeat(bytes - text.len()));
    assert!(Template::parse(&padded(limits::TEMPLATE_BYTES)).is_ok());
    assert!(Template::parse(&padded(limits::TEMPLATE_BYTES + 1)).is_err());
}

#[test]
fn scopes_and_ceilings_are_filled_in_too() {
    let text = r#"{"name":"t","about":"a","parameters":{"a":{"about":"a"}},"tools":{"x.y":{}},
        "scopes":["{a}.*","x.y"],"ceilings":[{"key":"k","prefix":{"parameter":"a"}}]}"#;
    let detail = expand(text, &[("a", "pr")]).unwrap().detail.unwrap();
    let expected = r#"{"constraints":[{"key":"k","prefix":"pr"}],"scopes":["pr.*","x.y"],"type":"agent_delegation"}"#;
    assert_eq!(detail.to_object().to_canonical().unwrap(), expected);
    assert!(matches!(expand(text, &[("a", "PR")]), Err(TemplateError::Expansion(_))));
}

#[test]
fn colons_of_people_are_dots_in_a_token() {
    for (text, expected) in [
        ("repo:read", Some("repo.read")),
        ("pr:write:draft", Some("pr.write.draft")),
        ("pr:write:*", Some("pr.write.*")),
        ("pr.write.draft", Some("pr.write.draft")),
        ("*", None),
        ("repo", None),
        ("repo:", None),
        (":read", None),
        ("repo:Read", None),
        ("repo:*:read", None),
        ("repo read", None),
    ] {
        let scope = scope_from_colons(text);
        assert_eq!(scope.as_ref().ok().map(|scope| scope.as_str()), expected, "{text}");
    }
}
