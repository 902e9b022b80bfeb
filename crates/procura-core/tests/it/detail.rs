//! Scopes and ceilings: how they are read, what is within what, and what an action needs.

use procura_core::{
    detail::{Action, AgentDelegation, Manifest, Pointer, Scope, Span},
    hash::Digest,
    json::{self, Object, Value},
    limits,
    refusal::Outcome,
};

fn object(text: &str) -> Object {
    json::parse_object(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn detail(scopes: &str, ceilings: &str) -> AgentDelegation {
    let text =
        format!(r#"{{"type":"agent_delegation","scopes":{scopes},"constraints":{ceilings}}}"#);
    AgentDelegation::parse(&object(&text)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

const ACCOUNT: [u8; 32] = [7; 32];

/// The code and step of a reading that is refused.
fn refused(text: &str) -> String {
    match AgentDelegation::parse(&object(text)) {
        Ok(read) => format!("read as {:?}", read.to_object().to_canonical().unwrap()),
        Err(refusal) => format!("{} {}", refusal.outcome, refusal.step),
    }
}

#[test]
fn what_is_not_a_closed_detail_is_not_read() {
    for text in [
        r#"{"type":"agent_delegation"}"#,
        r#"{"type":"agent_delegation","scopes":"a.b"}"#,
        r#"{"type":"agent_delegation","scopes":[1]}"#,
        r#"{"type":"agent_delegation","scopes":["*"]}"#,
        r#"{"type":"agent_delegation","scopes":["a.*.b"]}"#,
        r#"{"type":"agent_delegation","scopes":["A.*"]}"#,
        r#"{"type":"agent_delegation","scopes":["a.b\n"]}"#,
        r#"{"type":"agent_delegation","scopes":[""]}"#,
        r#"{"type":"agent_delegation","scopes":["a b"]}"#,
        r#"{"type":"agent_delegation","scopes":[],"constraints":{}}"#,
        r#"{"type":"agent_delegation","scopes":[],"actions":[]}"#,
        r#"{"type":"other","scopes":[],"constraints":[]}"#,
        r#"{"scopes":[],"constraints":[]}"#,
    ] {
        assert_eq!(refused(text), "malformed P2", "{text}");
    }
    let empty = r#"{"type":"agent_delegation","scopes":["a.b"]}"#;
    assert_eq!(
        refused(empty),
        r#"read as "{\"constraints\":[],\"scopes\":[\"a.b\"],\"type\":\"agent_delegation\"}""#
    );
}

#[test]
fn what_is_not_one_typed_value_beside_a_key_is_no_ceiling() {
    for ceiling in [
        "1",
        "{}",
        r#"{"max":1}"#,
        r#"{"key":"","max":1}"#,
        r#"{"key":1,"max":1}"#,
        r#"{"key":"k"}"#,
        r#"{"key":"k","max":1,"min":0}"#,
        r#"{"key":"k","max":1,"note":"x"}"#,
        r#"{"key":"k","max":"1"}"#,
        r#"{"key":"k","max":9007199254740993}"#,
        r#"{"key":"k","max":9007199254740992}"#,
        r#"{"key":"k","min":-1e21}"#,
        r#"{"key":"k","one_of":[9007199254740994]}"#,
        r#"{"key":"k","new":{"a":[1e300]}}"#,
        r#"{"key":"k","max":null}"#,
        r#"{"key":"k","max_subtree":-1}"#,
        r#"{"key":"k","max_subtree":1.5}"#,
        r#"{"key":"k","max_subtree":1.0}"#,
        r#"{"key":"k","max_lifetime":9007199254740992}"#,
        r#"{"key":"k","one_of":[]}"#,
        r#"{"key":"k","one_of":"a"}"#,
        r#"{"key":"k","one_of":[{}]}"#,
        r#"{"key":"k","not_one_of":[[]]}"#,
        r#"{"key":"k","prefix":1}"#,
        r#"{"key":"k","rank":"x"}"#,
        r#"{"key":"k","order":["x"]}"#,
        r#"{"key":"k","rank":"x","order":["y"]}"#,
        r#"{"key":"k","rank":"x","order":["x","x"]}"#,
        r#"{"key":"k","rank":"x","order":["x"]}"#,
        r#"{"key":"k","rank":"x","order":[""]}"#,
        r#"{"key":"k","rank":"x","order":["x"],"more":1}"#,
        r#"{"key":"k","rate":{"n":1}}"#,
        r#"{"key":"k","rate":{"n":1,"per":0}}"#,
        r#"{"key":"k","rate":{"n":1,"per":1,"burst":2}}"#,
        r#"{"key":"k","approval":{"n":0,"by":["user:a"],"max_age":60}}"#,
        r#"{"key":"k","approval":{"n":2,"by":["user:a","user:a"],"max_age":60}}"#,
        r#"{"key":"k","approval":{"n":1,"by":[],"max_age":60}}"#,
        r#"{"key":"k","approval":{"n":1,"by":["user:a"],"max_age":0}}"#,
        r#"{"key":"k","approval":{"n":1,"by":["user:a"]}}"#,
        r#"{"key":"k","new":9007199254740993}"#,
    ] {
        let text =
            format!(r#"{{"type":"agent_delegation","scopes":[],"constraints":[{ceiling}]}}"#);
        assert_eq!(refused(&text), "malformed P2", "{ceiling}");
    }
    let twice = r#"[{"key":"k","max":1},{"key":"k","max":2}]"#;
    let text = format!(r#"{{"type":"agent_delegation","scopes":[],"constraints":{twice}}}"#);
    assert_eq!(refused(&text), "malformed P2");
    detail("[]", r#"[{"key":"k","max":1},{"key":"k","min":0},{"key":"l","max":1}]"#);
    detail("[]", r#"[{"key":"k","max":9007199254740991},{"key":"k","new":[-9007199254740991]}]"#);
}

/// Whether it is read at all: each limit has a case at it and one beyond.
fn is_read(scopes: &str, ceilings: &str) -> bool {
    let text =
        format!(r#"{{"type":"agent_delegation","scopes":{scopes},"constraints":{ceilings}}}"#);
    match AgentDelegation::parse(&object(&text)) {
        Ok(_) => true,
        Err(refusal) => {
            assert!(matches!(refusal.outcome, Outcome::TooLarge | Outcome::Malformed), "{refusal}");
            false
        }
    }
}

#[test]
fn every_limit_is_read_and_one_more_is_not() {
    let list = |count: usize, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..count).map(item).collect();
        format!("[{}]", items.join(","))
    };
    let scopes = |count| list(count, &|at| format!(r#""a.b{at}""#));
    let ceilings = |count| list(count, &|at| format!(r#"{{"key":"k{at}","max":1}}"#));
    let values = |count| list(count, &|at| at.to_string());
    let one_of = |count| format!(r#"[{{"key":"k","one_of":{}}}]"#, values(count));
    let key = |bytes: usize| format!(r#"[{{"key":"{}","max":1}}]"#, "k".repeat(bytes));
    let scope = |bytes: usize| format!(r#"["{}"]"#, "K".repeat(bytes));
    let prefix = |bytes: usize| format!(r#"[{{"key":"k","prefix":"{}"}}]"#, "p".repeat(bytes));
    let name = |bytes: usize| format!(r#"[{{"key":"k","{}":1}}]"#, "n".repeat(bytes));
    for (limit, of) in [
        (limits::SCOPES, &(|count| is_read(&scopes(count), "[]")) as &dyn Fn(usize) -> bool),
        (limits::CEILINGS, &|count| is_read("[]", &ceilings(count))),
        (limits::CEILING_VALUES, &|count| is_read("[]", &one_of(count))),
        (limits::TOOL_ID_BYTES, &|bytes| is_read("[]", &key(bytes))),
        (limits::TOOL_ID_BYTES, &|bytes| is_read(&scope(bytes), "[]")),
        (limits::TOOL_ID_BYTES, &|bytes| is_read("[]", &name(bytes))),
        (limits::VALUE_BYTES, &|bytes| is_read("[]", &prefix(bytes))),
    ] {
        assert!(of(limit), "{limit}");
        assert!(!of(limit + 1), "{limit}");
    }
}

/// Whether one scope is within another.
fn is_covered(scope: &str, held: &str) -> bool {
    let scopes = |one: &str| detail(&format!(r#"["{one}"]"#), "[]");
    scopes(scope).check_within(&scopes(held)).is_ok()
}

#[test]
fn a_wildcard_covers_what_is_below_its_dot_and_no_opaque_scope() {
    for (scope, held, expected) in [
        ("a.b", "a.b", true),
        ("a.b", "a.*", true),
        ("a.b.c", "a.*", true),
        ("a.b.*", "a.*", true),
        ("a.*", "a.*", true),
        ("a.*", "a.b.*", false),
        ("a.b", "a.b.*", false),
        ("ab.c", "a.*", false),
        ("a.*", "a.b", false),
        ("drive.Read", "drive.*", false),
        ("drive.*", "drive.Read", false),
        ("user.read", "User.Read", false),
        ("User.Read", "User.Read", true),
        ("repo:status", "repo:status", true),
    ] {
        assert_eq!(is_covered(scope, held), expected, "{scope} below {held}");
    }
    assert_eq!(Scope::parse("repo:*"), None);
}

/// Whether the child's one ceiling is within the parent's.
fn is_within(child: &str, parent: &str) -> bool {
    let one = |ceiling: &str| detail("[]", &format!(r#"[{{"key":"k",{ceiling}}}]"#));
    one(child).check_within(&one(parent)).is_ok()
}

#[test]
fn a_ceiling_is_only_within_one_of_its_own_type_that_is_as_wide() {
    for (narrow, wide) in [
        (r#""max":1"#, r#""max":2"#),
        (r#""min":2"#, r#""min":1"#),
        (r#""max_lifetime":1"#, r#""max_lifetime":2"#),
        (r#""max_subtree":1"#, r#""max_subtree":2"#),
        (r#""one_of":["a"]"#, r#""one_of":["a","b"]"#),
        (r#""not_one_of":["a","b"]"#, r#""not_one_of":["a"]"#),
        (r#""prefix":"ab""#, r#""prefix":"a""#),
        (r#""rank":"x","order":["x","y"]"#, r#""rank":"y","order":["x","y"]"#),
        (r#""rate":{"n":1,"per":60}"#, r#""rate":{"n":2,"per":60}"#),
        (
            r#""approval":{"n":2,"by":["u","v"],"max_age":60}"#,
            r#""approval":{"n":1,"by":["u","v","w"],"max_age":300}"#,
        ),
    ] {
        assert!(is_within(narrow, wide) && is_within(wide, wide), "{narrow} {wide}");
        assert!(!is_within(wide, narrow), "{narrow} {wide}");
    }
    for (child, parent) in [
        (r#""max_lifetime":1"#, r#""max":2"#),
        (r#""max":1"#, r#""max_subtree":2"#),
        (r#""one_of":[1]"#, r#""max":2"#),
        (r#""rank":"x","order":["x","y"]"#, r#""rank":"x","order":["x","y","z"]"#),
        (r#""rank":"x","order":["x","y"]"#, r#""rank":"x","order":["y","x"]"#),
        (r#""rate":{"n":1,"per":30}"#, r#""rate":{"n":2,"per":60}"#),
        (
            r#""approval":{"n":1,"by":["u"],"max_age":60}"#,
            r#""approval":{"n":2,"by":["u","v"],"max_age":60}"#,
        ),
        (
            r#""approval":{"n":1,"by":["z"],"max_age":60}"#,
            r#""approval":{"n":1,"by":["u"],"max_age":60}"#,
        ),
        (r#""new":1"#, r#""new":2"#),
        (r#""new":1"#, r#""other":1"#),
    ] {
        assert!(!is_within(child, parent), "{child} {parent}");
    }
    assert!(is_within(r#""new":1.0"#, r#""new":1"#));
}

#[test]
fn a_ceiling_that_is_missing_is_wider_and_one_more_is_narrower() {
    let with = detail("[]", r#"[{"key":"k","max":1}]"#);
    let without = detail("[]", "[]");
    let refusal = without.check_within(&with).unwrap_err();
    assert_eq!((refusal.outcome, refusal.step), (Outcome::NotNarrower, "P4"));
    assert!(with.check_within(&without).is_ok());
}

/// The outcome of an action with these quantities under one ceiling.
fn outcome(ceiling: &str, quantities: &str) -> String {
    let action = Action { scope: Scope::parse("a.b"), quantities: object(quantities) };
    let held = detail(r#"["a.*"]"#, &format!("[{ceiling}]"));
    match held.check_action("t", &action, &Digest::from_bytes(ACCOUNT)) {
        Ok(demands) if demands.quorums.is_empty() => match demands.debits.as_slice() {
            [] => "allow".into(),
            [one] => format!("{:?} {} of {}", one.span, one.amount.get(), one.limit.get()),
            more => panic!("{more:?}"),
        },
        Ok(demands) => format!("{} of {:?}", demands.quorums[0].count, demands.quorums[0].by),
        Err(refusal) => format!("{} {}", refusal.outcome, refusal.step),
    }
}

#[test]
fn an_action_is_held_to_every_ceiling_and_what_is_not_measured_is_refused() {
    let exceeded = "ceiling_exceeded P5";
    for (ceiling, quantities, expected) in [
        (r#"{"key":"k","max":2}"#, r#"{"k":2}"#, "allow"),
        (r#"{"key":"k","max":2}"#, r#"{"k":2.5}"#, exceeded),
        (r#"{"key":"k","max":2}"#, r#"{"k":"2"}"#, exceeded),
        (r#"{"key":"k","max":2}"#, r#"{"k":true}"#, exceeded),
        (r#"{"key":"k","max":2}"#, r#"{"k":-1e400}"#, exceeded),
        (r#"{"key":"k","max":2}"#, "{}", exceeded),
        (r#"{"key":"k","min":2}"#, r#"{"k":2}"#, "allow"),
        (r#"{"key":"k","min":2}"#, r#"{"k":1}"#, exceeded),
        (r#"{"key":"k","one_of":["a"]}"#, r#"{"k":"a"}"#, "allow"),
        (r#"{"key":"k","one_of":["a"]}"#, r#"{"k":"b"}"#, exceeded),
        (r#"{"key":"k","not_one_of":["a"]}"#, r#"{"k":"b"}"#, "allow"),
        (r#"{"key":"k","not_one_of":["a"]}"#, r#"{"k":"a"}"#, exceeded),
        (r#"{"key":"k","not_one_of":["a"]}"#, r#"{"k":["a"]}"#, exceeded),
        (r#"{"key":"k","not_one_of":["a"]}"#, "{}", exceeded),
        (r#"{"key":"scope","not_one_of":["a.c"]}"#, "{}", "allow"),
        (r#"{"key":"scope","not_one_of":["a.b"]}"#, "{}", exceeded),
        (r#"{"key":"scope","prefix":"a."}"#, r#"{"scope":"b"}"#, "allow"),
        (r#"{"key":"k","prefix":"ab"}"#, r#"{"k":"abc"}"#, "allow"),
        (r#"{"key":"k","prefix":"ab"}"#, r#"{"k":"a"}"#, exceeded),
        (r#"{"key":"k","rank":"y","order":["x","y","z"]}"#, r#"{"k":"x"}"#, "allow"),
        (r#"{"key":"k","rank":"y","order":["x","y","z"]}"#, r#"{"k":"z"}"#, exceeded),
        (r#"{"key":"k","rank":"y","order":["x","y","z"]}"#, r#"{"k":"w"}"#, exceeded),
        (r#"{"key":"calls","max_subtree":9}"#, r#"{"calls":0}"#, "Subtree 1 of 9"),
        (r#"{"key":"calls","max_subtree":0}"#, "{}", exceeded),
        (r#"{"key":"k","max_lifetime":9}"#, r#"{"k":9}"#, "Lifetime 9 of 9"),
        (r#"{"key":"k","max_lifetime":9}"#, r#"{"k":2.0}"#, "Lifetime 2 of 9"),
        (r#"{"key":"k","max_lifetime":9}"#, r#"{"k":9007199254740993}"#, exceeded),
        (r#"{"key":"k","max_lifetime":9}"#, r#"{"k":10}"#, exceeded),
        (r#"{"key":"k","max_lifetime":9}"#, r#"{"k":-1}"#, exceeded),
        (r#"{"key":"k","max_lifetime":9}"#, r#"{"k":1.5}"#, exceeded),
        (r#"{"key":"k","max_lifetime":9}"#, r#"{"k":"1"}"#, exceeded),
        (r#"{"key":"calls","rate":{"n":3,"per":60}}"#, "{}", "Rate(60) 1 of 3"),
        (r#"{"key":"k","new":1}"#, r#"{"k":1}"#, "unknown_constraint P5"),
        (r#"{"key":"t","approval":{"n":1,"by":["u"],"max_age":60}}"#, "{}", r#"1 of ["u"]"#),
        (r#"{"key":"*","approval":{"n":1,"by":["u"],"max_age":60}}"#, "{}", r#"1 of ["u"]"#),
        (r#"{"key":"other","approval":{"n":1,"by":["u"],"max_age":60}}"#, "{}", "allow"),
    ] {
        assert_eq!(outcome(ceiling, quantities), expected, "{ceiling} {quantities}");
    }
}

#[test]
fn an_action_needs_its_one_scope() {
    let held = detail(r#"["a.*"]"#, "[]");
    for (scope, expected) in
        [(Some("a.b"), true), (Some("b.a"), false), (Some("a.*"), false), (None, false)]
    {
        let scope = scope.and_then(Scope::parse);
        let action = Action { scope, quantities: Object::new() };
        let checked = held.check_action("t", &action, &Digest::from_bytes(ACCOUNT));
        assert_eq!(checked.is_ok(), expected);
    }
    let nothing = detail("[]", "[]");
    let action = Action::named("a.b");
    assert!(nothing.check_action("a.b", &action, &Digest::from_bytes(ACCOUNT)).is_err());
    assert!(nothing.is_empty() && !held.is_empty());
    assert!(detail(r#"["a.*"]"#, r#"[{"key":"k","max":1},{"key":"k","min":2}]"#).is_empty());
    assert!(!detail(r#"["a.*"]"#, r#"[{"key":"k","max":1},{"key":"k","min":1}]"#).is_empty());
}

#[test]
fn an_address_with_an_empty_segment_is_inside_of_nothing() {
    let scope = procura_core::constraint::url::UrlScope::new("https://h", "/v1").unwrap();
    for address in ["https://h/admin//../v1/x", "https://h//v1/x", "https://h/v1//x"] {
        assert!(!scope.contains(address), "{address}");
    }
    for address in ["https://h/v1/x/", "https://h/v1/a/../x", "https://h/v1?u=https://g//"] {
        assert!(scope.contains(address), "{address}");
    }
}

#[test]
fn a_pattern_is_no_action_be_it_held_or_a_tools_name() {
    assert_eq!(Action::named("a.*").scope, None);
    let held = detail(r#"["a.*"]"#, "[]");
    let of = |scope: &str| Action { scope: Scope::parse(scope), quantities: Object::new() };
    for (action, expected) in [(of("a.b"), true), (of("a.*"), false), (of("a.b.*"), false)] {
        let checked = held.check_action("t", &action, &Digest::from_bytes(ACCOUNT));
        assert_eq!(checked.is_ok(), expected, "{action:?}");
    }
}

#[test]
fn a_debit_names_the_token_that_limits_it() {
    let held = detail(r#"["a.*"]"#, r#"[{"key":"calls","max_subtree":9}]"#);
    let demands = held.check_action("a.b", &Action::named("a.b"), &Digest::from_bytes(ACCOUNT));
    let debits = demands.unwrap().debits;
    assert_eq!(debits[0].account, Digest::from_bytes(ACCOUNT));
    assert_eq!((debits[0].key.as_str(), debits[0].span), ("calls", Span::Subtree));
}

#[test]
fn a_manifest_says_what_a_tool_uses_and_others_use_their_own_name() {
    let manifest = r#"{"mcp:pay/send":{"scope":"pay.send","quantities":{
        "spend":{"argument":"/amounts/1/cents"},"egress":{"value":"any"},"gone":{"argument":"/x"}}}}"#;
    let manifest = Manifest::parse(&object(manifest)).unwrap();
    let arguments = object(r#"{"amounts":[{},{"cents":250}]}"#);
    let action = manifest.action("mcp:pay/send", &arguments);
    assert_eq!(action.scope, Scope::parse("pay.send"));
    let quantities = action.quantities.to_canonical().unwrap();
    assert_eq!(quantities, r#"{"egress":"any","spend":250}"#);
    assert_eq!(manifest.action("a.b", &arguments), Action::named("a.b"));
    assert_eq!(Action::named("mcp:pay/send").scope, Scope::parse("mcp:pay/send"));
    assert_eq!(Action::named("a tool").scope, None);
}

#[test]
fn what_is_not_a_manifest_is_refused_with_the_tool_and_the_reason() {
    for designation in [
        "1",
        "{}",
        r#"{"scope":"a.*"}"#,
        r#"{"scope":"a.b","more":1}"#,
        r#"{"scope":"a.b","quantities":[]}"#,
        r#"{"scope":"a.b","quantities":{"calls":{"value":0}}}"#,
        r#"{"scope":"a.b","quantities":{"scope":{"value":"b"}}}"#,
        r#"{"scope":"a.b","quantities":{"":{"value":0}}}"#,
        r#"{"scope":"a.b","quantities":{"k":1}}"#,
        r#"{"scope":"a.b","quantities":{"k":{}}}"#,
        r#"{"scope":"a.b","quantities":{"k":{"value":[]}}}"#,
        r#"{"scope":"a.b","quantities":{"k":{"argument":"x"}}}"#,
        r#"{"scope":"a.b","quantities":{"k":{"argument":"/x","value":1}}}"#,
    ] {
        let text = format!(r#"{{"tool-1":{designation}}}"#);
        let error = Manifest::parse(&object(&text)).unwrap_err();
        assert_eq!(error.tool, "tool-1", "{designation}");
        assert!(!error.reason.is_empty());
    }
}

#[test]
fn a_pointer_finds_one_place_or_nothing() {
    let arguments = object(r#"{"a":{"b/c":[1,{"~":2}]},"":3,"0":4}"#);
    for (pointer, expected) in [
        ("/a/b~1c/0", Some(1)),
        ("/a/b~1c/1/~0", Some(2)),
        ("/", Some(3)),
        ("/0", Some(4)),
        ("/a/b~1c/00", None),
        ("/a/b~1c/2", None),
        ("/a/b~1c/-", None),
        ("/a/b~1c/0/x", None),
        ("/z", None),
    ] {
        let found = Pointer::parse(pointer).unwrap().find(&arguments).and_then(Value::as_integer);
        assert_eq!(found, expected, "{pointer}");
    }
    for text in ["", "a", "/~", "/~2", "/a~"] {
        assert_eq!(Pointer::parse(text), None, "{text}");
    }
}
