//! Tricks with paths and addresses: what two readers could read as two places.

use procura_core::json::{Object, Value};

use crate::vectors::{
    Case,
    case::{ALLOW, Cases, deny},
    forge::canonical,
};

/// A name, the root, a path, and whether it is inside.
const PATHS: &[(&str, &str, &str, bool)] = &[
    ("root_itself", "/src", "/src", true),
    ("below", "/src", "/src/a/b.rs", true),
    ("double_slash", "/src", "//src//a", true),
    ("dot", "/src", "/src/./a", true),
    ("inner_climb", "/src", "/src/a/../b", true),
    ("climb_in", "/src", "/tmp/../src/a", true),
    ("trailing_slash", "/src", "/src/", true),
    ("three_dots", "/src", "/src/.../a", true),
    ("percent_is_plain", "/src", "/src/%2e%2e/a", true),
    ("under_slash", "/", "/etc", true),
    ("sibling_prefix", "/src", "/srcx/a", false),
    ("climb_out", "/src", "/src/../etc/passwd", false),
    ("climb_out_late", "/src", "/src/a/../../etc/passwd", false),
    ("climb_above", "/", "/../etc", false),
    ("climb_above_and_back", "/src", "/../src/a", false),
    ("relative", "/src", "src/a", false),
    ("dot_relative", "/src", "./src/a", false),
    ("empty", "/src", "", false),
    ("parent", "/src", "/", false),
    ("other_case", "/src", "/SRC/a", false),
    ("backslash", "/src", "/src\\..\\etc", false),
    ("backslash_inside", "/src", "/src/a\\b", false),
    ("nul", "/src", "/src/a\u{0}.rs", false),
    ("home", "/src", "~/src/a", false),
    ("file_address", "/src", "file:///src/a", false),
    ("drive", "/src", "C:/src/a", false),
    ("leading_space", "/src", " /src/a", false),
    ("other_normal_form", "/\u{e9}", "/e\u{301}/a", false),
    ("full_width_slash", "/src", "/src\u{ff0f}a", false),
];

/// A name, an address, and whether it is inside `https://api.test` at `/v1`.
const ADDRESSES: &[(&str, &str, bool)] = &[
    ("below", "https://api.test/v1/items", true),
    ("root_itself", "https://api.test/v1", true),
    ("port", "https://api.test:443/v1/items", true),
    ("host_capitals", "https://API.test/v1/items", true),
    ("query", "https://api.test/v1/items?next=/../admin", true),
    ("fragment", "https://api.test/v1#x", true),
    ("inner_climb", "https://api.test/v1/a/../b", true),
    ("empty_segment_and_climb", "https://api.test/admin//../v1/items", false),
    ("empty_segment_first", "https://api.test//v1/items", false),
    ("empty_segment_inside", "https://api.test/v1//items", false),
    ("scheme", "http://api.test/v1/items", false),
    ("scheme_capitals", "HTTPS://api.test/v1/items", false),
    ("other_port", "https://api.test:8443/v1/items", false),
    ("empty_port", "https://api.test:/v1/items", false),
    ("large_port", "https://api.test:65979/v1/items", false),
    ("sibling_prefix", "https://api.test/v10", false),
    ("above", "https://api.test/", false),
    ("no_path", "https://api.test", false),
    ("climb_out", "https://api.test/v1/../admin", false),
    ("escaped_dots", "https://api.test/v1/%2e%2e/admin", false),
    ("escaped_dots_capitals", "https://api.test/v1/%2E%2E/admin", false),
    ("half_escaped_dots", "https://api.test/v1/.%2e/admin", false),
    ("escaped_slash", "https://api.test/v1%2fitems", false),
    ("escaped_slash_inside", "https://api.test/v1/..%2fadmin", false),
    ("escaped_backslash", "https://api.test/v1/..%5cadmin", false),
    ("escaped_percent", "https://api.test/v1/%252e%252e/admin", false),
    ("escaped_nul", "https://api.test/v1/a%00b", false),
    ("semicolon", "https://api.test/v1/..;/admin", false),
    ("user", "https://api.test@evil.test/v1/items", false),
    ("user_and_password", "https://a:b@api.test/v1/items", false),
    ("backslash_host", "https:\\\\api.test/v1/items", false),
    ("backslash_after_host", "https://api.test\\@evil.test/v1/items", false),
    ("one_slash", "https:/api.test/v1/items", false),
    ("no_scheme", "//api.test/v1/items", false),
    ("trailing_dot", "https://api.test./v1/items", false),
    ("subdomain", "https://x.api.test/v1/items", false),
    ("longer_domain", "https://api.test.evil.test/v1/items", false),
    ("escaped_host", "https://api%2etest/v1/items", false),
    ("letter_that_looks_alike", "https://\u{430}pi.test/v1/items", false),
    ("space", "https://api.test/v1/a b", false),
    ("tab", "https://api.test/v1/\titems", false),
    ("line_break", "https://api.test/v1/items\n", false),
    ("leading_space", " https://api.test/v1/items", false),
    ("data", "data:text/plain,https://api.test/v1", false),
    ("script", "javascript://api.test/v1", false),
    ("empty", "", false),
];

/// A name, an origin, an address, and whether it is inside.
const ORIGINS: &[(&str, &str, &str, bool)] = &[
    ("http_port", "http://api.test", "http://api.test:80/", true),
    ("other_port", "http://api.test:8080", "http://api.test:8080/x", true),
    ("ipv6", "http://[::1]:8080", "http://[::1]:8080/x", true),
    ("ipv6_without_port", "http://[::1]:8080", "http://[::1]/x", false),
    ("ipv4_short", "http://127.0.0.1", "http://127.1/", false),
    ("ipv4_number", "http://127.0.0.1", "http://2130706433/", false),
    ("ipv4_octal", "http://127.0.0.1", "http://0177.0.0.1/", false),
    ("ipv4_as_ipv6", "http://127.0.0.1", "http://[::ffff:127.0.0.1]/", false),
    ("name_of_address", "http://127.0.0.1", "http://localhost/", false),
];

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Cases::of("held");
    for (name, root, path, inside) in PATHS {
        let rule = Object::new().with("constraint_type", "path_containment").with("root", *root);
        add(&mut cases, &format!("path_{name}"), &rule, (path, *inside));
    }
    let scope = |origin: &str, path: &str| {
        let rule = Object::new().with("constraint_type", "url_containment");
        rule.with("origin", origin).with("path", path)
    };
    for (name, address, inside) in ADDRESSES {
        add(
            &mut cases,
            &format!("url_{name}"),
            &scope("https://api.test", "/v1"),
            (address, *inside),
        );
    }
    for (name, origin, address, inside) in ORIGINS {
        add(&mut cases, &format!("url_origin_{name}"), &scope(origin, "/"), (address, *inside));
    }
    cases.done()
}

fn add(cases: &mut Cases, name: &str, rule: &Object, (value, inside): (&str, bool)) {
    let tools = Object::new().with("t", Object::new().with("x", rule.clone()));
    let input = Object::new()
        .with("tools", canonical(&tools))
        .with("tool", "t")
        .with("arguments", canonical(&Object::new().with("x", value)));
    let shown = Value::from(value).to_canonical().unwrap_or_default();
    let place = ["root", "origin", "path"].iter().filter_map(|name| rule.get(name)?.as_str());
    let place: String = place.collect();
    let word = if inside { "inside" } else { "not inside" };
    let expected = if inside { ALLOW } else { deny("argument_refused", "6b") };
    cases.add(name, &format!("`{shown}` is {word} `{place}`."), (input, expected));
}
