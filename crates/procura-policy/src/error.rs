//! Why a policy set does not compile.
//!
//! **Invariant:** every message names the file and says what to change.

/// Why a policy set does not compile.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// The set holds more files than the limit.
    #[error("the policy has {count} files, more than the {limit} allowed; merge some of them")]
    TooManyFiles {
        /// How many files were given.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// Two files have the same name.
    #[error("`{file}` is given twice; keep one")]
    DuplicateFile {
        /// The repeated name.
        file: String,
    },
    /// A file is neither `roles.toml` nor a `.rego` file.
    #[error("`{file}` does not belong in a policy; only `roles.toml` and `*.rego` do")]
    UnexpectedFile {
        /// The name as given.
        file: String,
    },
    /// There is no Rego file, so nothing could ever be allowed.
    #[error("the policy has no `.rego` file; add one that defines `decision` in package `procura`")]
    NoRego,
    /// A file is larger than the limit.
    #[error("`{file}` is larger than {limit} bytes; split it")]
    TooLarge {
        /// The file.
        file: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// A text is nested, long or repetitive in a way the engine cannot bear.
    #[error("`{file}` line {line}: {problem}")]
    TooComplex {
        /// The file.
        file: String,
        /// The line, from one.
        line: usize,
        /// What is too much, and the limit.
        problem: String,
    },
    /// A Rego file does not parse, or does not compile.
    #[error("`{file}` is not valid Rego: {message}")]
    Rego {
        /// The file, or `policy` where the fault is between files.
        file: String,
        /// What the engine says, in one line.
        message: String,
    },
    /// A rule calls something that policies may not call.
    #[error("`{file}` calls `{name}`, which is not a function that policies may call")]
    BuiltinForbidden {
        /// The file.
        file: String,
        /// The function as it is written.
        name: String,
    },
    /// A rule replaces something other than `input` with `with`.
    #[error("`{file}` replaces `{name}` with `with`; only `input` may be replaced")]
    WithForbidden {
        /// The file.
        file: String,
        /// What it would replace.
        name: String,
    },
    /// Rules or functions depend on themselves.
    #[error("`{file}` has rules that depend on themselves: {path}; break the circle")]
    Recursive {
        /// A file that takes part.
        file: String,
        /// The circle, as `a -> b -> a`.
        path: String,
    },
    /// The longest chain of rules needs more stack than an evaluation may use.
    #[error(
        "`{file}` has a chain of dependent rules that starts at `{rule}` and is too deep \
         ({weight} steps, {limit} allowed); flatten it"
    )]
    TooDeep {
        /// A file that takes part.
        file: String,
        /// Where the chain starts.
        rule: String,
        /// How deep it is.
        weight: usize,
        /// How deep it may be.
        limit: usize,
    },
    /// There are more rules than the limit.
    #[error("the policy has {count} rules, more than the {limit} allowed; merge some of them")]
    TooManyRules {
        /// How many there are.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// `roles.toml` is not valid.
    #[error("`roles.toml`: {0}")]
    Roles(RolesError),
}

impl PolicyError {
    /// The stable code for the caller.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BuiltinForbidden { .. } | Self::WithForbidden { .. } => {
                "policy.builtin_forbidden"
            }
            Self::TooManyFiles { .. }
            | Self::DuplicateFile { .. }
            | Self::UnexpectedFile { .. }
            | Self::NoRego
            | Self::TooLarge { .. }
            | Self::TooComplex { .. }
            | Self::Rego { .. }
            | Self::Recursive { .. }
            | Self::TooDeep { .. }
            | Self::TooManyRules { .. }
            | Self::Roles(_) => "policy.invalid",
        }
    }
}

/// Why `roles.toml` is not valid.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RolesError {
    /// The text is not TOML, or has a field that does not exist.
    #[error("{0}")]
    Syntax(String),
    /// A role permits something that is not a tool or a prefix.
    #[error(
        "role `{role}` permits `{pattern}`; write a whole tool, a prefix that ends in `/*`, or `*`"
    )]
    BadPattern {
        /// The role.
        role: String,
        /// The pattern as written.
        pattern: String,
    },
    /// A role permits nothing, which is most likely a mistake.
    #[error("role `{0}` permits nothing; list a permission or remove the role")]
    EmptyRole(String),
    /// An assignment names neither or both of `principal` and `agent`.
    #[error("assignment {0} must name either a `principal` or an `agent`, and not both")]
    Subject(usize),
    /// An assignment gives no roles.
    #[error("the assignment of `{0}` gives no roles; list one or remove it")]
    NoRoles(String),
    /// An assignment gives a role that is not defined.
    #[error("`{subject}` is given the role `{role}`, which is not defined; add `[roles.{role}]`")]
    UnknownRole {
        /// Who is given the role.
        subject: String,
        /// The role.
        role: String,
    },
    /// An assignment gives a role twice.
    #[error("`{subject}` is given the role `{role}` twice; keep one")]
    DuplicateRole {
        /// Who is given the role.
        subject: String,
        /// The role.
        role: String,
    },
}
