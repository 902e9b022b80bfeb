//! Who may do what, by roles alone.

use procura_policy::{
    DEFAULT_REGO, DenyCode, PolicyError, PolicySet, Query, RolesError, default_roles,
};

use crate::{ALICE, PLANNER, code, file, input_of, reason};

const ROLES: &str = r#"
[roles.reader]
permissions = ["mcp:web/read_file"]

[roles.developer]
permissions = ["mcp:web/*"]

[roles.owner]
permissions = ["*"]

[[assignments]]
principal = "user:alice"
roles = ["developer"]

[[assignments]]
principal = "user:bob"
roles = ["reader"]

[[assignments]]
principal = "user:admin"
roles = ["owner"]

[[assignments]]
agent = "agent:narrow"
roles = ["reader"]

[[assignments]]
agent = "agent:wide"
roles = ["owner"]
"#;

#[test]
fn only_the_roles_of_both_the_principal_and_the_agent_permit_a_tool() {
    let table = "\
user:alice  agent:other   read write deep outside
user:alice  agent:narrow  read -     -    -
user:alice  agent:wide    read write deep -
user:bob    agent:other   read -     -    -
user:bob    agent:wide    read -     -    -
user:admin  agent:other   read write deep outside
user:admin  agent:narrow  read -     -    -
user:carol  agent:wide    -    -     -    -
user:Alice  agent:other   -    -     -    -
agent:wide  agent:wide    -    -     -    -
";
    let set =
        PolicySet::compile(&[file("roles.toml", ROLES), file("a.rego", DEFAULT_REGO)]).unwrap();
    let tools = [
        ("read", "mcp:web/read_file"),
        ("write", "mcp:web/write_file"),
        ("deep", "mcp:web/a/b"),
        ("outside", "mcp:website/read_file"),
    ];
    for line in table.lines().skip(1) {
        let cells: Vec<&str> = line.split_whitespace().collect();
        let [principal, agent, expected @ ..] = cells.as_slice() else {
            continue;
        };
        let got: Vec<&str> = tools
            .iter()
            .map(|(short, tool)| if permitted(&set, principal, agent, tool) { *short } else { "-" })
            .collect();
        assert_eq!(got, expected, "{principal} {agent}");
    }
    assert!(permitted(&set, "user:alice", "agent:other", "mcp:web/read_file"));
    assert!(!permitted(&set, "user:alice", "agent:other", "mcp:website/read_file"));
}

fn permitted(set: &PolicySet, principal: &str, agent: &str, tool: &str) -> bool {
    let input = input_of(principal, agent, tool, "{}");
    let verdict = set.evaluate(&Query { principal, agent, tool, input: &input });
    match code(&verdict) {
        None => true,
        Some(DenyCode::NoRole) => {
            assert_eq!(verdict.rule, "roles");
            false
        }
        Some(other) => panic!("{other:?}"),
    }
}

#[test]
fn a_prefix_does_not_permit_the_name_it_ends_before() {
    let set = set_of("[\"mcp:web/*\"]");
    assert!(permitted(&set, ALICE, PLANNER, "mcp:web/x"));
    for tool in ["mcp:web", "mcp:web/", "mcp:webx", "MCP:web/x", ""] {
        assert!(!permitted(&set, ALICE, PLANNER, tool), "{tool}");
    }
}

fn set_of(permissions: &str) -> PolicySet {
    PolicySet::compile(&[file("roles.toml", &roles_of(permissions)), file("a.rego", DEFAULT_REGO)])
        .unwrap()
}

fn roles_of(permissions: &str) -> String {
    format!(
        "[roles.r]\npermissions = {permissions}\n[[assignments]]\nprincipal = \"{ALICE}\"\nroles = [\"r\"]\n"
    )
}

#[test]
fn without_roles_nobody_may_do_anything() {
    let set = PolicySet::compile(&[file("a.rego", DEFAULT_REGO)]).unwrap();
    assert!(!permitted(&set, ALICE, PLANNER, "mcp:web/read_file"));
}

