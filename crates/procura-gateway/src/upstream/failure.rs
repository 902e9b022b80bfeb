//! What goes wrong with a server.

use std::io;

use procura_engine::record::CallEnd;

/// Why a call has no answer of its server.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum UpstreamError {
    /// The server ended.
    #[error("the server ended; whether the call ran is not known")]
    Died,
    /// The server sent what is not MCP, and was stopped.
    #[error("the server sent what is not MCP and was stopped; whether the call ran is not known")]
    Broken,
    /// The server did not answer in time.
    #[error("the server did not answer in time; whether the call ran is not known")]
    TimedOut,
    /// The server has other tools than when it was first started.
    #[error("the server's tools changed since they were read; an operator has to look at them")]
    Changed,
    /// The server has no such tool.
    #[error("unknown tool")]
    NoSuchTool,
}

impl UpstreamError {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Died => "mcp.upstream_died",
            Self::Broken => "mcp.upstream_broken",
            Self::TimedOut => "mcp.upstream_timeout",
            Self::Changed => "mcp.tool_changed",
            Self::NoSuchTool => "mcp.tool_unknown",
        }
    }

    /// The HTTP status that goes with it.
    pub fn http_status(self) -> u16 {
        match self {
            Self::Died | Self::Broken => 502,
            Self::TimedOut => 504,
            Self::Changed => 403,
            Self::NoSuchTool => 200,
        }
    }

    /// How the call ended, for the log.
    pub(super) fn end(self) -> CallEnd {
        match self {
            Self::Died | Self::Broken => CallEnd::Broken,
            Self::TimedOut => CallEnd::TimedOut,
            Self::Changed | Self::NoSuchTool => CallEnd::Failed,
        }
    }
}

/// Why a server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no program to start.
    #[error("it has no command")]
    NoCommand,
    /// The system does not start it.
    #[error("`{program}` does not start: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It did not answer the handshake.
    #[error("it did not answer `{method}`: {failure}")]
    NoAnswer {
        /// What was asked.
        method: &'static str,
        /// What came instead.
        failure: UpstreamError,
    },
    /// It answered the handshake with an error.
    #[error("it answered `{0}` with an error")]
    Refused(&'static str),
    /// It answered what MCP does not allow.
    #[error("its answer to `{0}` is not what MCP says")]
    Shape(&'static str),
    /// It speaks a version that we do not.
    #[error("it speaks MCP `{0}`, which is not supported")]
    Version(String),
    /// It has more tools than anybody reads.
    #[error("it lists more than {tools} tools or {bytes} bytes of them")]
    TooManyTools {
        /// The limit of tools.
        tools: usize,
        /// The limit of bytes.
        bytes: usize,
    },
    /// It has two tools with one name.
    #[error("it lists the tool `{0}` twice")]
    TwoTools(String),
}

impl StartError {
    /// What a call that needed the server is told.
    pub(super) fn as_upstream(&self) -> UpstreamError {
        match self {
            Self::NoAnswer { failure, .. } => *failure,
            Self::NoCommand | Self::Spawn { .. } => UpstreamError::Died,
            Self::Refused(_)
            | Self::Shape(_)
            | Self::Version(_)
            | Self::TooManyTools { .. }
            | Self::TwoTools(_) => UpstreamError::Broken,
        }
    }
}
