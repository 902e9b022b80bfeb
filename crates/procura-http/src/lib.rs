//! The authority's HTTP API.
