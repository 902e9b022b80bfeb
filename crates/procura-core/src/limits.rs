//! Everything that grows has a limit, checked before any work is done.
//!
//! A verifier does its work for strangers: until a signature is checked, an
//! attacker chooses every byte. The limits keep that work small, and they keep
//! two verifiers from disagreeing because one of them ran out of something.
//! Bytes are those of the text as it arrived, base64url included.

use crate::time::Seconds;

/// Tokens in one chain: a root and eight derivations.
///
/// Step 2b, before anything is decoded. It is one more than
/// [`DELEGATION_DEPTH`], because depth counts derivations and this counts tokens.
pub const CHAIN_TOKENS: usize = 9;
/// Bytes of one compact token.
///
/// Step 2a. [`crate::delegate`] refuses to sign a longer one, so that a holder
/// learns of it when it delegates and not when it calls.
pub const TOKEN_BYTES: usize = 16 * 1024;
/// Bytes of all compact tokens of one chain.
///
/// Step 2b. Less than [`CHAIN_TOKENS`] times [`TOKEN_BYTES`]: a chain of the
/// greatest depth cannot have tokens of the greatest size.
pub const CHAIN_BYTES: usize = 128 * 1024;
/// Tools that one token may name.
///
/// Verification compares each of a child's tools with its parent's.
pub const TOOLS: usize = 256;
/// Bytes of one tool id.
pub const TOOL_ID_BYTES: usize = 256;
/// Constraints of one tool, counted over the whole tree.
///
/// The subsumption of `all` and `any` compares each branch with each, so the
/// work grows with the product of two trees; this bounds both factors.
pub const CONSTRAINTS_PER_TOOL: usize = 64;
/// Nesting of a constraint tree.
///
/// Reading, comparing and writing a tree recurse, so this bounds the stack.
pub const CONSTRAINT_DEPTH: usize = 32;
/// Bytes of one string in a constraint; longer arguments travel as digests.
pub const VALUE_BYTES: usize = 4 * 1024;
/// Nesting of any JSON text: a constraint takes two levels a step, below a token's own five.
pub const JSON_DEPTH: usize = 128;
/// Bytes of the JSON text of one request.
pub const REQUEST_BYTES: usize = 1024 * 1024;
/// Bytes of one proof. What is long in a call travels in it as a digest.
pub const PROOF_BYTES: usize = 256 * 1024;
/// JSON values in the arguments of one call: numbers, texts, lists, objects.
///
/// The same arguments are read twice, in the request and in the proof, and a value
/// takes thirty times the memory of its shortest text.
pub const ARGUMENT_VALUES: usize = 8192;
/// Bytes of a claim that names something: `iss`, `sub`, `client_id`, and the
/// `jti` of tokens and proofs. The names in an `aud` are bounded by the token alone.
pub const NAME_BYTES: usize = 512;
/// Bytes of a signed statement, such as a directory.
///
/// Far more than a token may have, because the authority's directory lists
/// everybody. Whoever reads statements of strangers should limit them further.
pub const STATEMENT_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of an envelope as it arrived, and of what it signs.
///
/// An action is a line or two. What is larger travels as a digest.
pub const ENVELOPE_BYTES: usize = 64 * 1024;
/// How old an envelope may be if nobody says otherwise, and how far ahead it may
/// be whatever anybody says.
///
/// Wider than [`PROOF_WINDOW`]: envelopes are made by programs of others, whose
/// clocks nobody here set.
pub const ENVELOPE_WINDOW: Seconds = Seconds::new(300);
/// Bytes of the compact text of one status list of somebody else's.
///
/// Twice [`STATUS_LIST_BYTES`]: what does not compress is written in base64 twice.
pub const STATUS_LIST_TOKEN_BYTES: usize = 2 * 1024 * 1024;
/// Bytes of a status list after it was inflated: a million tokens with eight
/// bits each, or eight million with one.
///
/// DEFLATE writes a thousand bytes for one (RFC 1951), so a list of the greatest
/// length could otherwise ask for gigabytes.
pub const STATUS_LIST_BYTES: usize = 1024 * 1024;
/// How long a status list without an `exp` is believed.
///
/// Revocations that came later are not in it, so an old copy is a pardon.
pub const STATUS_LIST_AGE: Seconds = Seconds::new(24 * 3600);
/// How far clocks may disagree.
///
/// It forgives an `iat` in the future and nothing else: an `exp` is over at its
/// second, as seen by the verifier's clock.
pub const CLOCK_SKEW: Seconds = Seconds::new(30);
/// How long a proof of possession is good for, in either direction.
///
/// AAT-02, step 7g, allows at most 60 seconds. Until twice this has passed a
/// verifier remembers the proof's `jti` ([`crate::proof::Proof::forgettable`]).
pub const PROOF_WINDOW: Seconds = Seconds::new(30);
/// The longest life of any delegation.
///
/// The cap of AAT-02, steps 3h and 4l. Verification takes the cap as
/// [`crate::proof::Rules::max_lifetime`]; an enforcement point may ask for less.
pub const TOKEN_LIFETIME: Seconds = Seconds::new(90 * 24 * 3600);
/// The longest life of an approval.
///
/// A person agrees to a call that they see now. What they saw may be untrue
/// later, so a signed decision is not a standing permission.
pub const APPROVAL_LIFETIME: Seconds = Seconds::new(300);
/// The highest `del_max_depth`.
///
/// Steps 3i and 4f. AAT-02 wants every verifier to support at least eight.
pub const DELEGATION_DEPTH: u32 = 8;
/// Scopes that one token may name.
pub const SCOPES: usize = 256;
/// Ceilings that one token may name.
pub const CEILINGS: usize = 64;
/// Entries of one list in a ceiling: values, an order, or people who may approve.
pub const CEILING_VALUES: usize = 64;
/// Bytes of one revocation note.
pub const NOTE_BYTES: usize = 64 * 1024;
/// Bytes of one template.
pub const TEMPLATE_BYTES: usize = 64 * 1024;
/// Bytes of one approval.
pub const APPROVAL_BYTES: usize = 16 * 1024;
/// Approvals that travel with one call.
pub const APPROVALS: usize = 64;
/// Bytes of a compact access token, workload token or proof of others.
///
/// A DPoP proof has about 600, and an access token with some authority 2,000.
pub const FOREIGN_TOKEN_BYTES: usize = 16 * 1024;
/// Actors that an access token may name: the current one and those before it.
///
/// As many as there are derivations in a chain. Only the first counts.
pub const ACTORS: usize = 8;
/// Entries in the `authorization_details` of an access token.
pub const DETAILS: usize = 16;
/// The longest life of an access token that a verifier may be told to accept.
///
/// What is not bound to a key is in the hands of whoever saw it, until then.
pub const ACCESS_TOKEN_LIFETIME: Seconds = Seconds::new(24 * 3600);
/// How old a DPoP proof may be.
///
/// SEP-1932 wants at most five minutes on either side. A proof from the future
/// is forgiven no more than [`CLOCK_SKEW`], or it could be stored for later.
pub const DPOP_WINDOW: Seconds = Seconds::new(300);
/// Keys of one issuer that are tried for a token without a `kid`.
pub const KEYS_TRIED: usize = 8;
/// The longest life of a workload identity token that a verifier may be told to accept.
pub const WORKLOAD_TOKEN_LIFETIME: Seconds = Seconds::new(24 * 3600);
/// The longest life of a workload proof: minutes, as its draft has it.
pub const WORKLOAD_PROOF_LIFETIME: Seconds = Seconds::new(300);
/// Bytes of a workload's id (SPIFFE ID, section 2.3).
pub const WORKLOAD_ID_BYTES: usize = 2048;
/// Bytes of the fields `Signature-Input`, `Signature` and `Signature-Agent`, each.
pub const HTTP_FIELD_BYTES: usize = 8 * 1024;
/// Signatures that one message may carry, ours and others.
pub const HTTP_SIGNATURES: usize = 8;
/// Components that one signature may cover. Each is compared with each.
pub const HTTP_COMPONENTS: usize = 32;
/// How long a signed request is good for, from `created` to `expires`.
pub const HTTP_SIGNATURE_WINDOW: Seconds = Seconds::new(300);
/// The longest life of a Web Bot Auth signature; its draft recommends no more than a day.
pub const BOT_SIGNATURE_LIFETIME: Seconds = Seconds::new(24 * 3600);
/// Bytes of the evidence that a person agreed to a root.
pub const EVIDENCE_BYTES: usize = 16 * 1024;
