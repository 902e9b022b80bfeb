//! The tools of a server, as they were when it was first asked.
//!
//! **Invariant:** a definition is what the server wrote, byte for byte. A server
//! that writes another one later is not called again until an operator looked.

use procura_core::tools::Tools;
use procura_wire::call::tool_id;
use procura_wire::raw::{RawObject, elements, text_of};

/// The tools of one server, in its order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Catalogue {
    tools: Vec<Tool>,
}

/// One tool.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tool {
    name: String,
    definition: String,
}

impl Catalogue {
    /// The tool with this name.
    pub fn find(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// The tools, in the server's order.
    pub fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// The definitions of those tools of `server` that are `held`, as a JSON list.
    pub(crate) fn to_held(&self, server: &str, held: &Tools) -> String {
        let held =
            self.tools.iter().filter(|tool| held.get(&tool_id(server, &tool.name)).is_some());
        let definitions: Vec<&str> = held.map(|tool| tool.definition.as_str()).collect();
        format!("[{}]", definitions.join(","))
    }

    pub(super) fn push(&mut self, tool: Tool) {
        self.tools.push(tool);
    }
}

impl Tool {
    /// Its name at its server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its definition, as the server wrote it.
    pub fn definition(&self) -> &str {
        &self.definition
    }

    /// Reads a definition. `None` if it has no name that people can tell from others.
    pub(super) fn parse(definition: &str) -> Option<Self> {
        let name = RawObject::parse(definition).ok()?.text("name")?;
        is_plain(&name).then(|| Self { name, definition: definition.to_owned() })
    }
}

/// Reads a page of `tools/list`: its definitions and the cursor of the next page.
pub(super) fn page(result: &str) -> Option<(Vec<&str>, Option<String>)> {
    let result = RawObject::parse(result).ok()?;
    let definitions = elements(result.get("tools")?).ok()?;
    let cursor = match result.get("nextCursor") {
        None | Some("null") => None,
        Some(cursor) => Some(text_of(cursor)?),
    };
    Some((definitions, cursor))
}

/// Visible ASCII: no name looks like another, and none ends in a blank (MCP, section Tool Names).
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME && name.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The longest name of a tool.
const NAME: usize = 128;

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::{Tool, page};

    #[test]
    fn a_name_that_looks_like_another_is_no_tool() {
        for name in ["", "read ", " read", "re\\u0430d", "read\\n", &"a".repeat(129)] {
            assert_eq!(Tool::parse(&format!(r#"{{"name":"{name}"}}"#)), None, "{name}");
        }
        assert_eq!(Tool::parse("{}"), None);
        assert_eq!(Tool::parse(r#"{"name":"read_file"}"#).unwrap().name(), "read_file");
    }

    #[test]
    fn a_page_has_definitions_and_maybe_a_cursor() {
        let (tools, cursor) = page(r#"{"tools":[{"name":"a"} , 1],"nextCursor":"n"}"#).unwrap();
        assert_eq!(tools, [r#"{"name":"a"}"#, "1"]);
        assert_eq!(cursor.as_deref(), Some("n"));
        assert_eq!(page(r#"{"tools":[]}"#), Some((Vec::new(), None)));
        assert_eq!(page(r#"{"tools":{}}"#), None);
        assert_eq!(page(r#"{"tools":[],"nextCursor":1}"#), None);
    }
}
