//! The words of `--allow`: what each means, where each mistake is, and that
//! what is printed is read again as the same rule.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use procura_core::json::{self, Object, Value};
use procura_core::tools::Tools;
use proptest::prelude::*;

use super::{parse, text};

fn read(allow: &str) -> Tools {
    parse(&[allow.to_owned()]).map_err(|error| error.to_string()).unwrap()
}

fn wire(tools: &Tools) -> String {
    tools.to_object().to_canonical().unwrap()
}

/// `allow` means `expected` on the wire.
fn means(allow: &str, expected: &str) {
    let expected = json::parse(expected.as_bytes()).unwrap();
    assert_eq!(wire(&read(allow)), wire(&Tools::parse(&expected).unwrap()), "{allow}");
}

/// `allow` is refused at this character, and the message has these words.
fn refused_at(allow: &str, column: usize, words: &str) {
    let error = parse(&[allow.to_owned()]).unwrap_err();
    assert_eq!(error.column(), Some(column), "{error}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn a_tool_alone_allows_any_arguments_and_empty_parentheses_allow_none() {
    means("mcp:web/list", r#"{"mcp:web/list":{}}"#);
    let none = read("mcp:web/list()");
    assert!(none.check_call("mcp:web/list", &Object::new()).is_ok());
    for name in ["x", "()", ""] {
        let some = Object::new().with(name, 0u32);
        assert!(none.check_call("mcp:web/list", &some).is_err(), "{name}");
    }
    assert_eq!(text("mcp:web/list", none.get("mcp:web/list").unwrap()), "mcp:web/list()");
    // What a verifier reads back holds no argument either.
    let read_back = Tools::parse(&none.to_object().into()).unwrap();
    assert!(read_back.check_call("mcp:web/list", &Object::new().with("x", 1u32)).is_err());
}

#[test]
fn each_rule_means_one_constraint_of_the_wire() {
    let rule = |rule: &str, expected: &str| {
        means(&format!("t(a={rule})"), &format!(r#"{{"t":{{"a":{expected}}}}}"#));
    };
    rule("any", r#"{"constraint_type":"wildcard"}"#);
    rule("acme/web", r#"{"constraint_type":"exact","value":"acme/web"}"#);
    rule("=any", r#"{"constraint_type":"exact","value":"any"}"#);
    rule("=user:alice", r#"{"constraint_type":"exact","value":"user:alice"}"#);
    rule("true", r#"{"constraint_type":"exact","value":true}"#);
    rule(r#""true""#, r#"{"constraint_type":"exact","value":"true"}"#);
    rule("-1.5", r#"{"constraint_type":"exact","value":-1.5}"#);
    rule(r#""a, (b) | c""#, r#"{"constraint_type":"exact","value":"a, (b) | c"}"#);
    rule("one-of:main|dev|3", r#"{"constraint_type":"one_of","values":["main","dev",3]}"#);
    rule("not:prod", r#"{"constraint_type":"not_one_of","excluded":["prod"]}"#);
    rule("not:", r#"{"constraint_type":"not_one_of","excluded":[]}"#);
    rule("has:a|b", r#"{"constraint_type":"contains","required":["a","b"]}"#);
    rule("only:[1]|\"x y\"", r#"{"constraint_type":"subset","allowed":[[1],"x y"]}"#);
    rule("range:1..10", r#"{"constraint_type":"range","min":1,"max":10}"#);
    rule("range:..0.5", r#"{"constraint_type":"range","max":0.5}"#);
    rule("range:-3..", r#"{"constraint_type":"range","min":-3}"#);
    rule(
        "range:0<..<1",
        r#"{"constraint_type":"range","min":0,"max":1,"min_inclusive":false,"max_inclusive":false}"#,
    );
    rule("under:/src", r#"{"constraint_type":"path_containment","root":"/src"}"#);
    rule(
        "url:https://api.example:8443/v1",
        r#"{"constraint_type":"url_containment","origin":"https://api.example:8443","path":"/v1"}"#,
    );
    rule(
        "url:https://api.example",
        r#"{"constraint_type":"url_containment","origin":"https://api.example"}"#,
    );
    rule(
        "all-of(not:a, any-of(under:/x,=b))",
        r#"{"constraint_type":"all","constraints":[{"constraint_type":"not_one_of","excluded":["a"]},
            {"constraint_type":"any","constraints":[{"constraint_type":"path_containment","root":"/x"},
            {"constraint_type":"exact","value":"b"}]}]}"#,
    );
}

#[test]
fn arguments_may_be_optional_and_others_may_be_open() {
    means(
        "t(path=under:/src, content?=any, *=any)",
        r#"{"t":{"path":{"constraint_type":"path_containment","root":"/src"},
            "content":{"constraint_type":"wildcard","optional":true},"*":{"constraint_type":"wildcard"}}}"#,
    );
    means(
        r#""GET https://api.example/x?y"("a=b"=1)"#,
        r#"{"GET https://api.example/x?y":{"a=b":{"constraint_type":"exact","value":1}}}"#,
    );
}

#[test]
fn a_mistake_is_found_where_it_is() {
    refused_at("", 1, "expected a tool");
    refused_at("t(path)", 7, "expected `=` and a rule");
    refused_at("t(path=)", 8, "expected a value or a rule");
    refused_at("t(path=any", 11, "expected `,` and the next argument, or `)`; found the end");
    refused_at("t(path=any) x", 13, "found `x`");
    refused_at("t(path=undr:/src)", 8, "expected a rule: any");
    refused_at("t(path=under:src)", 14, "a path that starts with `/`");
    refused_at("t(path=under:/../a)", 14, "does not climb above");
    refused_at("t(n=range:1-10)", 11, "two numbers with `..`");
    refused_at("t(n=range:1..ten)", 11, "two numbers with `..`");
    refused_at("t(n=range:<..1)", 11, "two numbers with `..`");
    refused_at("t(u=url:ftp://x/y)", 9, "an address such as");
    refused_at("t(u=url:https://x/y?z)", 9, "without a query");
    refused_at("t(a=one-of:)", 12, "expected a value");
    refused_at("t(a=one-of:a|)", 14, "expected a value after `|`");
    refused_at("t(a=f(x))", 6, "a JSON string");
    refused_at("t(a=[1])", 5, "text, a number");
    refused_at("t(a=\"x)", 5, "as JSON");
    refused_at("t(*=1)", 5, "`*=any`");
    refused_at("t(*?=any)", 6, "`*=any`");
    refused_at("t(a=1, a=2)", 8, "each argument once");
    refused_at("t(a=hello world)", 11, "expected `,`");
}

#[test]
fn a_message_points_at_the_mistake_and_shows_no_hidden_character() {
    let error = parse(&["t(path=undr:/src)".to_owned()]).unwrap_err().to_string();
    assert!(error.ends_with("\n  t(path=undr:/src)\n         ^"), "{error}");
    let error = parse(&["t(a\u{1b}[31m\u{202e}=1)".to_owned()]).unwrap_err().to_string();
    assert!(error.chars().all(|c| c.is_ascii() && !c.is_control()), "{error:?}");
}

#[test]
fn a_tool_is_named_once() {
    let twice = ["t(a=1)".to_owned(), "t(a=2)".to_owned()];
    assert!(parse(&twice).unwrap_err().to_string().contains("each tool in one --allow"));
    let two = ["t(a=1)".to_owned(), "u".to_owned()];
    assert_eq!(parse(&two).unwrap().iter().len(), 2);
}

#[test]
fn what_the_format_refuses_is_refused_with_its_reason() {
    let error = parse(&["t(n=9007199254740993)".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("not exactly a double"), "{error}");
    let error = parse(&["t(n=range:2..1)".to_owned()]).unwrap_err().to_string();
    assert!(error.contains("min is greater than its max"), "{error}");
    let nested = format!("t(a={}any{})", "all-of(".repeat(40), ")".repeat(40));
    assert!(parse(&[nested]).unwrap_err().to_string().contains("nested less deep"));
}

/// Text with everything that could be taken for something else.
fn words() -> impl Strategy<Value = String> {
    let tricky = prop::sample::select(vec![
        "any",
        "any-of",
        "all-of(",
        "=x",
        "range:1..2",
        "under:/a",
        "true",
        "null",
        "1e5",
        "01",
        "-",
        "",
        " ",
        "a b",
        "a|b",
        "a,b",
        "(x)",
        "[1]",
        "{",
        "\"",
        "\\",
        "\u{1b}]8;;x\u{7}",
        "\u{202e}",
        "\u{feff}",
        "\u{10ffff}",
        "ü",
        "שלום",
        "*",
        "a?",
        "a=b",
        "x:y",
        "()",
    ]);
    prop_oneof![tricky.prop_map(String::from), any::<String>()]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        words().prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
        (-1000_i64..1000).prop_map(Value::from),
        Just(Value::Null),
        Just(json::parse(b"1.5e-7").unwrap()),
    ]
}

fn items() -> impl Strategy<Value = Value> {
    let list = prop::collection::vec(scalars(), 0..3).prop_map(Value::Array);
    let object =
        (words(), scalars()).prop_map(|(name, value)| Object::new().with(&name, value).into());
    prop_oneof![4 => scalars(), 1 => list, 1 => object]
}

fn kind(name: &str) -> Object {
    Object::new().with("constraint_type", name)
}

fn ranges() -> impl Strategy<Value = Object> {
    let end = || prop::option::of((0_i64..50, any::<bool>()));
    (end(), end()).prop_map(|(low, high)| {
        let mut range = kind("range");
        if let Some((low, is_inclusive)) = low {
            range.set("min", low).set("min_inclusive", is_inclusive);
        }
        if let Some((high, is_inclusive)) = high {
            range.set("max", high.saturating_add(50)).set("max_inclusive", is_inclusive);
        }
        range
    })
}

fn rules() -> impl Strategy<Value = Object> {
    let set = |name: &'static str, member: &'static str| {
        prop::collection::vec(items(), 1..4)
            .prop_map(move |values| kind(name).with(member, Value::Array(values)))
    };
    let path = prop::sample::select(vec!["/", "/src", "/a b/(c)", "/ü/\u{202e}", "/x,y|z\""]);
    let leaf = prop_oneof![
        Just(kind("wildcard")),
        scalars().prop_map(|value| kind("exact").with("value", value)),
        set("one_of", "values"),
        set("not_one_of", "excluded"),
        set("contains", "required"),
        set("subset", "allowed"),
        Just(kind("subset").with("allowed", Vec::<Value>::new())),
        ranges(),
        path.clone().prop_map(|root| kind("path_containment").with("root", root)),
        path.prop_map(|path| {
            kind("url_containment").with("origin", "https://API.example:444").with("path", path)
        }),
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        let some = prop::collection::vec(inner, 1..3);
        (some, any::<bool>()).prop_map(|(rules, is_all)| {
            kind(if is_all { "all" } else { "any" }).with("constraints", rules)
        })
    })
}

fn maps() -> impl Strategy<Value = Object> {
    let argument = (words(), rules(), any::<bool>());
    let arguments = prop::collection::vec(argument, 0..4);
    (arguments, any::<bool>()).prop_map(|(arguments, is_open)| {
        let mut map = Object::new();
        for (name, mut rule, is_optional) in arguments {
            if is_optional {
                rule.set("optional", true);
            }
            if name != "*" {
                map.set(&name, rule);
            }
        }
        if is_open {
            map.set("*", kind("wildcard"));
        }
        map
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_the_same_rule(tool in words(), map in maps()) {
        let wire_object = Object::new().with(&tool, map);
        // Some random tools are no tools, such as one without a name.
        if let Ok(tools) = Tools::parse(&wire_object.into()) {
            let printed = text(&tool, tools.get(&tool).unwrap());
            prop_assert!(printed.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{printed:?}");
            let read = parse(std::slice::from_ref(&printed)).map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert_eq!(wire(&read), wire(&tools), "{}", printed);
            prop_assert_eq!(text(&tool, read.get(&tool).unwrap()), printed);
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(garbage in words(), more in any::<String>()) {
        let _ = parse(&[format!("t(a={garbage}{more}")]);
        let _ = parse(&[more]);
    }
}
