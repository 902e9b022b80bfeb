//! Nobody buys room in the log.

use procura_core::json::{Object, Value};
use procura_engine::flood::{Flood, IN_FULL, IN_FULL_OF_HOLDER, Summary, Treatment};
use procura_engine::record::Moment;
use procura_testkit::world as kit;

use crate::broken::Fault;
use crate::office::{Sent, at_once, count_of, refused};
use crate::world::{READ, World, text};

const PICTURE: &str = "alice > planner > coder";

fn garbage(world: &World, address: &str) -> Sent {
    let mut sent = world.call(PICTURE, READ, "{}");
    sent.proof = "x.y.z".into();
    sent.address = address.into();
    sent
}

fn count(event: &Object) -> Option<i64> {
    event.get("count").and_then(Value::as_integer)
}

#[tokio::test]
async fn a_flood_is_recorded_in_full_ten_times_a_minute_and_then_counted() {
    let world = World::new().await;
    let flood = garbage(&world, "192.0.2.7");
    for number in 0..50 {
        let answer = refused(flood.to(&world.engine).await);
        assert_eq!(answer.entry.is_some(), number < 10, "{number}");
    }
    world.engine.record_floods().await;
    assert_eq!(world.events("call.denied_many").len(), 0, "the minute is not over");
    let other = refused(garbage(&world, "192.0.2.8").to(&world.engine).await);
    assert!(other.entry.is_some(), "another source is not silenced");
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
    world.hand.forward(60);
    world.engine.record_floods().await;
    world.engine.record_floods().await;
    let summaries = world.events("call.denied_many");
    assert_eq!(summaries.len(), 1);
    assert_eq!((text(&summaries[0], "source_ip"), count(&summaries[0])), ("192.0.2.7", Some(40)));
    assert_eq!(world.events("call.denied").len(), 11);
}

#[tokio::test]
async fn each_minute_of_a_flood_has_its_own_ten_and_its_own_count() {
    let world = World::new().await;
    let flood = garbage(&world, "192.0.2.7");
    for _minute in 0..3 {
        let mut in_full = 0;
        for _ in 0..15 {
            in_full += usize::from(refused(flood.to(&world.engine).await).entry.is_some());
        }
        assert_eq!(in_full, 10);
        world.hand.forward(60);
    }
    world.engine.record_floods().await;
    let counts: Vec<_> = world.events("call.denied_many").iter().map(count).collect();
    assert_eq!(counts, [Some(5); 3]);
    let minutes: std::collections::BTreeSet<_> = world
        .events("call.denied_many")
        .iter()
        .map(|event| event.get("minute").and_then(Value::as_integer))
        .collect();
    assert_eq!(minutes.len(), 3);
}

#[tokio::test]
async fn a_count_that_cannot_be_recorded_is_not_lost() {
    let world = World::new().await;
    let flood = garbage(&world, "192.0.2.7");
    for _ in 0..15 {
        let _answer = flood.to(&world.engine).await;
    }
    world.hand.forward(60);
    world.store.fail(Fault::Before);
    world.engine.record_floods().await;
    world.store.fail(Fault::None);
    assert_eq!(world.events("call.denied_many").len(), 0);
    world.engine.record_floods().await;
    assert_eq!(count(&world.events("call.denied_many")[0]), Some(5));
}

#[tokio::test]
async fn the_last_counts_are_recorded_when_the_process_ends() {
    let world = World::new().await;
    let flood = garbage(&world, "192.0.2.7");
    for _ in 0..15 {
        let _answer = flood.to(&world.engine).await;
    }
    world.engine.announce(Moment::Stopped).await.unwrap();
    assert_eq!(count(&world.events("call.denied_many")[0]), Some(5));
    assert!(world.texts().last().unwrap().contains("server.stopped"));
}

#[tokio::test]
async fn an_old_proof_with_new_arguments_buys_no_room_either() {
    let world = World::new().await;
    let captured = world.call(PICTURE, READ, "{}");
    assert_eq!(captured.code(&world.engine).await, "allowed");
    world.hand.forward(600);
    let limit = usize::try_from(IN_FULL_OF_HOLDER).unwrap();
    let flood = (0..limit + 20).map(|number| Sent {
        tool: format!("mcp:web/{number}"),
        address: format!("198.51.100.{}", number % 250),
        ..captured.clone()
    });
    let codes = at_once(&world, flood.collect()).await;
    assert_eq!(count_of(&codes, "scope_not_granted"), limit + 20);
    assert_eq!(world.events("call.denied").len(), limit);
    assert_eq!(world.answer("alice > planner", READ).await, "allowed");
    assert_eq!(world.answer(PICTURE, READ).await, "allowed", "its holder still works");
    world.hand.forward(60);
    world.engine.record_floods().await;
    let summary = world.events("call.denied_many").pop().unwrap();
    let key = kit::public_key("coder").thumbprint().to_string();
    assert_eq!((text(&summary, "key_thumbprint"), count(&summary)), (key.as_str(), Some(20)));
}

#[test]
fn a_whole_ipv6_network_is_one_source() {
    let flood = Flood::after(IN_FULL);
    let now = kit::NOW;
    for number in 0..20_u32 {
        let expected = if number < IN_FULL { Treatment::InFull } else { Treatment::Counted };
        assert_eq!(flood.see(&format!("2001:db8:0:1::{number:x}"), now), expected);
    }
    assert_eq!(flood.see("2001:db8:0:2::1", now), Treatment::InFull);
    for _ in 0..10 {
        let _treatment = flood.see("::ffff:192.0.2.1", now);
    }
    assert_eq!(flood.see("192.0.2.1", now), Treatment::Counted);
    assert_eq!(flood.see("stdio", now), Treatment::InFull);
    let sources: Vec<_> = flood.take_all().into_iter().map(|one| (one.source, one.count)).collect();
    assert!(sources.contains(&("2001:db8:0:1::/64".into(), 10)));
}

#[test]
fn more_sources_than_are_told_apart_count_as_one_and_none_is_lost() {
    let flood = Flood::after(1);
    let mut in_full = 0_u32;
    for number in 0..20_000_u32 {
        for _ in 0..2 {
            let treatment = flood.see(&format!("source-{number}"), kit::NOW);
            in_full += u32::from(treatment == Treatment::InFull);
        }
    }
    assert_eq!(in_full, 10_001);
    let summaries = flood.take_all();
    let counted: u32 = summaries.iter().map(|one: &Summary| one.count).sum();
    assert_eq!(counted + in_full, 40_000);
    assert!(summaries.iter().any(|one| one.source == "others"));
    assert_eq!(flood.take_all(), []);
}

#[test]
fn counts_that_nobody_takes_stay_bounded_and_whole() {
    let flood = Flood::after(0);
    let minute = procura_core::time::Seconds::new(60);
    let mut now = kit::NOW;
    for _ in 0..5 {
        for number in 0..3_000 {
            assert_eq!(flood.see(&format!("source-{number}"), now), Treatment::Counted);
        }
        now = now.plus(minute);
    }
    let summaries = flood.take_all();
    assert!(summaries.len() <= 13_000, "{}", summaries.len());
    assert_eq!(summaries.iter().map(|one| one.count).sum::<u32>(), 15_000);
}
