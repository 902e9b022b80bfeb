//! The first words with a server: versions, then the tools that it has.

use std::time::Duration;

use procura_core::json::Object;
use procura_wire::raw::RawObject;

use super::catalogue::{self, Catalogue, Tool};
use super::failure::StartError;
use super::forward::Reply;
use super::pipe::Pipe;

/// Greets the server and reads its tools; each answer may take as long as `within`.
pub(super) async fn shake(pipe: &Pipe, within: Duration) -> Result<Catalogue, StartError> {
    let client = Object::new().with("name", "procura").with("version", env!("CARGO_PKG_VERSION"));
    let params = Object::new()
        .with("protocolVersion", VERSION)
        .with("capabilities", Object::new())
        .with("clientInfo", client);
    let result = ask(pipe, "initialize", &params, within).await?;
    let answered = RawObject::parse(&result).ok().and_then(|result| result.text("protocolVersion"));
    match answered {
        Some(version) if SPOKEN.contains(&version.as_str()) => {}
        // It is shown to people, so no more of it than a version has.
        Some(version) => return Err(StartError::Version(version.chars().take(32).collect())),
        None => return Err(StartError::Shape("initialize")),
    }
    pipe.tell("notifications/initialized", "{}");
    read_tools(pipe, within).await
}

async fn read_tools(pipe: &Pipe, within: Duration) -> Result<Catalogue, StartError> {
    let mut catalogue = Catalogue::default();
    let mut bytes = 0_usize;
    let mut params = Object::new();
    for _ in 0..PAGES {
        let result = ask(pipe, LIST, &params, within).await?;
        bytes = bytes.saturating_add(result.len());
        let (definitions, cursor) = catalogue::page(&result).ok_or(StartError::Shape(LIST))?;
        if catalogue.tools().len().saturating_add(definitions.len()) > TOOLS || bytes > BYTES {
            return Err(too_many());
        }
        for definition in definitions {
            add(&mut catalogue, definition)?;
        }
        match cursor {
            None => return Ok(catalogue),
            Some(cursor) => params = Object::new().with("cursor", cursor),
        }
    }
    Err(too_many())
}

fn add(catalogue: &mut Catalogue, definition: &str) -> Result<(), StartError> {
    let Some(tool) = Tool::parse(definition) else {
        tracing::warn!("a tool without a plain name is left out");
        return Ok(());
    };
    if catalogue.find(tool.name()).is_some() {
        return Err(StartError::TwoTools(tool.name().to_owned()));
    }
    catalogue.push(tool);
    Ok(())
}

async fn ask(
    pipe: &Pipe,
    method: &'static str,
    params: &Object,
    within: Duration,
) -> Result<String, StartError> {
    let params = params.to_canonical().map_err(|_| StartError::Shape(method))?;
    match pipe.ask(method, &params, within).await {
        Ok(Reply::Result(result)) => Ok(result),
        Ok(Reply::Error(_)) => Err(StartError::Refused(method)),
        Err(failure) => Err(StartError::NoAnswer { method, failure }),
    }
}

fn too_many() -> StartError {
    StartError::TooManyTools { tools: TOOLS, bytes: BYTES }
}

/// The version that we offer.
const VERSION: &str = "2025-11-25";
/// The versions that we speak with servers. What we use of them is the same in all.
const SPOKEN: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
const LIST: &str = "tools/list";
/// Tools of one server.
const TOOLS: usize = 256;
/// Bytes of all pages of one list.
const BYTES: usize = 1024 * 1024;
/// Pages of one list: a server that gives a tool a page still has all of them read.
const PAGES: usize = TOOLS + 1;
