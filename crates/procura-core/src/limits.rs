//! Everything that grows has a limit, checked before any work is done.

use crate::time::Seconds;

/// Tokens in one chain: a root and eight derivations.
pub const CHAIN_TOKENS: usize = 9;
/// Bytes of one compact token.
pub const TOKEN_BYTES: usize = 16 * 1024;
/// Bytes of all compact tokens of one chain.
pub const CHAIN_BYTES: usize = 128 * 1024;
/// Tools that one token may name.
pub const TOOLS: usize = 256;
/// Bytes of one tool id.
pub const TOOL_ID_BYTES: usize = 256;
/// Constraints of one tool, counted over the whole tree.
pub const CONSTRAINTS_PER_TOOL: usize = 64;
/// Nesting of a constraint tree.
pub const CONSTRAINT_DEPTH: usize = 32;
/// Bytes of one string in a constraint; longer arguments travel as digests.
pub const VALUE_BYTES: usize = 4 * 1024;
/// Nesting of any JSON text: a constraint takes two levels a step, below a token's own five.
pub const JSON_DEPTH: usize = 128;
/// Bytes of the JSON text of one request.
pub const REQUEST_BYTES: usize = 1024 * 1024;
/// Bytes of a claim that names somebody: `iss`, `sub`, `client_id`, `jti`, `aud`.
pub const NAME_BYTES: usize = 512;
/// Bytes of a signed statement, such as a directory.
pub const STATEMENT_BYTES: usize = 16 * 1024 * 1024;
/// How far clocks may disagree.
pub const CLOCK_SKEW: Seconds = Seconds::new(30);
/// How long a proof of possession is good for, in either direction.
pub const PROOF_WINDOW: Seconds = Seconds::new(30);
/// The longest life of any delegation.
pub const TOKEN_LIFETIME: Seconds = Seconds::new(90 * 24 * 3600);
/// The longest life of an approval.
pub const APPROVAL_LIFETIME: Seconds = Seconds::new(300);
/// The highest `del_max_depth`.
pub const DELEGATION_DEPTH: u32 = 8;
