//! A writable database makes no agent, no person and no pardon.

use procura_core::directory::{AgentState, Directory};
use procura_engine::engine::OpenError;
use procura_engine::port::{Store as _, StoredDirectory};
use procura_testkit::world as kit;

use crate::broken::Fault;
use crate::office::admin_code;
use crate::world::{Closed, READ, World};

const PICTURE: &str = "alice > planner > coder";

/// A world in which coder was revoked, and the directory from before.
async fn after_a_revocation() -> (Closed, StoredDirectory) {
    let world = World::new().await;
    let before = world.store.directory().unwrap().unwrap();
    world.set("coder", AgentState::Revoked).await.unwrap();
    (world.close(), before)
}

fn put(closed: &Closed, directory: &StoredDirectory) {
    let sequence = i64::try_from(directory.sequence).unwrap();
    let sql = "UPDATE directory SET sequence = ?1, statement = ?2";
    closed.thief().execute(sql, (sequence, &directory.statement)).unwrap();
}

fn refused(closed: Closed) -> OpenError {
    closed.open().err().unwrap()
}

#[tokio::test]
async fn the_newest_directory_opens_and_the_revocation_lasts() {
    let (closed, _) = after_a_revocation().await;
    let world = closed.open().unwrap();
    assert_eq!(world.answer(PICTURE, READ).await, "revoked");
    assert_eq!(world.answer("alice > planner", READ).await, "allowed");
}

#[tokio::test]
async fn rev_04_an_older_directory_does_not_open() {
    let (closed, before) = after_a_revocation().await;
    put(&closed, &before);
    assert!(matches!(refused(closed), OpenError::RolledBack));
}

#[tokio::test]
async fn rev_04_an_older_directory_does_not_open_though_the_index_agrees() {
    let (closed, before) = after_a_revocation().await;
    put(&closed, &before);
    let thief = closed.thief();
    thief.execute("DELETE FROM newest WHERE kind = 'directory.agent_revoked'", []).unwrap();
    thief
        .execute("UPDATE newest SET seq = seq WHERE kind = 'directory.agent_enrolled'", [])
        .unwrap();
    drop(thief);
    assert!(matches!(refused(closed), OpenError::RolledBack));
}

#[tokio::test]
async fn rev_04_a_directory_that_is_gone_does_not_open() {
    let (closed, _) = after_a_revocation().await;
    closed.thief().execute("DELETE FROM directory", []).unwrap();
    assert!(matches!(refused(closed), OpenError::RolledBack));
}

#[tokio::test]
async fn rev_04_a_directory_that_is_gone_with_its_index_does_not_open() {
    let (closed, _) = after_a_revocation().await;
    let thief = closed.thief();
    thief.execute("DELETE FROM directory", []).unwrap();
    thief.execute("DELETE FROM newest", []).unwrap();
    drop(thief);
    assert!(matches!(refused(closed), OpenError::RolledBack));
}

#[tokio::test]
async fn a_directory_that_another_key_signed_does_not_open() {
    let (closed, before) = after_a_revocation().await;
    let authority = kit::public_key(kit::AUTHORITY);
    let old = Directory::open(&before.statement, &authority).unwrap();
    let (next, statement) = old.succeed(kit::NOW, &kit::key("mallory"), |directory| {
        directory.put_agent(&kit::agent_id("mallory"), kit::agent("mallory"));
    });
    put(&closed, &StoredDirectory { sequence: next.sequence(), statement });
    assert!(matches!(refused(closed), OpenError::Directory(_)));
}

#[tokio::test]
async fn a_directory_that_the_authority_signed_but_the_log_does_not_name_does_not_open() {
    let (closed, before) = after_a_revocation().await;
    let authority = kit::public_key(kit::AUTHORITY);
    let old = Directory::open(&before.statement, &authority).unwrap();
    let (next, statement) = old.succeed(kit::NOW, &kit::key(kit::AUTHORITY), |_| {});
    put(&closed, &StoredDirectory { sequence: next.sequence(), statement });
    assert!(matches!(refused(closed), OpenError::RolledBack));
}

#[tokio::test]
async fn aud_01_an_edited_event_is_found() {
    let (closed, _) = after_a_revocation().await;
    let thief = closed.thief();
    thief.execute_batch("DROP TRIGGER events_never_change").unwrap();
    let sql = "UPDATE events SET body = CAST(replace(body, 'directory.agent_revoked', 'directory.agent_resumed') AS BLOB) WHERE kind = 'directory.agent_revoked'";
    assert_eq!(thief.execute(sql, []).unwrap(), 1);
    drop(thief);
    assert!(matches!(refused(closed), OpenError::Store(_)));
}

