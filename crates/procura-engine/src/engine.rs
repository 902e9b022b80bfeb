//! The engine: everything that use cases share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use procura_core::detail::Manifest;
use procura_core::directory::{Directory, Person};
use procura_core::key::Signer;
use procura_core::proof::{Anchor, Requirement, Rules, Vouches};
use procura_core::time::Timestamp;
use procura_core::{identity::TrustDomain, limits};
use procura_policy::PolicySet;

use crate::cache::ChainCache;
use crate::effect::{Clock, Entropy, Ids};
use crate::enrol::Challenges;
use crate::event::DigestKey;
use crate::flood::{Flood, IN_FULL, IN_FULL_OF_HOLDER};
use crate::newest;
use crate::port::{Store, StoreError};
use crate::spent::Spent;

/// What the engine is made of.
pub struct Parts {
    /// Where state and events are kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The authority's key; it signs the directory.
    pub authority: Arc<dyn Signer>,
    /// The key of argument digests.
    pub digest_key: DigestKey,
    /// Roles and rules.
    pub policy: PolicySet,
    /// Names of this installation.
    pub settings: Settings,
}

/// Names of this installation.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where agents' names are unique.
    pub trust_domain: TrustDomain,
    /// The name of the enforcement point in chains and proofs.
    pub audience: String,
    /// Which process this is, in events.
    pub replica: String,
}

/// The use cases of an authority and its enforcement points.
pub struct Engine {
    parts: Parts,
    ids: Ids,
    trust: RwLock<Arc<Trust>>,
    /// Whether a change may be durable that this process did not see become so:
    /// its caller went away while it was written.
    in_doubt: AtomicBool,
    /// One change of the directory at a time; owned across the commit.
    changing: tokio::sync::Mutex<()>,
    /// One change of approval requests at a time; owned from the read of what
    /// it depends on until the commit.
    settling: tokio::sync::Mutex<()>,
    cache: ChainCache,
    /// Refusals of those who prove nothing.
    /// Whether nothing may be allowed because the log is not being signed.
    held: AtomicBool,
    flood: Flood,
    /// Refusals of those who hold a chain.
    insistence: Flood,
    challenges: Challenges,
    spent: Spent,
}

/// The directory and the anchors that follow from it.
#[derive(Debug)]
pub struct Trust {
    /// The directory.
    pub directory: Directory,
    anchors: Vec<Anchor>,
}

/// Why an engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be read.
    #[error("the store cannot be read")]
    Store(#[from] StoreError),
    /// The directory is not signed by the authority's key.
    #[error("the stored directory is not signed by this authority's key: {0}")]
    Directory(procura_core::refusal::Refusal),
    /// The directory is not the one that the log speaks of.
    #[error(
        "the stored directory is not the newest one that the log records; restore the data directory from a backup that is whole"
    )]
    RolledBack,
}

impl Engine {
    /// Reads the state and checks that it is signed and the newest that the log knows.
    pub fn open(parts: Parts) -> Result<Self, OpenError> {
        let directory = newest::read(&parts)?;
        let ids = Ids::new(Arc::clone(&parts.clock), Arc::clone(&parts.entropy));
        Ok(Self {
            ids,
            trust: RwLock::new(Arc::new(Trust::new(directory))),
            in_doubt: AtomicBool::new(false),
            changing: tokio::sync::Mutex::new(()),
            settling: tokio::sync::Mutex::new(()),
            cache: ChainCache::default(),
            held: AtomicBool::new(false),
            flood: Flood::after(IN_FULL),
            insistence: Flood::after(IN_FULL_OF_HOLDER),
            challenges: Challenges::default(),
            spent: Spent::default(),
            parts,
        })
    }

