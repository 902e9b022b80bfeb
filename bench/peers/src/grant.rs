//! The one grant that every contender expresses, and the calls that it must not hold.
//!
//! A root for `write_file` below `/` in one repository, a child below `/src`, a
//! grandchild for one file. The call writes that file.

use anyhow::Context as _;
use serde_json::{Value, json};

/// The tool that is granted.
pub(crate) const TOOL: &str = "write_file";
/// A tool that is not.
pub(crate) const OTHER_TOOL: &str = "delete_file";
/// The repository, exactly.
pub(crate) const REPO: &str = "acme/web";
/// What the grandchild may write.
pub(crate) const PATH: &str = "/src/auth.ts";
/// What is written; nothing limits it.
pub(crate) const CONTENT: &str = "export const signedIn = true;\n";
/// How long each delegation holds, in seconds.
pub(crate) const LIFETIME: u64 = 3600;

/// A call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Call {
    pub(crate) tool: &'static str,
    pub(crate) repo: &'static str,
    pub(crate) path: &'static str,
    pub(crate) content: &'static str,
    /// A fourth argument, which no delegation names.
    pub(crate) mode: Option<&'static str>,
}

/// The call that the grant holds.
pub(crate) const GRANTED: Call =
    Call { tool: TOOL, repo: REPO, path: PATH, content: CONTENT, mode: None };

/// A request as it should not be accepted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Twin {
    /// The holder asks for another path.
    Path,
    /// The holder asks for another repository.
    Repo,
    /// The holder asks for another tool.
    Tool,
    /// The holder adds an argument that nobody granted.
    Extra,
    /// Somebody exchanged the tool after the holder had made the request.
    ToolExchanged,
    /// Somebody exchanged the path after that.
    PathExchanged,
    /// Somebody exchanged the content after that.
    ContentExchanged,
    /// Somebody else has the chain, and asks with a key of their own.
    Stranger,
    /// A stranger signed the root.
    Root,
    /// One bit of the middle link's signature is another one.
    Tampered,
}

impl Twin {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 10] = [
        Self::Path,
        Self::Repo,
        Self::Tool,
        Self::Extra,
        Self::ToolExchanged,
        Self::PathExchanged,
        Self::ContentExchanged,
        Self::Stranger,
        Self::Root,
        Self::Tampered,
    ];

    /// What is wrong with it, for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Path => "another path",
            Self::Repo => "another repository",
            Self::Tool => "another tool",
            Self::Extra => "an argument nobody granted",
            Self::ToolExchanged => "tool exchanged on the way",
            Self::PathExchanged => "path exchanged on the way",
            Self::ContentExchanged => "content exchanged on the way",
            Self::Stranger => "shown by a stranger",
            Self::Root => "root signed by a stranger",
            Self::Tampered => "one bit of the chain changed",
        }
    }

    /// The call that the holder means.
    pub(crate) fn meant(self) -> Call {
        match self {
            Self::Path => Call { path: "/src/other.ts", ..GRANTED },
            Self::Repo => Call { repo: "acme/payroll", ..GRANTED },
            Self::Tool => Call { tool: OTHER_TOOL, ..GRANTED },
            Self::Extra => Call { mode: Some("0777"), ..GRANTED },
            Self::ToolExchanged
            | Self::PathExchanged
            | Self::ContentExchanged
            | Self::Stranger
            | Self::Root
            | Self::Tampered => GRANTED,
        }
    }

    /// The call that arrives.
    pub(crate) fn shown(self) -> Call {
        match self {
            Self::ToolExchanged => Call { tool: OTHER_TOOL, ..GRANTED },
            Self::PathExchanged => Call { path: "/etc/passwd", ..GRANTED },
            Self::ContentExchanged => Call { content: "export const signedIn = 1;\n", ..GRANTED },
            Self::Path
            | Self::Repo
            | Self::Tool
            | Self::Extra
            | Self::Stranger
            | Self::Root
            | Self::Tampered => self.meant(),
        }
    }
}

/// What a request is to be: none is the one that the grant holds.
pub(crate) type Wrong = Option<Twin>;

/// The call that the holder means.
pub(crate) fn meant(wrong: Wrong) -> Call {
    wrong.map_or(GRANTED, Twin::meant)
}

/// The call that arrives.
pub(crate) fn shown(wrong: Wrong) -> Call {
    wrong.map_or(GRANTED, Twin::shown)
}

impl Call {
    /// The arguments, with the path under the name `path`.
    pub(crate) fn arguments(&self, path: &str) -> Value {
        let mut arguments = json!({"repo": self.repo, path: self.path, "content": self.content});
        if let (Some(mode), Some(object)) = (self.mode, arguments.as_object_mut()) {
            object.insert("mode".into(), mode.into());
        }
        arguments
    }
}

/// A `tools/call` of MCP, which is what arrives.
pub(crate) fn envelope(tool: &str, arguments: &Value, meta: &Value) -> Vec<u8> {
    json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": tool, "arguments": arguments, "_meta": meta},
    })
    .to_string()
    .into_bytes()
}

/// Tool and parameters of a `tools/call`, read as a peer's server would.
pub(crate) fn open(message: &[u8]) -> anyhow::Result<(String, Value)> {
    let mut message: Value = serde_json::from_slice(message)?;
    let mut params = message.get_mut("params").map(Value::take).context("no parameters")?;
    let tool = params.get_mut("name").map(Value::take);
    let Some(Value::String(tool)) = tool else { anyhow::bail!("no tool") };
    Ok((tool, params))
}
