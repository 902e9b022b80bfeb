//! Signs requests.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::AUTHORITY_FIELDS;
use super::base::{BaseError, signature_base};
use super::digest::content_digest;
use super::message::{Field, HttpMessage, HttpRequest};
use crate::key::Signer;
use crate::structured_field::{Bare, InnerList, Item, Member, Parameters};
use crate::time::Timestamp;

/// The `tag` of Web Bot Auth.
pub(crate) const WEB_BOT_AUTH: &str = "web-bot-auth";

/// How a request is signed.
#[derive(Clone, Copy, Debug)]
pub struct SigningTerms<'a> {
    /// The signature's label in the fields; a lower-case word.
    pub label: &'a str,
    /// What the signature is for; a verifier looks for it.
    pub tag: &'a str,
    /// A fresh nonce, or the one that was asked for.
    pub nonce: &'a str,
    /// When.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
}

/// How a request to the open web is signed (Web Bot Auth).
#[derive(Clone, Copy, Debug)]
pub struct BotTerms<'a> {
    /// The signature's label in the fields; a lower-case word.
    pub label: &'a str,
    /// The origin at which the key is published: `https://agent.example`.
    pub agent: &'a str,
    /// A fresh nonce.
    pub nonce: &'a str,
    /// When.
    pub created: Timestamp,
    /// Until when.
    pub expires: Timestamp,
}

/// Fields to be added to a message that was signed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SignatureFields {
    /// `Content-Digest`, if there is a body and the field was not there.
    pub content_digest: Option<String>,
    /// `Signature-Agent`, if it is a signature for the open web.
    pub signature_agent: Option<String>,
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
}

/// Signs method, address, body and authority of `request`.
///
/// What [`crate::proof::verify_signed_request`] wants covered is covered. `keyid` is
/// the thumbprint of the signer's key, and there is no `alg`: the key has one.
pub fn sign_request(
    request: &HttpRequest<'_>,
    terms: &SigningTerms<'_>,
    signer: &dyn Signer,
) -> Result<SignatureFields, BaseError> {
    let digest = missing_digest(request);
    let fields = extended(request, digest.as_deref(), None);
    let request = HttpRequest { fields: &fields, ..*request };
    let mut items = Vec::from(["@method", "@target-uri"].map(Item::string));
    let present = ["content-digest"].into_iter().chain(AUTHORITY_FIELDS);
    items.extend(present.filter(|name| request.has(name)).map(Item::string));
    let (signature_input, signature) = signed(&request, items, terms, signer)?;
    Ok(SignatureFields {
        content_digest: digest,
        signature_agent: None,
        signature_input,
        signature,
    })
}

/// Signs `request` for a site that knows nothing of us but where the key is published.
///
/// The draft asks for the authority alone. Method, address and body are covered
/// too, as a signature that covers less is good for any request to that site.
pub fn sign_as_bot(
    request: &HttpRequest<'_>,
    terms: &BotTerms<'_>,
    signer: &dyn Signer,
) -> Result<SignatureFields, BaseError> {
    let BotTerms { label, agent, nonce, created, expires } = *terms;
    let terms = SigningTerms { label, tag: WEB_BOT_AUTH, nonce, created, expires };
    let agent = Member::Item(Item::string(agent));
    let agent = agent.to_field(label).ok_or(BaseError::Identifier)?;
    let digest = missing_digest(request);
    let fields = extended(request, digest.as_deref(), Some(&agent));
    let request = HttpRequest { fields: &fields, ..*request };
    let mut items = Vec::from(["@method", "@authority", "@target-uri"].map(Item::string));
    items.extend(request.has("content-digest").then(|| Item::string("content-digest")));
    let key = Parameters::default().with("key", Bare::String(label.into()));
    items.push(Item { parameters: key, ..Item::string("signature-agent") });
    let (signature_input, signature) = signed(&request, items, &terms, signer)?;
    let signature_agent = Some(agent);
    Ok(SignatureFields { content_digest: digest, signature_agent, signature_input, signature })
}

fn missing_digest(request: &HttpRequest<'_>) -> Option<String> {
    let is_needed = !request.body.is_empty() && !request.has("content-digest");
    is_needed.then(|| content_digest(request.body))
}

/// The fields of `request`, and those that are added to it.
fn extended<'a>(
    request: &HttpRequest<'a>,
    digest: Option<&'a str>,
    agent: Option<&'a str>,
) -> Vec<Field<'a>> {
    let mut fields = request.fields.to_vec();
    fields.extend(digest.map(|digest| ("content-digest", digest)));
    fields.extend(agent.map(|agent| ("signature-agent", agent)));
    fields
}

/// The values of `Signature-Input` and `Signature`.
fn signed(
    request: &HttpRequest<'_>,
    items: Vec<Item>,
    terms: &SigningTerms<'_>,
    signer: &dyn Signer,
) -> Result<(String, String), BaseError> {
    let input = InnerList { items, parameters: parameters(terms, signer) };
    // What a reader would not read back, a label with a comma or a nonce that is not
    // ASCII, is not signed.
    let written = Member::InnerList(input.clone()).to_field(terms.label);
    let written = written.ok_or(BaseError::Identifier)?;
    let base = signature_base(&HttpMessage::Request(request), &input)?;
    let signature = Bare::Bytes(signer.sign(base.as_bytes()).to_bytes().into());
    Ok((written, format!("{}={signature}", terms.label)))
}

fn parameters(terms: &SigningTerms<'_>, signer: &dyn Signer) -> Parameters {
    let text = |text: &str| Bare::String(text.into());
    Parameters::default()
        .with("created", Bare::Integer(terms.created.as_seconds()))
        .with("expires", Bare::Integer(terms.expires.as_seconds()))
        .with("keyid", text(&signer.public_key().thumbprint().to_string()))
        .with("nonce", text(terms.nonce))
        .with("tag", text(terms.tag))
}
