//! A person's signed decision about one exact call.
//!
//! **Invariant:** an approval names the digest of everything that will run. It
//! is good for that digest alone, for at most five minutes.

use alloc::format;
use alloc::string::{String, ToString as _};

use crate::directory::Directory;
use crate::hash::Digest;
use crate::json::{self, Object, Value};
use crate::jws::Compact;
use crate::key::Signer;
use crate::limits;
use crate::proof::{Call, Statement, Verified, verify_statement};
use crate::refusal::{Outcome, Refusal};
use crate::statement;
use crate::time::Timestamp;

/// The JWS type of an approval.
pub const TYPE: &str = "aat-approval+jwt";

/// What exactly a person is asked about.
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
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its `jti`.
    pub id: String,
    /// Who decided.
    pub approver: String,
    /// What was decided about.
    pub digest: Digest,
    /// Yes or no.
    pub answer: Answer,
    /// When it is over.
    pub expires: Timestamp,
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
    Ok(approval)
}

/// Who claims to have decided: it only selects the key that must have signed.
fn claimed_approver(text: &str) -> Option<String> {
    let compact = Compact::parse(text).ok()?;
    let claims = json::parse_object(compact.payload()).ok()?;
    claims.get("iss").and_then(Value::as_str).map(String::from)
}

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
    let consistent = hash("digest")? == subject.digest()
        && text("iss")? == approver
        && issued < expires
        && expires <= issued.plus(limits::APPROVAL_LIFETIME);
    consistent.then(|| Approval {
        id: text("jti").unwrap_or_default().to_string(),
        approver: approver.to_string(),
        digest: subject.digest(),
        answer,
        expires,
    })
}