    /// The directory in force.
    pub fn trust(&self) -> Arc<Trust> {
        Arc::clone(&self.trust.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The directory in force, read again where this process may have missed a change.
    pub fn current_trust(&self) -> Result<Arc<Trust>, OpenError> {
        if self.in_doubt.load(Ordering::SeqCst) {
            self.refresh()?;
        }
        Ok(self.trust())
    }

    /// Reads the directory again. One that is older than what is known is refused.
    pub(crate) fn refresh(&self) -> Result<(), OpenError> {
        let known = self.trust().directory.sequence();
        let newest = newest::read_again(&self.parts, known).inspect_err(|error| {
            let cause: &dyn std::error::Error = error;
            tracing::error!(error = cause, "the directory cannot be read again");
        })?;
        if newest.sequence() > known {
            // Whatever was doubted is this change, or lost against it.
            self.set_doubt(false);
        }
        self.replace_trust(newest);
        Ok(())
    }

    /// Says that a change may be durable that nobody here saw become so.
    pub(crate) fn set_doubt(&self, doubt: bool) {
        self.in_doubt.store(doubt, Ordering::SeqCst);
    }

    /// Allows nothing from now on: the log grows and nobody signs it.
    pub fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    /// Decides again: the log is signed up to now.
    pub fn release(&self) {
        self.held.store(false, Ordering::SeqCst);
    }

    /// Whether no call is decided, because the log is not signed.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// Names of this installation.
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// The policy in force.
    pub fn policy(&self) -> &PolicySet {
        &self.parts.policy
    }

    /// The store.
    pub fn store(&self) -> &dyn Store {
        &*self.parts.store
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    /// Fresh identifiers.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    pub(crate) fn authority(&self) -> &dyn Signer {
        &*self.parts.authority
    }

    pub(crate) fn digest_key(&self) -> &DigestKey {
        &self.parts.digest_key
    }

    pub(crate) fn cache(&self) -> &ChainCache {
        &self.cache
    }

    pub(crate) fn flood(&self) -> &Flood {
        &self.flood
    }

    pub(crate) fn insistence(&self) -> &Flood {
        &self.insistence
    }

    pub(crate) fn challenges(&self) -> &Challenges {
        &self.challenges
    }

    pub(crate) fn spent(&self) -> &Spent {
        &self.spent
    }

    pub(crate) fn changing(&self) -> &tokio::sync::Mutex<()> {
        &self.changing
    }

    pub(crate) fn settling(&self) -> &tokio::sync::Mutex<()> {
        &self.settling
    }

    /// Puts a directory in force, unless a newer one is in force by now.
    pub(crate) fn replace_trust(&self, directory: Directory) {
        let mut trust = self.trust.write().unwrap_or_else(PoisonError::into_inner);
        if directory.sequence() > trust.directory.sequence() {
            *trust = Arc::new(Trust::new(directory));
        }
    }

    /// What this enforcement point asks of chains and proofs.
    pub fn rules<'a>(&'a self, trust: &'a Trust, now: Timestamp) -> Rules<'a> {
        Rules {
            anchors: &trust.anchors,
            audience: &self.parts.settings.audience,
            chain_audience: Requirement::Required,
            proof_audience: Requirement::Required,
            names: Requirement::Required,
            evidence: Requirement::Optional,
            manifest: Manifest::empty(),
            nonce: None,
            max_lifetime: limits::TOKEN_LIFETIME,
            now,
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("settings", &self.parts.settings).finish_non_exhaustive()
    }
}

impl Trust {
    fn new(directory: Directory) -> Self {
        let anchor = |(principal, person): (&str, &Person)| Anchor {
            issuer: issuer_of(principal),
            key: person.key.clone(),
            vouches: Vouches::For(principal.into()),
        };
        let anchors = directory.people().map(anchor).collect();
        Self { directory, anchors }
    }

    /// The person of this name, unless the person's key is revoked.
    pub fn person(&self, principal: &str) -> Option<&Person> {
        let person = self.directory.person(principal);
        person.filter(|person| !self.directory.is_key_revoked(&person.key.thumbprint()))
    }
}

/// The `iss` of roots that a principal signs: `user:alice` → `urn:procura:user:alice`.
pub fn issuer_of(principal: &str) -> String {
    format!("urn:procura:{principal}")
}
