//! A person's signed decision about one exact call.
//!
//! **Invariant:** an approval names the digest of everything that will run. It
//! is good for that digest alone, for at most five minutes.
//!
//! Claims of an approval, as its payload has them (`…` for digests):
//!
//! ```json
//! {"aat_hash": "…", "aat_tool": "mcp:github/merge_pull_request", "args_hash": "…",
//!  "decision": "approve", "digest": "…", "exp": 1704067500, "iat": 1704067200,
//!  "iss": "user:alice", "jti": "0194…", "policy": "…"}
//! ```
//!
//! What a person could be tricked with is in the digest: the arguments (a
//! cheap call is approved, an expensive one sent), the tool, the delegation
//! (another agent uses it), the policy (the rule that asked is not the rule in
//! force). Using an approval once is the caller's: nothing here remembers.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use procura_policy::Effect;

use crate::directory::Directory;
use crate::hash::Digest;
use crate::json::{self, Object, Value};
use crate::jws::Compact;
use crate::key::Signer;
use crate::limits;
use crate::proof::{Call, Statement, Verified, verify_statement};
use crate::refusal::{Outcome, Refusal};
use crate::statement;
use crate::time::{Seconds, Timestamp};

/// The JWS type of an approval.
pub const TYPE: &str = "aat-approval+jwt";

/// What exactly a person is asked about.
///
/// The leaf's hash covers the whole chain above it through `par_hash`, so the
/// holder, the principal and every limit are bound with it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Subject {
    /// [`crate::token::Token::hash`] of the leaf delegation.
    pub leaf: Digest,
    /// The tool's id.
    pub tool: String,
    /// [`Call::arguments_hash`].
    pub arguments: Digest,
    /// The revision of the policy that asked.
    pub policy: String,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Answer {
    /// It may run, once.
    Approve,
    /// It must not run.
    Deny,
}

/// A decision as a person signed it.
///
/// The fields are public and anybody can write one down, so holding one proves
/// nothing by itself. [`verify`] makes it from signed text, and
/// [`crate::decide`] compares its digest with the call again.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its `jti`. It need not be unique: what is used once is the request that
    /// the decision answers.
    pub id: String,
    /// Who decided.
    pub approver: String,
    /// What was decided about.
    pub digest: Digest,
    /// Yes or no.
    pub answer: Answer,
    /// When it was signed.
    pub issued: Timestamp,
    /// When it is over.
    pub expires: Timestamp,
}

/// Who has to agree to a call: what policy asks for and what the chain asks for, in one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Need {
    /// How many different people; at least one.
    pub count: usize,
    /// Of these; anybody who may decide, if there is no list.
    pub by: Option<Vec<String>>,
    /// How old what they signed may be.
    pub max_age: Option<Seconds>,
    /// Why, for those who are asked.
    pub reason: String,
}

impl Need {
    /// What a call needs when policy answers `effect`; `None` if nobody has to agree.
    ///
    /// Whoever agrees has to be somebody whom everybody asks: a chain that wants
    /// Alice and a policy that wants Bob cannot both be content, and the call is
    /// refused ([`Need::is_possible`]).
    pub fn of(call: &Call, effect: &Effect) -> Option<Self> {
        let policy = match effect {
            Effect::NeedsApproval(rule) => Some(Self {
                count: usize::from(rule.quorum.max(1)),
                by: (!rule.by.is_empty()).then(|| rule.by.clone()),
                max_age: None,
                reason: rule.reason.clone(),
            }),
            Effect::Allow | Effect::Deny { .. } => None,
        };
        let quorums = call.demands().quorums.iter().map(|quorum| Self {
            count: quorum.count,
            by: Some(quorum.by.clone()),
            max_age: Some(Seconds::new(quorum.max_age)),
            reason: "the delegation asks for it".into(),
        });
        policy.into_iter().chain(quorums).reduce(Self::and)
    }

