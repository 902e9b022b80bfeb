//! Starting servers, and which of them are not used.

use std::collections::BTreeMap;
use std::time::Duration;

use procura_gateway::upstream::{Command, Settings, StartError, Stdio};

use crate::world::{PATIENT, World, fixture};

async fn start(mode: &str) -> Result<Stdio, StartError> {
    let folder = tempfile::tempdir().unwrap();
    fixture(mode, folder.path().join("log"), PATIENT).await
}

#[tokio::test]
async fn every_page_of_tools_is_read() {
    let server = start("paged").await.unwrap();
    let tools = server.catalogue().tools();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name()).collect();
    assert_eq!(names, ["first", "second"]);
}

#[tokio::test]
async fn mcp_04_two_tools_with_one_name_are_refused() {
    assert!(matches!(start("twice").await, Err(StartError::TwoTools(name)) if name == "echo"));
}

#[tokio::test]
async fn a_list_without_end_is_refused() {
    assert!(matches!(start("endless").await, Err(StartError::TooManyTools { .. })));
}

#[tokio::test]
async fn a_list_that_is_none_is_refused() {
    assert!(matches!(start("shapeless").await, Err(StartError::Shape("tools/list"))));
}

#[tokio::test]
async fn a_version_that_nobody_speaks_is_refused() {
    let refused = start("ancient").await;
    assert!(matches!(refused, Err(StartError::Version(version)) if version == "2020-01-01"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let settings = Settings { start_within: Duration::from_millis(100), ..PATIENT };
    let folder = tempfile::tempdir().unwrap();
    let refused = fixture("silent", folder.path().join("log"), settings).await;
    assert!(matches!(refused, Err(StartError::NoAnswer { method: "initialize", .. })));
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    let words = vec!["/no/such/program".to_owned()];
    let command = Command { words, env: BTreeMap::new() };
    let refused = Stdio::start("fix", command).await.unwrap_err().to_string();
    assert!(refused.contains("/no/such/program"), "{refused}");
    assert!(matches!(Stdio::start("fix", Command::default()).await, Err(StartError::NoCommand)));
}

#[tokio::test]
async fn a_server_that_keeps_ending_is_not_started_without_pause() {
    let settings = Settings { restart_every: Duration::from_secs(3600), ..PATIENT };
    let world = World::with("plain", settings).await;
    assert_eq!(world.run("die", "{}").await.outcome(), "mcp.upstream_died");
    assert_eq!(world.run("echo", "{}").await.outcome(), "mcp.upstream_died");
    assert_eq!(world.reached().len(), 1);
}
