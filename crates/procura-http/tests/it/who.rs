//! Who may do what: every endpoint, asked by everybody.

use std::fmt::Write as _;

use expect_test::expect;
use procura_core::approval::Answer;

use crate::approvals::{ask, decision, subject};
use crate::wire::Request;
use crate::world::{World, members};

const EVERYBODY: [&str; 4] = ["nobody", "agent", "approver", "administrator"];

#[tokio::test]
async fn everybody_may_do_what_the_table_says() {
    let expected = expect![[r#"
        endpoint                             nobody         agent          approver       administrator
        GET  /v1/health                      200            200            200            200
        GET  /v1/trust                       200            200            200            200
        POST /v1/challenges                  201            201            201            201
        GET  /v1/agents                      401            401            200            200
        POST /v1/agents                      401            401            403            201
        GET  /v1/agents/planner              401            401            200            200
        POST /v1/agents/planner/state        401            401            403            200
        GET  /v1/people                      401            401            200            200
        POST /v1/people                      401            401            403            201
        GET  /v1/revocations                 401            401            200            200
        POST /v1/revocations                 401            401            404            201
        GET  /v1/approvals                   401            401            200            200
        GET  /v1/approvals/ASK               401            401            200            200
        POST /v1/approvals/ASK/decision      401            401            200            200
        GET  /v1/events                      401            401            200            200
        GET  /v1/events/EVENT                401            401            200            200
        GET  /v1/events/EVENT/receipt        401            401            200            200
        GET  /v1/checkpoint                  401            401            200            200
    "#]];
    let drawn = expected.data.lines().skip(2).map(str::trim);
    let rows: Vec<&str> = drawn.filter(|row| !row.is_empty()).collect();
    let heading = EVERYBODY.map(|who| format!("{who:<15}")).concat();
    let mut table = format!("{:<37}{}\n", "endpoint", heading.trim_end());
    for row in rows {
        let (method, target) = (row[..4].trim(), row[5..37].trim());
        let world = world().await;
        let mut line = format!("{method:<4} {target:<32}");
        for who in EVERYBODY {
            write!(line, "{:<15}", status(&world, who, (method, target)).await).unwrap();
        }
        writeln!(table, "{}", line.trim_end()).unwrap();
    }
    expected.assert_eq(&table);
}

/// Alice administers, Bob approves, the planner is an agent, and everybody has
/// an approval to decide.
async fn world() -> World {
    let world = World::new().await;
    world.enrol_named("planner").await;
    for who in EVERYBODY {
        ask(&world, &format!("ask-{who}")).await;
    }
    world
}

async fn status(world: &World, who: &str, (method, target): (&str, &str)) -> u16 {
    let event = world.engine.store().events(0, 1).unwrap()[0].id.clone();
    let body = body(world, who, (method, target)).await;
    let target = target.replace("EVENT", &event).replace("ASK", &format!("ask-{who}"));
    let mut request = Request::new(method, &target, &body);
    match who {
        "administrator" => world.sign("alice", &mut request),
        "approver" => world.sign("bob", &mut request),
        "agent" => world.sign_as("spiffe://procura.test/agent/planner", "planner", &mut request),
        _ => {}
    }
    world.send(&request).await.status
}

async fn body(world: &World, who: &str, asked: (&str, &str)) -> String {
    let nonce = world.challenge().await;
    let name = if who == "administrator" { "alice" } else { "bob" };
    let principal = format!("user:{name}");
    let decision = decision(world, (&principal, name), &subject(), Answer::Approve);
    let body = match asked {
        ("POST", "/v1/agents") => {
            members(&[("statement", &world.agent(("coder", "coder"), &nonce))])
        }
        ("POST", "/v1/people") => {
            let statement = world.person("carol", &nonce);
            members(&[("role", "approver"), ("statement", &statement)])
        }
        ("POST", "/v1/agents/planner/state") => members(&[("state", "suspended")]),
        ("POST", "/v1/revocations") => members(&[("kind", "principal"), ("value", "user:alice")]),
        ("POST", "/v1/approvals/ASK/decision") => members(&[("statement", &decision)]),
        _ => return String::new(),
    };
    body.to_canonical().unwrap()
}