#[tokio::test]
async fn aud_01_an_edited_event_is_found_while_it_is_read() {
    let world = World::new().await;
    assert_eq!(world.answer(PICTURE, READ).await, "allowed");
    assert_eq!(world.store.events(0, 100).unwrap().len(), 8);
    let thief = world.thief();
    thief.execute_batch("DROP TRIGGER events_never_change").unwrap();
    thief
        .execute(
            "UPDATE events SET body = CAST(replace(body, 'call.allowed', 'call.alloweb') AS BLOB) WHERE seq = 7",
            [],
        )
        .unwrap();
    assert!(world.store.events(0, 100).is_err());
    assert_eq!(world.store.events(0, 7).unwrap().len(), 7);
}

#[tokio::test]
async fn a_running_engine_does_not_take_an_older_directory() {
    let world = World::new().await;
    let before = world.store.directory().unwrap().unwrap();
    world.set("coder", AgentState::Revoked).await.unwrap();
    let sequence = i64::try_from(before.sequence).unwrap();
    let sql = "UPDATE directory SET sequence = ?1, statement = ?2";
    world.thief().execute(sql, (sequence, &before.statement)).unwrap();
    assert_eq!(world.answer(PICTURE, READ).await, "revoked");
    // The guard finds another number, and what is read again is refused.
    assert_eq!(world.answer("alice > planner", READ).await, "unavailable");
    let changed = world.set("planner", AgentState::Suspended).await;
    assert_eq!(admin_code(&changed), "audit.unavailable");
}

#[tokio::test]
async fn a_replica_learns_of_a_change_before_it_allows() {
    let world = World::new().await;
    let replica = world.replica(crate::world::RULES);
    assert_eq!(world.call(PICTURE, READ, "{}").code(&replica).await, "allowed");
    world.set("coder", AgentState::Revoked).await.unwrap();
    assert_eq!(world.call(PICTURE, READ, "{}").code(&replica).await, "revoked");
    assert_eq!(world.call("alice > planner", READ, "{}").code(&replica).await, "allowed");
}

#[tokio::test]
async fn a_change_whose_caller_went_away_is_in_force() {
    let world = World::new().await;
    let alice = world.person("alice");
    world.store.fail(Fault::Silent);
    let id = kit::agent_id("coder");
    let revoking = world.engine.set_agent_state(&alice, &id, (AgentState::Revoked, "stolen"));
    let gone = tokio::select! {
        biased;
        _ = revoking => false,
        () = crate::log::until(|| world.thief_sees("directory.agent_revoked")) => true,
    };
    assert!(gone, "nobody answers a silent store");
    world.store.fail(Fault::None);
    assert_eq!(world.answer(PICTURE, READ).await, "revoked");
    assert_eq!(world.answer("alice > planner", READ).await, "allowed", "the engine goes on");
    let undone = world.set("coder", AgentState::Active).await;
    assert_eq!(admin_code(&undone), "identity.revoked", "nobody resumes what was revoked");
    world.set("worker", AgentState::Suspended).await.unwrap();
}

#[tokio::test]
async fn a_change_that_could_not_be_written_is_not_in_force() {
    for fault in [Fault::Before, Fault::During] {
        let world = World::new().await;
        let alice = world.person("alice");
        world.store.fail(fault);
        let id = kit::agent_id("coder");
        let failed = world.engine.set_agent_state(&alice, &id, (AgentState::Revoked, "")).await;
        assert_eq!(admin_code(&failed), "audit.unavailable");
        world.store.fail(Fault::None);
        assert_eq!(world.answer(PICTURE, READ).await, "allowed", "{fault:?}");
        let retried = world.engine.set_agent_state(&alice, &id, (AgentState::Revoked, "")).await;
        assert_eq!(admin_code(&retried), "done", "the request was not used up");
        assert_eq!(world.answer(PICTURE, READ).await, "revoked", "{fault:?}");
    }
}

#[tokio::test]
async fn a_change_that_was_written_though_the_store_failed_is_in_force() {
    let world = World::new().await;
    let alice = world.person("alice");
    world.store.fail(Fault::After);
    let id = kit::agent_id("coder");
    let failed = world.engine.set_agent_state(&alice, &id, (AgentState::Revoked, "")).await;
    assert_eq!(admin_code(&failed), "audit.unavailable");
    world.store.fail(Fault::None);
    assert_eq!(world.answer(PICTURE, READ).await, "revoked");
    assert_eq!(world.answer("alice > planner", READ).await, "allowed");
}
