//! HTTP message signatures (RFC 9421) and digests of bodies (RFC 9530).
//!
//! A DPoP proof says nothing of a request's query, fields and body. Where those
//! count, the request is signed itself. This module writes what is signed, and
//! signs; [`crate::proof::verify_signed_request`] decides what must be signed.
//!
//! **Invariant:** a signature base names each of its parts once, and each part
//! has the value that the message has. What has two readings is not signed and
//! not verified: a field that is not ASCII, a query parameter that occurs twice,
//! a component or a parameter that is not known here.

mod base;
mod component;
mod digest;
mod message;
mod query;
mod sign;

pub use base::{BaseError, signature_base};
pub use digest::{DigestError, check_content_digest, content_digest};
pub use message::{Field, HttpMessage, HttpRequest, HttpResponse, Scheme};
pub use sign::{BotTerms, SignatureFields, SigningTerms, sign_as_bot, sign_request};

pub(crate) use base::lines;
pub(crate) use sign::WEB_BOT_AUTH;

/// Fields that say who may do what: where a request has one, a signature covers it.
///
/// Without it, a signed request could be given other authority on its way.
pub const AUTHORITY_FIELDS: [&str; 3] = ["authorization", "aat-chain", "workload-identity-token"];