    fn and(self, other: Self) -> Self {
        let by = match (self.by, other.by) {
            (Some(ours), Some(theirs)) => {
                Some(ours.into_iter().filter(|person| theirs.contains(person)).collect())
            }
            (ours, theirs) => ours.or(theirs),
        };
        let max_age = match (self.max_age, other.max_age) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        Self { count: self.count.max(other.count), by, max_age, reason: self.reason }
    }

    /// Whether enough people are left who could agree.
    pub fn is_possible(&self) -> bool {
        self.by.as_ref().is_none_or(|by| by.len() >= self.count)
    }

    /// Whether enough different people, of those who may, agreed recently enough.
    pub fn is_met(&self, approvals: &[Approval], now: Timestamp) -> bool {
        let counts = |approval: &&Approval| {
            let may = self.by.as_ref().is_none_or(|by| by.contains(&approval.approver));
            let is_recent = self.max_age.is_none_or(|age| now < approval.issued.plus(age));
            may && is_recent && approval.answer == Answer::Approve
        };
        let mut people: Vec<&str> =
            approvals.iter().filter(counts).map(|approval| approval.approver.as_str()).collect();
        people.sort_unstable();
        people.dedup();
        people.len() >= self.count
    }
}

impl Subject {
    /// The subject of `call` under the policy of `revision`.
    pub fn of(call: &Call, revision: &str) -> Self {
        Self {
            leaf: call.chain().leaf().hash,
            tool: call.request().tool.clone(),
            arguments: *call.arguments_hash(),
            policy: revision.into(),
        }
    }

    /// One digest over all of it, which the approval signs.
    ///
    /// The first line names purpose and version. Free text is hashed before it is
    /// joined, so that no tool id with a line break in it can imitate the fields
    /// that follow: two different subjects never have one input.
    pub fn digest(&self) -> Digest {
        let Self { leaf, tool, arguments, policy } = self;
        let tool = Digest::of(tool.as_bytes());
        let policy = Digest::of(policy.as_bytes());
        Digest::of(
            format!("procura-approval/v1\n{leaf}\n{tool}\n{arguments}\n{policy}\n").as_bytes(),
        )
    }
}

/// Signs `approver`'s answer about `subject`.
///
/// The parts are signed beside their digest, so that an auditor can read what
/// was agreed to, and [`verify`] refuses a decision in which they differ.
pub fn sign(subject: &Subject, answer: Answer, terms: &Terms<'_>, signer: &dyn Signer) -> String {
    let claims = Object::new()
        .with("jti", terms.id)
        .with("iss", terms.approver)
        .with("iat", terms.issued.as_seconds())
        .with("exp", terms.expires.as_seconds())
        .with("aat_hash", subject.leaf.to_base64url())
        .with("aat_tool", subject.tool.as_str())
        .with("args_hash", subject.arguments.to_base64url())
        .with("policy", subject.policy.as_str())
        .with("digest", subject.digest().to_base64url())
        .with("decision", if answer == Answer::Approve { "approve" } else { "deny" });
    statement::sign(TYPE, claims, signer)
}

/// Who answers, and when.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// A fresh `jti`.
    pub id: &'a str,
    /// The approver's principal, such as `user:alice`.
    pub approver: &'a str,
    /// When it is signed.
    pub issued: Timestamp,
    /// When it is over; at most five minutes later.
    pub expires: Timestamp,
}

