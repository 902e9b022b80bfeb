//! The smallest MCP server: what a call costs when nothing governs it.

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use serde_json::{Value, json};

/// Makes this program serve instead of measure.
pub(crate) const FLAG: &str = "--serve-echo";

/// Answers on standard output until standard input ends.
pub(crate) fn serve() -> ExitCode {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else {
            return ExitCode::FAILURE;
        };
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            return ExitCode::FAILURE;
        };
        let Some(id) = message.get("id") else {
            continue;
        };
        let result = match message.get("method").and_then(Value::as_str) {
            Some("initialize") => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "echo", "version": "1.0.0"},
            }),
            Some("tools/list") => json!({"tools": [{
                "name": "echo",
                "inputSchema": {"type": "object"},
            }]}),
            _ => json!({"content": [{"type": "text", "text": "done"}]}),
        };
        let answer = json!({"jsonrpc": "2.0", "id": id, "result": result});
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            return ExitCode::SUCCESS;
        }
    }
    ExitCode::SUCCESS
}
