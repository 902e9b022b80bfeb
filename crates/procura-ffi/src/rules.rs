//! The rules of an enforcement point, and the revocation notes that it has.

use procura_core::detail::Manifest;
use procura_core::json::Value;
use procura_core::key::{Arithmetic, PublicKey};
use procura_core::limits;
use procura_core::proof::{Anchor, Chain, Requirement, Rules, Vouches};
use procura_core::revocation::Notes;
use procura_core::time::{Seconds, Timestamp};

use crate::failure::Failure;
use crate::members::{Members, jwk, wrong};

/// [`Rules`] that own what they hold.
pub(crate) struct OwnedRules {
    anchors: Vec<Anchor>,
    audience: String,
    chain_audience: Requirement,
    proof_audience: Requirement,
    names: Requirement,
    evidence: Requirement,
    manifest: Manifest,
    nonce: Option<String>,
    max_lifetime: Seconds,
    now: Timestamp,
}

impl OwnedRules {
    /// Reads the member `rules`.
    pub(crate) fn take(request: &mut Members) -> Result<Self, Failure> {
        Members::read(("rules", request.value("rules")?), |rules| {
            let anchors = rules.list("anchors")?.into_iter().map(anchor);
            Ok(Self {
                anchors: anchors.collect::<Result<_, _>>()?,
                audience: rules.text("audience")?,
                chain_audience: requirement(rules, "chain_audience")?,
                proof_audience: requirement(rules, "proof_audience")?,
                names: requirement(rules, "names")?,
                evidence: requirement(rules, "evidence")?,
                manifest: manifest(rules.optional("manifest"))?,
                nonce: rules.optional_text("nonce")?,
                max_lifetime: Seconds::new(rules.count("max_lifetime")?),
                now: rules.time("now")?,
            })
        })
    }

    /// As the core takes them.
    pub(crate) fn as_rules(&self) -> Rules<'_> {
        Rules {
            anchors: &self.anchors,
            audience: &self.audience,
            chain_audience: self.chain_audience,
            proof_audience: self.proof_audience,
            names: self.names,
            evidence: self.evidence,
            manifest: &self.manifest,
            nonce: self.nonce.as_deref(),
            // No enforcement point may be more generous than the format.
            max_lifetime: self.max_lifetime.min(limits::TOKEN_LIFETIME),
            now: self.now,
        }
    }
}

/// What is not said is required.
fn requirement(rules: &mut Members, name: &str) -> Result<Requirement, Failure> {
    match rules.optional_text(name)?.as_deref() {
        None | Some("required") => Ok(Requirement::Required),
        Some("optional") => Ok(Requirement::Optional),
        Some(_) => Err(wrong(name)),
    }
}

fn anchor(value: Value) -> Result<Anchor, Failure> {
    Members::read(("anchors", value), |anchor| {
        let (issuer, key) = (anchor.text("iss")?, anchor.key("jwk")?);
        // It is not left out in silence: that an anchor speaks for all has to be said.
        let vouches = anchor.value("vouches")?;
        let vouches = if vouches.as_str() == Some("anybody") {
            Vouches::ForAnybody
        } else {
            Members::read(("vouches", vouches), |one| one.text("sub").map(Vouches::For))?
        };
        Ok(Anchor { issuer, key, vouches })
    })
}

fn manifest(value: Option<Value>) -> Result<Manifest, Failure> {
    match value {
        None => Ok(Manifest::default()),
        Some(Value::Object(object)) => {
            Manifest::parse(&object).map_err(|error| Failure::bad_request(error.reason))
        }
        Some(_) => Err(wrong("manifest")),
    }
}

/// Notes and the keys whose notes count for every token.
pub(crate) struct Revocation {
    notes: Notes,
    control: Vec<PublicKey>,
}

impl Revocation {
    /// Reads the member `revocation`; without it nothing is known of revocations.
    ///
    /// A note that is none refuses the request: it may be the one that counts.
    pub(crate) fn take(request: &mut Members) -> Result<Option<Self>, Failure> {
        let Some(value) = request.optional("revocation") else { return Ok(None) };
        let read = Members::read(("revocation", value), |revocation| {
            let mut notes = Notes::default();
            for note in revocation.texts("notes")? {
                notes.add(&note)?;
            }
            let key =
                |value: Value| value.as_object().ok_or_else(|| wrong("control")).and_then(jwk);
            let control = revocation.list("control")?.into_iter().map(key);
            Ok(Self { notes, control: control.collect::<Result<_, _>>()? })
        });
        read.map(Some)
    }

    /// Checks that nothing of `chain` was taken back.
    pub(crate) fn check(
        &self,
        arithmetic: Arithmetic<'_>,
        chain: &Chain,
        anchors: &[Anchor],
    ) -> Result<(), Failure> {
        Ok(self.notes.check_with(arithmetic, chain, anchors, &self.control)?)
    }
}

/// Whether notes were looked at, as the answer says it.
pub(crate) fn state(revocation: Option<&Revocation>) -> &'static str {
    if revocation.is_some() { "notes_checked" } else { "unchecked" }
}
