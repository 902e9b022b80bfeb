//! The policy a new installation starts with.
//!
//! **Invariant:** the texts here compile, and a test says so.

/// Allows what the roles permit, and asks for one approval before a tool is
/// used on production.
pub const DEFAULT_REGO: &str = include_str!("default.rego");

/// The text of a `roles.toml` that lets `principal` use every tool.
pub fn default_roles(principal: &str) -> String {
    let principal = toml::Value::String(principal.to_owned());
    format!(
        "# Who may use which tools. A permission is a whole tool, a prefix that ends in `/*`, or `*`.\n\
         [roles.owner]\n\
         permissions = [\"*\"]\n\
         \n\
         [[assignments]]\n\
         principal = {principal}\n\
         roles = [\"owner\"]\n"
    )
}
