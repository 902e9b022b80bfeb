//! What is opened, what is refused, and what is said then.

use std::os::unix::fs::PermissionsExt;

use procura_engine::port::Ledger;
use procura_store::open::{FILE, OpenError, OpenMode};
use procura_store::sqlite::Sqlite;
use rusqlite::Connection;

use crate::world::{World, commit, events, tamper};

fn code(opened: Result<Sqlite, OpenError>) -> &'static str {
    opened.map(drop).unwrap_err().code()
}

#[tokio::test]
async fn what_was_written_is_there_after_a_restart() {
    let mut world = World::new();
    commit(&world.store(), events(&["0"])).await.unwrap();
    world.restart();
    assert_eq!(world.store().size().unwrap(), 1);
    commit(&world.store(), events(&["1"])).await.unwrap();
    assert_eq!(world.store().size().unwrap(), 2);
    world.store().check().unwrap();
}

#[test]
fn sto_08_a_second_owner_is_refused_and_told_who_the_first_is() {
    let mut world = World::new();
    let error = world.open(OpenMode::Existing).map(drop).unwrap_err();
    assert_eq!(error.code(), "store.locked");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())));
    world.stop();
    world.open(OpenMode::Existing).unwrap();
}

#[test]
fn sto_08_a_folder_without_a_database_is_not_a_new_database() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [OpenMode::Existing, OpenMode::ReadOnly] {
        assert_eq!(code(Sqlite::open(folder.path(), mode)), "store.not_initialised");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    Sqlite::open(folder.path(), OpenMode::Create).unwrap();
    Sqlite::open(folder.path(), OpenMode::Existing).unwrap();
}

#[test]
fn a_database_is_not_made_over_another() {
    let mut world = World::new();
    world.stop();
    assert_eq!(code(world.open(OpenMode::Create)), "store.exists");
}

#[test]
fn a_creation_that_was_interrupted_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("procura.new"), "half a database").unwrap();
    Sqlite::open(folder.path(), OpenMode::Create).unwrap();
    assert!(!folder.path().join("procura.new").exists());
}

#[test]
fn a_wrong_path_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    for mode in [OpenMode::Existing, OpenMode::ReadOnly] {
        let error = Sqlite::open(&missing, mode).map(drop).unwrap_err();
        assert_eq!(error.code(), "store.no_folder");
        assert!(error.to_string().contains(missing.to_str().unwrap()));
    }
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    assert_eq!(code(Sqlite::open(&file, OpenMode::Create)), "store.not_a_folder");
    Sqlite::open(&missing, OpenMode::Create).unwrap();
}

#[test]
fn nobody_else_can_read_what_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    let _store = Sqlite::open(&inner, OpenMode::Create).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&inner), 0o700);
    let files: Vec<_> = std::fs::read_dir(&inner).unwrap().map(|entry| entry.unwrap()).collect();
    assert!(files.len() >= 2);
    for file in files {
        assert_eq!(mode(&file.path()), 0o600, "{:?}", file.path());
    }
}

#[test]
fn a_folder_of_another_user_is_refused() {
    let mut world = World::new();
    world.stop();
    let me = rustix::process::geteuid();
    if !me.is_root() {
        // Only root can give a folder away; root's folders are another user's.
        assert_eq!(code(Sqlite::open("/".as_ref(), OpenMode::Existing)), "store.wrong_owner");
        return;
    }
    let another = rustix::fs::Uid::from_raw(12345);
    rustix::fs::chown(world.folder.path(), Some(another), None).unwrap();
    assert_eq!(code(world.open(OpenMode::Existing)), "store.wrong_owner");
    // Whoever only reads may read what others own.
    world.open(OpenMode::ReadOnly).unwrap();
    rustix::fs::chown(world.folder.path(), Some(me), None).unwrap();
    world.open(OpenMode::Existing).unwrap();
}

#[test]
fn a_folder_without_permission_is_refused() {
    if rustix::process::geteuid().is_root() {
        println!("skipped: root has every permission");
        return;
    }
    let mut world = World::new();
    world.stop();
    let allow = |mode: u32| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(world.folder.path(), mode).unwrap();
    };
    allow(0o500);
    assert_eq!(code(world.open(OpenMode::Existing)), "store.not_writable");
    allow(0o000);
    assert_eq!(code(world.open(OpenMode::ReadOnly)), "store.unreadable");
    allow(0o700);
    world.open(OpenMode::Existing).unwrap();
}

#[test]
fn a_newer_database_is_left_alone() {
    let mut world = World::new();
    world.stop();
    world.tamper("PRAGMA user_version = 2");
    let before = std::fs::read(world.database()).unwrap();
    for mode in [OpenMode::Existing, OpenMode::ReadOnly] {
        let error = world.open(mode).map(drop).unwrap_err();
        assert_eq!(error.code(), "store.newer");
        assert!(error.to_string().contains("newer procura"));
    }
    assert_eq!(std::fs::read(world.database()).unwrap(), before);
}

#[test]
fn an_older_database_is_brought_up_to_date_by_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    // Version 0: ours, and before the first migration.
    let db = Connection::open(folder.path().join(FILE)).unwrap();
    db.execute_batch("PRAGMA application_id = 1347571523; CREATE TABLE t (x)").unwrap();
    db.close().unwrap();
    assert_eq!(code(Sqlite::open(folder.path(), OpenMode::ReadOnly)), "store.older");
    Sqlite::open(folder.path(), OpenMode::Existing).unwrap();
    Sqlite::open(folder.path(), OpenMode::ReadOnly).unwrap();
}

#[test]
fn a_migration_that_fails_leaves_the_old_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let db = Connection::open(&path).unwrap();
    // A table is in the way.
    db.execute_batch("PRAGMA application_id = 1347571523; CREATE TABLE used (x)").unwrap();
    db.close().unwrap();
    assert_eq!(code(Sqlite::open(folder.path(), OpenMode::Existing)), "store.migration_failed");
    let db = Connection::open(&path).unwrap();
    let tables: i64 =
        db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1);
}

#[test]
fn a_foreign_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE recipes (name)").unwrap();
    db.close().unwrap();
    let before = std::fs::read(&path).unwrap();
    assert_eq!(code(Sqlite::open(folder.path(), OpenMode::Existing)), "store.not_procura");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    for content in ["", "this is not a database, whatever its name says, is it?"] {
        std::fs::write(&path, content).unwrap();
        assert_eq!(code(Sqlite::open(folder.path(), OpenMode::Existing)), "store.not_procura");
    }
}

#[test]
fn tables_that_came_about_in_another_way_are_refused() {
    let mut world = World::new();
    world.stop();
    tamper(&world.database(), "UPDATE migrations SET checksum = zeroblob(32)");
    assert_eq!(code(world.open(OpenMode::Existing)), "store.migration_changed");
    tamper(&world.database(), "DELETE FROM migrations");
    assert_eq!(code(world.open(OpenMode::ReadOnly)), "store.migration_changed");
}
