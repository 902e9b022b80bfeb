//! Codes: what callers see of a refusal, which never changes meaning.

use std::fmt::Write as _;

use expect_test::expect;
use procura_core::refusal::{Outcome, Refusal};

const ALL: [Outcome; 40] = [
    Outcome::CredentialMissing,
    Outcome::Malformed,
    Outcome::DuplicateMember,
    Outcome::NonAdmissibleNumber,
    Outcome::TooLarge,
    Outcome::AlgOrTypeRefused,
    Outcome::UntrustedRoot,
    Outcome::IssuerMismatch,
    Outcome::SignatureInvalid,
    Outcome::DelegatorMismatch,
    Outcome::ParHashMismatch,
    Outcome::DepthInvalid,
    Outcome::PrincipalAltered,
    Outcome::Expired,
    Outcome::NotYetValid,
    Outcome::NotNarrower,
    Outcome::ScopeNotGranted,
    Outcome::ArgumentRefused,
    Outcome::AudienceMismatch,
    Outcome::HolderBindingFailed,
    Outcome::Replayed,
    Outcome::NonceRequired,
    Outcome::HolderUnknown,
    Outcome::HolderNotActive,
    Outcome::Revoked,
    Outcome::StatusUnknown,
    Outcome::ApprovalRequired,
    Outcome::ApprovalDenied,
    Outcome::ApprovalConsumed,
    Outcome::ApprovalMismatch,
    Outcome::ApprovalExpired,
    Outcome::ApprovalNotEligible,
    Outcome::ApprovalRateLimited,
    Outcome::PolicyDenied,
    Outcome::CeilingExceeded,
    Outcome::BudgetUnknown,
    Outcome::UnknownConstraint,
    Outcome::NonCanonical,
    Outcome::NonFinite,
    Outcome::ChainRequired,
];

#[test]
fn every_refusal_has_a_code_a_status_and_says_whether_to_try_again() {
    let mut table = String::new();
    for outcome in &ALL {
        let again = if outcome.may_retry() { "  again" } else { "" };
        writeln!(table, "{} {outcome}{again}", outcome.http_status()).unwrap();
    }
    expect![[r#"
        401 credential_missing
        400 malformed
        400 duplicate_member
        400 non_admissible_number
        413 too_large
        401 alg_or_type_refused
        401 untrusted_root
        401 issuer_mismatch
        401 signature_invalid
        401 delegator_mismatch
        401 par_hash_mismatch
        403 depth_invalid
        403 principal_altered
        401 expired
        401 not_yet_valid
        403 not_narrower
        403 scope_not_granted
        403 argument_refused
        403 audience_mismatch
        401 holder_binding_failed
        401 replayed
        401 nonce_required  again
        401 holder_unknown
        401 holder_not_active
        401 revoked
        503 status_unknown  again
        403 approval_required  again
        403 approval_denied
        403 approval_consumed  again
        403 approval_mismatch  again
        403 approval_expired  again
        403 approval_not_eligible
        429 approval_rate_limited  again
        403 policy_denied
        403 ceiling_exceeded
        403 budget_unknown
        403 unknown_constraint
        400 non_canonical
        400 non_finite
        428 chain_required  again
    "#]]
    .assert_eq(&table);
}

#[test]
fn no_two_refusals_share_a_code() {
    let mut codes: Vec<&str> = ALL.iter().map(|outcome| outcome.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), ALL.len());
}

#[test]
fn a_refusal_is_told_in_one_line() {
    let refusal = Refusal::new(Outcome::Expired, "3e", "its time is over").at(2);
    assert_eq!(refusal.to_string(), "expired: its time is over");
    assert_eq!(refusal.hop, Some(2));
}