/// Verifies a decision: the approver's key comes from the directory, never from
/// the decision, and it is about `digest` and nothing else.
///
/// `Ok` means: a person of `directory`, whose key is not revoked, signed this
/// answer (it may be a refusal) about this digest, and it is not over at `now`.
/// It does not mean that this person may decide this call, or that enough
/// people agreed: [`crate::decide`] asks the rule of the policy. Nor is it used
/// up. One that ends later than a decision can live from now is refused.
pub fn verify(
    text: &str,
    digest: &Digest,
    directory: &Directory,
    now: Timestamp,
) -> Result<Approval, Refusal> {
    let approver = &claimed_approver(text)
        .ok_or_else(|| Refusal::new(Outcome::Malformed, "P7", "the decision names nobody"))?;
    let person = directory.person(approver).ok_or_else(|| {
        let reason = "the one who decided is not a person in the directory";
        Refusal::new(Outcome::ApprovalNotEligible, "P7", reason)
    })?;
    if directory.is_key_revoked(&person.key.thumbprint()) {
        let reason = "the key of the one who decided is revoked";
        return Err(Refusal::new(Outcome::ApprovalNotEligible, "P7", reason));
    }
    let statement = verify_statement(text, TYPE, &person.key)?;
    let approval = read(&statement, approver).ok_or_else(|| {
        Refusal::new(Outcome::Malformed, "P7", "the decision has not the shape of one")
    })?;
    if approval.digest != *digest {
        let reason = "the decision is about another call";
        return Err(Refusal::new(Outcome::ApprovalMismatch, "P7", reason));
    }
    if approval.expires <= now {
        return Err(Refusal::new(Outcome::ApprovalExpired, "P7", "the decision's time is over"));
    }
    // Nobody has agreed yet to what they will sign later.
    if approval.issued > now.plus(limits::CLOCK_SKEW) {
        return Err(Refusal::new(Outcome::NotYetValid, "P7", "the decision's time has not come"));
    }
    Ok(approval)
}

/// Verifies a decision that travels with `call`, whatever policy asked for it.
///
/// An offline verifier has no policy; the decision says which one asked, and the
/// person signed that with the rest. Whose call it is, is asked of the call.
pub fn verify_about(
    text: &str,
    call: &Call,
    directory: &Directory,
    now: Timestamp,
) -> Result<Approval, Refusal> {
    let policy = claim(text, "policy")
        .ok_or_else(|| Refusal::new(Outcome::Malformed, "P7", "the decision names no policy"))?;
    verify(text, &Subject::of(call, &policy).digest(), directory, now)
}

/// Who claims to have decided: it only selects the key that must have signed.
///
/// The text is not verified yet. A false name selects a key that did not sign
/// it, and is refused.
fn claimed_approver(text: &str) -> Option<String> {
    claim(text, "iss")
}

/// A claim that is believed by nobody yet.
fn claim(text: &str, name: &str) -> Option<String> {
    if text.len() > limits::APPROVAL_BYTES {
        return None;
    }
    let compact = Compact::parse(text).ok()?;
    let claims = json::parse_object(compact.payload()).ok()?;
    claims.get(name).and_then(Value::as_str).map(String::from)
}

/// Everything that a decision says.
const CLAIMS: [&str; 10] = [
    "jti",
    "iss",
    "iat",
    "exp",
    "aat_hash",
    "aat_tool",
    "args_hash",
    "policy",
    "digest",
    "decision",
];

/// The approval that a verified statement is, if it agrees with itself.
///
/// The digest is computed from the parts: a statement that shows one call and
/// names the digest of another is none. `decision` is one of two words, so that
/// nothing but `approve` approves.
fn read(statement: &Verified<Statement>, approver: &str) -> Option<Approval> {
    let claims = statement.get().claims();
    let text = |name| claims.get(name).and_then(Value::as_str);
    let hash = |name| text(name).and_then(Digest::from_base64url);
    let time = |name| claims.get(name).and_then(Value::as_integer).map(Timestamp::from_seconds);
    let subject = Subject {
        leaf: hash("aat_hash")?,
        tool: text("aat_tool")?.to_string(),
        arguments: hash("args_hash")?,
        policy: text("policy")?.to_string(),
    };
    let (issued, expires) = (time("iat")?, time("exp")?);
    let answer = match text("decision")? {
        "approve" => Answer::Approve,
        "deny" => Answer::Deny,
        _ => return None,
    };
    // A claim that is not known here could be a condition.
    if claims.iter().any(|(name, _)| !CLAIMS.contains(&name)) {
        return None;
    }
    let id = text("jti").filter(|id| !id.is_empty())?;
    let consistent = hash("digest")? == subject.digest()
        && text("iss")? == approver
        && issued < expires
        && expires <= issued.plus(limits::APPROVAL_LIFETIME);
    consistent.then(|| Approval {
        id: id.to_string(),
        approver: approver.to_string(),
        digest: subject.digest(),
        answer,
        issued,
        expires,
    })
}
