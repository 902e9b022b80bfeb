//! MCP messages and headers to the core's types and back.
