//! Roles, permissions and Rego modules to one verdict.
