//! MCP enforcement: acts only on a recorded permit.
