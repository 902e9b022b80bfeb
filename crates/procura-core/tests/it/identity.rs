//! Names: one spelling each.

use procura_core::identity::{AgentId, Name, NameError, TrustDomain};

#[test]
fn a_name_has_small_letters_digits_and_hyphens_inside() {
    for good in ["a", "0", "planner", "coder-2", "a--b", &"x".repeat(63)] {
        assert_eq!(Name::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "-", "-a", "a-", &"x".repeat(64)] {
        assert_eq!(Name::parse(bad), Err(NameError::Length), "{bad}");
    }
}

#[test]
fn idn_05_and_06_look_alikes_and_invisible_characters_are_no_names() {
    for bad in [
        "Planner",
        "plan ner",
        " planner",
        "planner ",
        "planner.",
        "plan_ner",
        "plan/ner",
        "p\u{430}yments",
        "plan\u{200b}ner",
        "plan\u{202e}ner",
        "plan\u{e0061}ner",
        "plan\nner",
        "plan\0ner",
        "caf\u{e9}",
        "cafe\u{301}",
        "planner%2f",
        "\u{ff50}lanner",
    ] {
        assert!(matches!(Name::parse(bad), Err(NameError::Character(_))), "{bad:?}");
    }
    assert!(Name::parse("Worker").unwrap_err().to_string().ends_with("`W`"));
    let error = Name::parse("a\u{202e}b").unwrap_err().to_string();
    assert!(error.contains(r"`\u{202e}`"), "{error}");
}

#[test]
fn an_agents_id_is_read_as_it_is_written() {
    let domain = TrustDomain::parse("procura.test").unwrap();
    let agent = domain.agent(&Name::parse("planner").unwrap());
    let instance = agent.instance(&Name::parse("run-7").unwrap());
    for (id, text, short) in [
        (&agent, "spiffe://procura.test/agent/planner", "agent:planner"),
        (&instance, "spiffe://procura.test/agent/planner/instance/run-7", "agent:planner/run-7"),
    ] {
        assert_eq!(id.to_string(), text);
        assert_eq!(id.short(), short);
        assert_eq!(AgentId::parse(text).as_ref(), Some(id));
        assert_eq!(id.name().as_str(), "planner");
    }
    assert_eq!(instance.agent_of_instance(), Some(agent.clone()));
    assert_eq!(agent.agent_of_instance(), None);
}

#[test]
fn nothing_else_is_an_agents_id() {
    for bad in [
        "",
        "planner",
        "agent:planner",
        "spiffe://procura.test/agent/",
        "spiffe://procura.test/agent/planner/",
        "spiffe://procura.test/agent//planner",
        "spiffe://procura.test//agent/planner",
        "spiffe://procura.test/Agent/planner",
        "spiffe://procura.test/agent/Planner",
        "spiffe://PROCURA.test/agent/planner",
        "SPIFFE://procura.test/agent/planner",
        "spiffe:///agent/planner",
        "spiffe://procura..test/agent/planner",
        "spiffe://procura.test./agent/planner",
        "spiffe://procura.test:443/agent/planner",
        "spiffe://user@procura.test/agent/planner",
        "spiffe://procura.test/agent/planner/instance/",
        "spiffe://procura.test/agent/planner/instance/a/instance/b",
        "spiffe://procura.test/agent/planner?x",
        "spiffe://procura.test/user/planner",
        " spiffe://procura.test/agent/planner",
        "https://procura.test/agent/planner",
    ] {
        assert_eq!(AgentId::parse(bad), None, "{bad}");
    }
}