#[test]
fn the_default_roles_let_their_principal_use_every_tool_and_nobody_else() {
    for principal in ["user:admin", "user:o\"neil\\", "user:a\nb"] {
        let files = [file("roles.toml", &default_roles(principal)), file("a.rego", DEFAULT_REGO)];
        let set = PolicySet::compile(&files).unwrap();
        let refused = |who: &str| {
            let verdict =
                set.evaluate(&Query { principal: who, agent: PLANNER, tool: "t", input: "" });
            code(&verdict) == Some(DenyCode::NoRole)
        };
        assert!(!refused(principal), "{principal}");
        assert!(refused("user:eve"));
    }
}

#[test]
fn a_star_inside_a_permission_is_refused() {
    for pattern in [
        "mcp:*",
        "mcp:*/x",
        "**",
        "mcp:web/**",
        "*/",
        "/*",
        "",
        "a b",
        "mcp:web*",
        "a\\tb",
        "a\\u0007b",
    ] {
        let error = roles_error(&roles_of(&format!("[\"{pattern}\"]")));
        assert!(matches!(error, RolesError::BadPattern { .. }), "{pattern}: {error:?}");
    }
    for pattern in ["*", "mcp:web/*", "mcp:web/read_file", "http:GET:api.example.org/v1/*"] {
        set_of(&format!("[\"{pattern}\"]"));
    }
}

#[test]
fn every_mistake_in_the_roles_is_named() {
    let role = "[roles.r]\npermissions = [\"*\"]\n";
    let table = [
        ("[roles.r]\npermissions = [\"*\"]\ncolor = 1\n".to_owned(), "unknown field `color`"),
        ("[rolls.r]\npermissions = [\"*\"]\n".to_owned(), "unknown field `rolls`"),
        ("[roles.r]\n".to_owned(), "missing field `permissions`"),
        ("[roles.r]\npermissions = []\n".to_owned(), "role `r` permits nothing"),
        (format!("{role}{role}"), "duplicate key"),
        (format!("{role}[[assignments]]\nroles = [\"r\"]\n"), "assignment 1 must name either"),
        (
            format!("{role}[[assignments]]\nprincipal = \"a\"\nagent = \"b\"\nroles = [\"r\"]\n"),
            "assignment 1 must name either",
        ),
        (
            format!("{role}[[assignments]]\nprincipal = \"\"\nroles = [\"r\"]\n"),
            "assignment 1 must name either",
        ),
        (
            format!("{role}[[assignments]]\nagent = \"\"\nroles = [\"r\"]\n"),
            "assignment 1 must name either",
        ),
        (format!("{role}[[assignments]]\nprincipal = \"a\"\nroles = []\n"), "gives no roles"),
        (format!("{role}[[assignments]]\nprincipal = \"a\"\nroles = [\"x\"]\n"), "add `[roles.x]`"),
        (
            format!("{role}[[assignments]]\nagent = \"a\"\nroles = [\"r\", \"r\"]\n"),
            "the role `r` twice",
        ),
        (
            format!("{role}[[assignments]]\nagent = \"a\"\nroles = [\"r\"]\nuntil = 1\n"),
            "unknown field `until`",
        ),
        ("not toml".to_owned(), "`roles.toml`: "),
    ];
    for (text, expected) in table {
        let message = PolicyError::Roles(roles_error(&text)).to_string();
        assert!(message.starts_with("`roles.toml`: "), "{message}");
        assert!(message.contains(expected), "{message} lacks {expected}");
        assert!(!message.contains('\n'), "{message}");
    }
}

