//! Why a call, a chain or a statement is refused: one code and one step each.
//!
//! There are two readers. The caller, who may be an attacker, learns a code and
//! whether trying again can help. The operator learns the step, the hop and a
//! reason. A caller who learnt them too could find, by trying, which keys are
//! known and how far a rule reaches.

use alloc::format;
use alloc::string::String;
use core::fmt;

/// A refusal's stable code. Callers see it; step, hop and reason go to the log.
///
/// The enum is exhaustive, so that a new code does not compile until a status
/// was chosen for it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Outcome {
    /// The request carries no chain and no proof.
    CredentialMissing,
    /// The request names a chain that is not known here any more; show it whole.
    ChainRequired,
    /// Something is not shaped as the format says.
    Malformed,
    /// A JSON object names a member twice.
    DuplicateMember,
    /// A number is not exactly a double.
    NonAdmissibleNumber,
    /// A limit is exceeded.
    TooLarge,
    /// The algorithm, type or critical parameter of a header is not accepted.
    AlgOrTypeRefused,
    /// No trusted anchor signed the root.
    UntrustedRoot,
    /// The root names another issuer than its anchor.
    IssuerMismatch,
    /// A signature does not verify.
    SignatureInvalid,
    /// A token was not issued by the holder of the one before.
    DelegatorMismatch,
    /// A token is not bound to the one before.
    ParHashMismatch,
    /// Too deep, or the depth was tampered with.
    DepthInvalid,
    /// The accountable principal changed along the chain.
    PrincipalAltered,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// A token holds more than the one before.
    NotNarrower,
    /// The chain does not hold this tool.
    ScopeNotGranted,
    /// The chain does not hold this argument or value.
    ArgumentRefused,
    /// A token or proof names another audience.
    AudienceMismatch,
    /// The proof of possession is not this call's, or not by the chain's holder.
    HolderBindingFailed,
    /// The proof was used before.
    Replayed,
    /// A nonce of ours is required.
    NonceRequired,
    /// A holder is not who the directory says, or nobody it knows.
    HolderUnknown,
    /// A holder is pending or suspended.
    HolderNotActive,
    /// A key, agent, delegation or principal on the chain is revoked.
    Revoked,
    /// It cannot be known whether something is revoked.
    StatusUnknown,
    /// A person has to agree first.
    ApprovalRequired,
    /// A person refused.
    ApprovalDenied,
    /// The approval was used before.
    ApprovalConsumed,
    /// The approval is for another call.
    ApprovalMismatch,
    /// The approval's time is over.
    ApprovalExpired,
    /// The approver may not decide this.
    ApprovalNotEligible,
    /// Too many requests for approval wait already.
    ApprovalRateLimited,
    /// Policy does not allow it.
    PolicyDenied,
    /// The action is more than a ceiling of the chain lets through.
    CeilingExceeded,
    /// A sum is limited, and nobody here keeps it.
    BudgetUnknown,
    /// A ceiling of the chain is of a type that is not known here.
    UnknownConstraint,
    /// The bytes are not those of the canonical form, which the format demands.
    NonCanonical,
    /// A number is infinite or none.
    NonFinite,
}

