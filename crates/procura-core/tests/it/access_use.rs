//! Access tokens: who may use them, for what, and whether they still hold.

use procura_core::{
    access_token::{Confirmation, Detail},
    json::Object,
    limits,
    proof::{Standing, verify_access_token},
};
use procura_testkit::world;

use crate::access_token::{bearer, changed, token_of};
use crate::foreign::{
    ISSUER, access_token, claims, compact, issuers, raw, token_rules, told, verifying_key,
};

#[test]
fn a_token_that_is_bound_to_a_key_is_no_bearer_token() {
    let key = verifying_key("planner");
    let jkt = key.thumbprint().to_string();
    for cnf in [
        Object::new().with("jkt", jkt.as_str()),
        Object::new().with("jwk", key.to_jwk()),
        Object::new().with("jwk", verifying_key("p256:planner").to_jwk()),
        Object::new().with("jkt", jkt.as_str()).with("jwk", key.to_jwk()),
    ] {
        let token = access_token(&claims().with("cnf", cnf), "as", "k1");
        assert_eq!(told(bearer(&token)), "J8 holder_binding_failed");
        let issuers = issuers();
        let presented = verify_access_token(&token, &token_rules(&issuers)).unwrap();
        assert!(presented.bound_to().is_some());
    }
    let two = Object::new().with("jkt", jkt).with("jwk", verifying_key("mallory").to_jwk());
    let token = access_token(&claims().with("cnf", two), "as", "k1");
    assert_eq!(told(bearer(&token)), "J7 malformed");
}

#[test]
fn a_confirmation_by_key_and_by_thumbprint_are_one() {
    let key = verifying_key("planner");
    let by_key = Confirmation::Key(key.clone());
    assert_eq!(by_key.thumbprint(), Confirmation::Thumbprint(key.thumbprint()).thumbprint());
}

#[test]
fn only_the_first_actor_acts() {
    let chain = r#"{"sub":"c","iss":"https://as.example","act":{"sub":"b","act":{"sub":"a"}}}"#;
    let token = token_of(&changed(&[("act", Some(chain))]));
    let actor = token.actor.unwrap();
    assert_eq!((actor.subject.as_str(), actor.issuer.as_deref()), ("c", Some(ISSUER)));
    let former: Vec<&str> = token.former_actors.iter().map(|actor| &*actor.subject).collect();
    assert_eq!(former, ["b", "a"]);
}

#[test]
fn so_many_actors_and_no_more_are_read() {
    let nested = |count: usize| {
        let open = r#"{"sub":"a","act":"#.repeat(count - 1);
        format!(r#"{open}{{"sub":"a"}}{}"#, "}".repeat(count - 1)).leak()
    };
    let most = token_of(&changed(&[("act", Some(nested(limits::ACTORS)))]));
    assert_eq!(most.former_actors.len(), limits::ACTORS - 1);
    let more = changed(&[("act", Some(nested(limits::ACTORS + 1)))]);
    assert_eq!(told(bearer(&more)), "J4 too_large");
}

#[test]
fn tools_in_a_token_are_those_of_a_delegation() {
    let details = |text: &'static str| changed(&[("authorization_details", Some(text))]);
    let token = token_of(&details(
        r#"[{"type":"payment","amount":5},
            {"type":"attenuating_agent_token",
             "tools":{"read":{"path":{"constraint_type":"path_containment","root":"/src"}}}}]"#,
    ));
    let [Detail::Other { kind, members }, Detail::Tools(tools)] = &token.details[..] else {
        panic!("{:?}", token.details);
    };
    assert_eq!((kind.as_str(), members.len()), ("payment", 2));
    assert!(tools.check_call("read", &world::object(r#"{"path":"/src/a"}"#)).is_ok());
    assert!(tools.check_call("read", &world::object(r#"{"path":"/etc/a"}"#)).is_err());
    assert!(tools.check_call("write", &Object::new()).is_err());
    for (wrong, outcome) in [
        (r#"[{"type":"attenuating_agent_token"}]"#, "J9 malformed"),
        (r#"[{"type":"attenuating_agent_token","tools":{},"actions":[]}]"#, "J9 malformed"),
        (r#"[{"type":"attenuating_agent_token","tools":[]}]"#, "J9 malformed"),
        (
            r#"[{"type":"attenuating_agent_token","tools":{"a":{"b":{"constraint_type":"magic"}}}}]"#,
            "J9 malformed",
        ),
        (
            r#"[{"type":"attenuating_agent_token","tools":{"a":{}}},
                {"type":"attenuating_agent_token","tools":{"b":{}}}]"#,
            "J9 malformed",
        ),
    ] {
        assert_eq!(told(bearer(&details(wrong))), outcome, "{wrong}");
    }
}

#[test]
fn so_many_details_and_no_more_are_read() {
    let details = |count: usize| format!("[{}]", vec![r#"{"type":"t"}"#; count].join(",")).leak();
    let most = changed(&[("authorization_details", Some(details(limits::DETAILS)))]);
    assert_eq!(token_of(&most).details.len(), limits::DETAILS);
    let more = changed(&[("authorization_details", Some(details(limits::DETAILS + 1)))]);
    assert_eq!(told(bearer(&more)), "J9 too_large");
}

#[test]
fn a_token_with_a_status_is_readable_only_after_it_was_asked_for() {
    let status = r#"{"status_list":{"idx":7,"uri":"https://as.example/status/1"}}"#;
    let token = changed(&[("status", Some(status))]);
    let issuers = issuers();
    let rules = token_rules(&issuers);
    for (standing, outcome) in [
        (Standing::Valid, "ok"),
        (Standing::Revoked, "J10 revoked"),
        (Standing::Unknown, "J10 status_unknown"),
    ] {
        let held = verify_access_token(&token, &rules).unwrap().into_bearer().unwrap();
        let answer = held.standing(|place| {
            assert_eq!((place.uri.as_str(), place.index), ("https://as.example/status/1", 7));
            standing
        });
        assert_eq!(told(answer), outcome);
    }
    let held = verify_access_token(&changed(&[]), &rules).unwrap().into_bearer().unwrap();
    let answer = held.standing(|place| panic!("{place:?} was asked for"));
    assert_eq!(told(answer), "ok");
}

#[test]
fn a_detail_with_a_number_that_readers_disagree_about_is_refused() {
    let with = |amount: &str| {
        let details = format!(r#"[{{"type":"payment","amount":{amount}}}]"#);
        let payload = raw(&claims(), "authorization_details", Some(&details));
        told(bearer(&compact(r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#, &payload, "as")))
    };
    assert_eq!(with("9007199254740992"), "ok");
    assert_eq!(with("9007199254740993"), "J9 non_admissible_number");
}
