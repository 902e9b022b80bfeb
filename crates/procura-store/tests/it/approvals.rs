//! Approval requests and the directory.

use procura_engine::port::{ApprovalState, Change, CommitError, Guard, Store, StoredDirectory};

use crate::world::{World, at, changed, commit, events, guarded, key, request};

fn decide(id: &str, state: ApprovalState) -> Change {
    let (id, statement) = (id.to_owned(), format!("signed by {id}"));
    Change::DecideApproval { id, statement, state, expires: at(400) }
}

fn use_at(id: &str, now: i64) -> Guard {
    Guard::UseApproval { id: id.to_owned(), now: at(now) }
}

async fn world_with(state: ApprovalState) -> World {
    let world = World::new();
    let open = Change::OpenApproval(Box::new(request("r")));
    commit(&world.store(), changed(open, "opened")).await.unwrap();
    if state != ApprovalState::Pending {
        commit(&world.store(), changed(decide("r", state), "decided")).await.unwrap();
    }
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn apr_02_an_approval_is_used_once_however_many_try() {
    let world = world_with(ApprovalState::Approved).await;
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let store = world.store();
            let write = guarded(use_at("r", 300), &format!("use {number}"));
            tokio::spawn(async move { commit(&store, write).await })
        })
        .collect();
    let mut used = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => used += 1,
            Err(error) => assert!(matches!(error, CommitError::ApprovalUsed)),
        }
    }
    assert_eq!(used, 1);
    let row = world.store().approval("r").unwrap().unwrap();
    assert_eq!(row.state, ApprovalState::Used);
}

#[tokio::test]
async fn apr_02_an_approval_stays_used_after_a_restart() {
    let mut world = world_with(ApprovalState::Approved).await;
    commit(&world.store(), guarded(use_at("r", 300), "first")).await.unwrap();
    world.restart();
    let again = commit(&world.store(), guarded(use_at("r", 300), "second")).await;
    assert!(matches!(again, Err(CommitError::ApprovalUsed)));
}

#[tokio::test]
async fn an_approval_is_used_until_it_ends_and_not_after() {
    let world = world_with(ApprovalState::Approved).await;
    let late = commit(&world.store(), guarded(use_at("r", 401), "late")).await;
    assert!(matches!(late, Err(CommitError::ApprovalUsed)));
    commit(&world.store(), guarded(use_at("r", 400), "in time")).await.unwrap();
}

#[tokio::test]
async fn only_what_was_approved_can_be_used() {
    for state in [ApprovalState::Pending, ApprovalState::Denied] {
        let world = world_with(state).await;
        let refused = commit(&world.store(), guarded(use_at("r", 300), "use")).await;
        assert!(matches!(refused, Err(CommitError::ApprovalUsed)));
    }
    let refused = commit(&World::new().store(), guarded(use_at("none", 300), "use")).await;
    assert!(matches!(refused, Err(CommitError::ApprovalUsed)));
}

#[tokio::test]
async fn a_use_that_fails_for_another_reason_uses_nothing() {
    let world = world_with(ApprovalState::Approved).await;
    let twice = guarded(use_at("r", 300), "opened");
    assert!(matches!(commit(&world.store(), twice).await, Err(CommitError::Conflict)));
    commit(&world.store(), guarded(use_at("r", 300), "use")).await.unwrap();
}

#[tokio::test]
async fn a_decided_request_is_not_decided_again() {
    let pending = Guard::ApprovalIsPending { id: "r".to_owned() };
    let world = world_with(ApprovalState::Pending).await;
    commit(&world.store(), guarded(pending.clone(), "look")).await.unwrap();
    commit(&world.store(), changed(decide("r", ApprovalState::Denied), "no")).await.unwrap();
    let guarded = commit(&world.store(), guarded(pending, "look again")).await;
    assert!(matches!(guarded, Err(CommitError::ApprovalDecided)));
    // Not even by a write that forgot its guard.
    let forced = commit(&world.store(), changed(decide("r", ApprovalState::Approved), "yes")).await;
    assert!(matches!(forced, Err(CommitError::ApprovalDecided)));
    let row = world.store().approval("r").unwrap().unwrap();
    assert_eq!((row.state, row.statements.len()), (ApprovalState::Denied, 1));
}

#[tokio::test]
async fn an_approval_is_read_as_it_was_written() {
    let world = world_with(ApprovalState::Pending).await;
    assert_eq!(world.store().approval("r").unwrap(), Some(request("r")));
    commit(&world.store(), changed(decide("r", ApprovalState::Pending), "one of two"))
        .await
        .unwrap();
    commit(&world.store(), changed(decide("r", ApprovalState::Approved), "two")).await.unwrap();
    let row = world.store().approval("r").unwrap().unwrap();
    assert_eq!(row.statements, ["signed by r", "signed by r"]);
    // The first decision left the request's own end, the second set the approval's.
    assert_eq!(row.expires, at(400));
    assert_eq!(world.store().approval("none").unwrap(), None);
}

#[tokio::test]
async fn requests_are_found_by_delegation_and_tool_until_they_are_over() {
    let world = World::new();
    let mut other = request("other tool");
    other.tool = "mail/send".to_owned();
    let mut newer = request("newer");
    newer.created = at(200);
    for row in [request("older"), newer, other] {
        let id = format!("opened {}", row.id);
        commit(&world.store(), changed(Change::OpenApproval(Box::new(row)), &id)).await.unwrap();
    }
    let ids = |leaf: &str, now: i64| -> Vec<String> {
        let found = world.store().approvals_of(&key(leaf), "files/write", at(now)).unwrap();
        found.into_iter().map(|row| row.id).collect()
    };
    assert_eq!(ids("leaf", 1000), ["newer", "older"]);
    assert!(ids("leaf", 1001).is_empty());
    assert!(ids("another leaf", 500).is_empty());
    let newest: Vec<_> =
        world.store().approvals(2).unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(newest, ["newer", "other tool"]);
}

#[tokio::test]
async fn of_two_directories_with_one_number_the_first_counts() {
    let world = World::new();
    assert_eq!(world.store().directory().unwrap(), None);
    let next = |sequence: u64, statement: &str| {
        let statement = statement.to_owned();
        let mut write = events(&[&statement]);
        write.guards.push(Guard::DirectoryIs { sequence: sequence - 1 });
        write.changes.push(Change::Directory(StoredDirectory { sequence, statement }));
        write
    };
    commit(&world.store(), next(1, "first")).await.unwrap();
    let second = commit(&world.store(), next(1, "another first")).await;
    assert!(matches!(second, Err(CommitError::Conflict)));
    commit(&world.store(), next(2, "second")).await.unwrap();
    // A gap is refused even where the guard was forgotten.
    let gap = Change::Directory(StoredDirectory { sequence: 4, statement: "fourth".to_owned() });
    let gap = commit(&world.store(), changed(gap, "gap")).await;
    assert!(matches!(gap, Err(CommitError::Conflict)));
    let stored = world.store().directory().unwrap().unwrap();
    assert_eq!((stored.sequence, stored.statement.as_str()), (2, "second"));
}