impl Outcome {
    /// The code, as on the wire and in events.
    ///
    /// A code that was published is not renamed: logs are read years later.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CredentialMissing => "credential_missing",
            Self::ChainRequired => "chain_required",
            Self::Malformed => "malformed",
            Self::DuplicateMember => "duplicate_member",
            Self::NonAdmissibleNumber => "non_admissible_number",
            Self::TooLarge => "too_large",
            Self::AlgOrTypeRefused => "alg_or_type_refused",
            Self::UntrustedRoot => "untrusted_root",
            Self::IssuerMismatch => "issuer_mismatch",
            Self::SignatureInvalid => "signature_invalid",
            Self::DelegatorMismatch => "delegator_mismatch",
            Self::ParHashMismatch => "par_hash_mismatch",
            Self::DepthInvalid => "depth_invalid",
            Self::PrincipalAltered => "principal_altered",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::NotNarrower => "not_narrower",
            Self::ScopeNotGranted => "scope_not_granted",
            Self::ArgumentRefused => "argument_refused",
            Self::AudienceMismatch => "audience_mismatch",
            Self::HolderBindingFailed => "holder_binding_failed",
            Self::Replayed => "replayed",
            Self::NonceRequired => "nonce_required",
            Self::HolderUnknown => "holder_unknown",
            Self::HolderNotActive => "holder_not_active",
            Self::Revoked => "revoked",
            Self::StatusUnknown => "status_unknown",
            Self::ApprovalRequired => "approval_required",
            Self::ApprovalDenied => "approval_denied",
            Self::ApprovalConsumed => "approval_consumed",
            Self::ApprovalMismatch => "approval_mismatch",
            Self::ApprovalExpired => "approval_expired",
            Self::ApprovalNotEligible => "approval_not_eligible",
            Self::ApprovalRateLimited => "approval_rate_limited",
            Self::PolicyDenied => "policy_denied",
            Self::CeilingExceeded => "ceiling_exceeded",
            Self::BudgetUnknown => "budget_unknown",
            Self::UnknownConstraint => "unknown_constraint",
            Self::NonCanonical => "non_canonical",
            Self::NonFinite => "non_finite",
        }
    }

    /// The HTTP status that goes with it.
    ///
    /// 400: it cannot be read. 401: who calls is not proved. 403: it is proved, and
    /// not enough. 428: the whole chain
    /// has to be shown. 503: it cannot be known, so it is not allowed.
    pub fn http_status(self) -> u16 {
        match self {
            Self::Malformed
            | Self::DuplicateMember
            | Self::NonAdmissibleNumber
            | Self::NonCanonical
            | Self::NonFinite => 400,
            Self::TooLarge => 413,
            Self::CredentialMissing
            | Self::AlgOrTypeRefused
            | Self::UntrustedRoot
            | Self::IssuerMismatch
            | Self::SignatureInvalid
            | Self::DelegatorMismatch
            | Self::ParHashMismatch
            | Self::Expired
            | Self::NotYetValid
            | Self::HolderBindingFailed
            | Self::Replayed
            | Self::NonceRequired
            | Self::HolderUnknown
            | Self::HolderNotActive
            | Self::Revoked => 401,
            Self::StatusUnknown => 503,
            Self::ChainRequired => 428,
            Self::ApprovalRateLimited => 429,
            Self::DepthInvalid
            | Self::PrincipalAltered
            | Self::NotNarrower
            | Self::ScopeNotGranted
            | Self::ArgumentRefused
            | Self::AudienceMismatch
            | Self::ApprovalRequired
            | Self::ApprovalDenied
            | Self::ApprovalConsumed
            | Self::ApprovalMismatch
            | Self::ApprovalExpired
            | Self::ApprovalNotEligible
            | Self::PolicyDenied
            | Self::CeilingExceeded
            | Self::BudgetUnknown
            | Self::UnknownConstraint => 403,
        }
    }

    /// Whether the same call, with a new proof, may be allowed later.
    ///
    /// After other codes repeating the call is of no use: the chain, the arguments,
    /// the clock or the policy would have to change first.
    pub fn may_retry(self) -> bool {
        matches!(
            self,
            Self::ApprovalRequired
                | Self::ApprovalConsumed
                | Self::ApprovalMismatch
                | Self::ApprovalExpired
                | Self::ApprovalRateLimited
                | Self::StatusUnknown
                | Self::ChainRequired
                | Self::NonceRequired
        )
    }
}

/// `text` as a reason may show it: what an attacker wrote is cut at 32 bytes.
///
/// A reason repeats at most two names, and no more than 64 bytes of the input.
pub(crate) fn shown(text: &str) -> String {
    let mut end = text.len().min(SHOWN_BYTES);
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    match text.get(..end) {
        Some(start) if end < text.len() => format!("{start}…"),
        _ => text.into(),
    }
}

const SHOWN_BYTES: usize = 32;

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A refusal, with what an operator needs to understand it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{outcome}: {reason}")]
pub struct Refusal {
    /// The code.
    pub outcome: Outcome,
    /// The step of the verification that refused, as the format's document numbers them.
    ///
    /// Labels such as `4p2` are those of AAT-02; `P` is our profile of it, `S` a
    /// signed statement, `D` the directory, `E` an envelope, `L` a status list. Of
    /// what others sign, `J` is an access token, `X` a DPoP proof, `H` a signed
    /// request, `W` a workload's tokens.
    pub step: &'static str,
    /// The token that caused it, counted from the root, from zero.
    pub hop: Option<usize>,
    /// One line for the operator; never a secret, never an argument's value.
    ///
    /// It may repeat names that the caller chose, such as a tool's or an argument's.
    pub reason: String,
}

impl Refusal {
    /// A refusal at `step`.
    pub fn new(outcome: Outcome, step: &'static str, reason: impl Into<String>) -> Self {
        Self { outcome, step, hop: None, reason: reason.into() }
    }

    /// The same refusal, caused by token `hop`.
    #[must_use]
    pub fn at(mut self, hop: usize) -> Self {
        self.hop = Some(hop);
        self
    }
}