fn roles_error(text: &str) -> RolesError {
    let files = [file("roles.toml", text), file("a.rego", DEFAULT_REGO)];
    match PolicySet::compile(&files).unwrap_err() {
        PolicyError::Roles(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn assignments_and_roles_add_up() {
    let text = r#"
        [roles.read]
        permissions = ["mcp:web/read", "mcp:files/read"]
        [roles.write]
        permissions = ["mcp:web/write"]
        [[assignments]]
        principal = "user:alice"
        roles = ["read"]
        [[assignments]]
        principal = "user:alice"
        roles = ["write"]
        [[assignments]]
        principal = "user:bob"
        roles = ["write", "read"]
        [[assignments]]
        agent = "agent:a"
        roles = ["read"]
        [[assignments]]
        agent = "agent:a"
        roles = ["write"]
    "#;
    let set = PolicySet::compile(&[file("roles.toml", text), file("a.rego", DEFAULT_REGO)]);
    let set = set.unwrap();
    for principal in [ALICE, "user:bob"] {
        for tool in ["mcp:web/read", "mcp:files/read", "mcp:web/write"] {
            assert!(permitted(&set, principal, "agent:a", tool), "{principal} {tool}");
        }
        assert!(!permitted(&set, principal, "agent:a", "mcp:files/write"));
    }
}

#[test]
fn a_refusal_by_the_roles_says_whose_roles() {
    let text = roles_of("[\"mcp:web/*\"]")
        + "[roles.n]\npermissions = [\"x\"]\n[[assignments]]\nagent = \"agent:n\"\nroles = [\"n\"]\n";
    let set = PolicySet::compile(&[file("roles.toml", &text), file("a.rego", DEFAULT_REGO)]);
    let set = set.unwrap();
    let told = |agent: &str, tool: &str| {
        reason(&set.evaluate(&Query { principal: ALICE, agent, tool, input: "" }))
    };
    assert_eq!(told("agent:n", "x"), "no role of `user:alice` permits `x`");
    assert_eq!(told("agent:n", "mcp:web/x"), "no role of the agent `agent:n` permits `mcp:web/x`");
}

#[test]
fn the_first_mistake_of_the_roles_is_the_one_that_is_named() {
    let text = |assignments: &str| format!("[roles.r]\npermissions = [\"*\"]\n{assignments}");
    let fine = "[[assignments]]\nagent = \"a\"\nroles = [\"r\"]\n";
    let neither = "[[assignments]]\nroles = [\"x\", \"x\"]\n";
    let twice = "[[assignments]]\nagent = \"b\"\nroles = [\"r\", \"r\", \"x\"]\n";
    let unknown = "[[assignments]]\nprincipal = \"c\"\nroles = [\"r\", \"x\", \"r\"]\n";
    let table = [
        (text(&format!("{fine}{neither}{twice}")), RolesError::Subject(2)),
        (
            text(&format!("{fine}{twice}{unknown}")),
            RolesError::DuplicateRole { subject: "b".to_owned(), role: "r".to_owned() },
        ),
        (
            text(&format!("{unknown}{neither}")),
            RolesError::UnknownRole { subject: "c".to_owned(), role: "x".to_owned() },
        ),
        (
            "[roles.a]\npermissions = [\"x\", \"*x\", \"\"]\n[roles.b]\npermissions = []\n"
                .to_owned(),
            RolesError::BadPattern { role: "a".to_owned(), pattern: "*x".to_owned() },
        ),
    ];
    for (text, expected) in table {
        assert_eq!(roles_error(&text), expected, "{text}");
    }
}

#[test]
fn no_agent_can_do_what_its_principal_cannot() {
    let patterns = ["*", "mcp:web/*", "mcp:web/read", "mcp:files/*"];
    let tools = ["mcp:web/read", "mcp:web/write", "mcp:files/read", "other"];
    for mine in patterns {
        for theirs in patterns {
            let text = format!(
                "[roles.p]\npermissions = [\"{mine}\"]\n[roles.a]\npermissions = [\"{theirs}\"]\n\
                 [[assignments]]\nprincipal = \"{ALICE}\"\nroles = [\"p\"]\n\
                 [[assignments]]\nagent = \"{PLANNER}\"\nroles = [\"a\"]\n"
            );
            let files = [file("roles.toml", &text), file("a.rego", DEFAULT_REGO)];
            let set = PolicySet::compile(&files).unwrap();
            for tool in tools {
                let alone = permitted(&set, ALICE, "agent:unnamed", tool);
                let expected =
                    alone && permitted(&set_of(&format!("[\"{theirs}\"]")), ALICE, "", tool);
                assert_eq!(
                    permitted(&set, ALICE, PLANNER, tool),
                    expected,
                    "{mine} {theirs} {tool}"
                );
            }
        }
    }
}
