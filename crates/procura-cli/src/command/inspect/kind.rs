//! Recognises what a text is, by its own marks.

use procura_core::json::{self, Object, Value};
use procura_core::jws::Compact;
use procura_core::token::{self, Token};
use procura_keys::key_file::KeyFile;
use procura_merkle::checkpoint::Checkpoint;
use procura_merkle::note::SignedNote;
use procura_merkle::proof::Receipt;

/// What a text is. Nothing of it is verified.
pub(super) enum Kind {
    /// Delegations from the root to the leaf, and a proof if there is one.
    Chain { tokens: Vec<Token>, proof: Option<Object> },
    /// One delegation.
    Delegation(Box<Token>),
    /// Claims under a type that is not a delegation's.
    Statement { typ: String, claims: Object },
    /// A receipt of the log.
    Receipt(Box<Receipt>),
    /// A signed state of the log.
    Checkpoint { checkpoint: Checkpoint, note: String },
    /// A sealed key, of which only the public part is looked at.
    KeyFile(Box<KeyFile>),
    /// A public key.
    PublicKey(Box<procura_core::key::PublicKey>),
    /// What an offline verifier trusts.
    TrustBundle(Object),
}

/// Looks at `bytes`; the error says why they are nothing that is known here.
pub(super) fn recognise(bytes: &[u8]) -> Result<Kind, String> {
    if bytes.starts_with(b"procura-key-file/") {
        return KeyFile::parse(bytes)
            .map(|file| Kind::KeyFile(Box::new(file)))
            .map_err(|error| error.to_string());
    }
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not text")?;
    if text.trim().is_empty() {
        return Err("it is empty".into());
    }
    if text.starts_with("c2sp.org/tlog-proof@") {
        return Receipt::parse(text)
            .map(|receipt| Kind::Receipt(Box::new(receipt)))
            .map_err(|error| error.to_string());
    }
    if text.trim_start().starts_with('{') {
        return object(text);
    }
    if text.contains("\n\n\u{2014} ") {
        return checkpoint(text);
    }
    statement(text.trim())
}

fn object(text: &str) -> Result<Kind, String> {
    let object = exact_object(text.as_bytes())?;
    if object.get("aat_chain").is_some() {
        return chain(&object);
    }
    if object.get("trust_domain").is_some() && object.get("authority").is_some() {
        return Ok(Kind::TrustBundle(object));
    }
    if object.get("kty").is_some() {
        return token::parse_jwk(&object).map(|key| Kind::PublicKey(Box::new(key)));
    }
    Err("it is JSON, but no chain, no public key and no trust bundle".into())
}

fn chain(object: &Object) -> Result<Kind, String> {
    let tokens = object.get("aat_chain").and_then(Value::as_array).unwrap_or_default();
    if tokens.is_empty() {
        return Err("its `aat_chain` is no list of tokens".into());
    }
    let read = |(hop, token): (usize, &Value)| {
        let text = token.as_str().ok_or_else(|| format!("hop {hop} is not text"))?;
        Token::read(text).map_err(|refusal| format!("hop {hop}: {}", refusal.reason))
    };
    let proof = object.get("aat_pop").and_then(Value::as_str);
    let proof = proof.map(|proof| claims(proof).map(|(_, claims)| claims));
    Ok(Kind::Chain {
        tokens: tokens.iter().enumerate().map(read).collect::<Result<_, _>>()?,
        proof: proof.transpose()?,
    })
}

fn checkpoint(text: &str) -> Result<Kind, String> {
    SignedNote::parse(text).map_err(|error| error.to_string())?;
    let (body, _) = text.rsplit_once("\n\n").ok_or("it has no signature")?;
    let checkpoint = Checkpoint::parse(&format!("{body}\n")).map_err(|error| error.to_string())?;
    Ok(Kind::Checkpoint { checkpoint, note: text.to_owned() })
}

fn statement(text: &str) -> Result<Kind, String> {
    if text.matches('.').count() != 2 || text.contains(char::is_whitespace) {
        return Err("it is no chain, token, receipt, checkpoint, key file or trust bundle".into());
    }
    let (typ, claims) = claims(text)?;
    if typ == token::TYPE {
        let token = Token::read(text).map_err(|refusal| refusal.reason)?;
        return Ok(Kind::Delegation(Box::new(token)));
    }
    Ok(Kind::Statement { typ, claims })
}

/// An object that can be printed again as it is.
fn exact_object(text: &[u8]) -> Result<Object, String> {
    let object = json::parse_object(text).map_err(|error| error.to_string())?;
    match object.to_canonical() {
        Ok(_) => Ok(object),
        Err(error) => Err(error.to_string()),
    }
}

/// Type and claims of a compact token, whoever signed it.
fn claims(text: &str) -> Result<(String, Object), String> {
    let compact = Compact::parse(text).map_err(|error| error.to_string())?;
    let header = text.split('.').next().and_then(procura_core::base64url::decode);
    let header = header.and_then(|header| json::parse_object(&header).ok());
    let typ = header.as_ref().and_then(|header| header.get("typ")).and_then(Value::as_str);
    let claims = exact_object(compact.payload())?;
    Ok((typ.unwrap_or("of no type").to_owned(), claims))
}
