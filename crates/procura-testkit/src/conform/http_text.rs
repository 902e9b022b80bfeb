//! HTTP messages, keys and Markdown as the published vectors write them.

use anyhow::{Context, bail, ensure};
use procura_core::{
    http_signature::{Field, HttpMessage, HttpRequest, HttpResponse, Scheme, signature_base},
    json::{self, Object},
    key::VerifyingKey,
    structured_field::{Bare, Dictionary, InnerList, Item, Member},
};

use super::{Answer, Verdict};

/// A message as text: its first line, its fields, its body.
#[derive(Clone, Debug, Default)]
pub(super) struct Text {
    pub(super) start: String,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: String,
}

impl Text {
    /// Reads a message; a block of fields alone has no first line.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let text = text.trim_start_matches('\n');
        let (head, body) = text.split_once("\n\n").unwrap_or((text.trim_end(), ""));
        let mut message = Self { body: body.into(), ..Self::default() };
        for (at, line) in head.lines().enumerate() {
            match line.split_once(": ") {
                Some((name, value)) if !name.contains(' ') => {
                    message.fields.push((name.into(), value.into()));
                }
                _ if at == 0 => message.start = line.into(),
                _ => bail!("a line is no field"),
            }
        }
        Ok(message)
    }

    /// The value of the field `name`.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Puts `value` in place of the field `name`, or beside the others.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.fields.retain(|(field, _)| !field.eq_ignore_ascii_case(name));
        self.fields.push((name.into(), value.into()));
    }

    /// The fields, as a message holds them.
    pub(super) fn fields(&self) -> Vec<Field<'_>> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The request, whose address is https and its `Host`.
    pub(super) fn request<'a>(
        &'a self,
        fields: &'a [Field<'a>],
    ) -> anyhow::Result<HttpRequest<'a>> {
        let mut words = self.start.split(' ');
        Ok(HttpRequest {
            method: words.next().context("no method")?,
            scheme: Scheme::Https,
            authority: self.field("host").context("no `Host`")?,
            target: words.next().context("no target")?,
            fields,
            body: self.body.as_bytes(),
        })
    }

    /// The status of a response.
    pub(super) fn status(&self) -> anyhow::Result<u16> {
        let status = self.start.split(' ').nth(1).context("no status")?;
        Ok(status.parse()?)
    }
}

/// One signature of a message: what it says of itself, and its bytes.
pub(super) struct Signed {
    pub(super) input: InnerList,
    pub(super) bytes: Vec<u8>,
}

impl Signed {
    /// The one signature in the fields `Signature-Input` and `Signature`.
    pub(super) fn find(input: &str, signature: &str) -> anyhow::Result<Self> {
        let inputs = Dictionary::parse(input)?;
        let signatures = Dictionary::parse(signature)?;
        ensure!(inputs.len() == 1, "there is not one signature");
        let (label, input) = inputs.iter().next().context("there is no signature")?;
        let (Member::InnerList(input), Some(Member::Item(signature))) =
            (input, signatures.get(label))
        else {
            bail!("the fields do not describe a signature");
        };
        let Item { value: Bare::Bytes(bytes), .. } = signature else {
            bail!("the signature is not bytes");
        };
        Ok(Self { input: input.clone(), bytes: bytes.clone() })
    }

    /// The one signature of a message.
    pub(super) fn of(text: &Text) -> anyhow::Result<Self> {
        let field = |name| text.field(name).with_context(|| format!("no `{name}`"));
        Self::find(field("signature-input")?, field("signature")?)
    }

    /// The value of its parameter `keyid`.
    pub(super) fn key_id(&self) -> anyhow::Result<&str> {
        let id = self.input.parameters.get("keyid").and_then(Bare::as_string);
        id.context("no `keyid`")
    }

    /// Whether it is a signature of `message` under `key`.
    pub(super) fn check(
        &self,
        message: &HttpMessage<'_>,
        key: &VerifyingKey,
    ) -> anyhow::Result<Answer> {
        let base = signature_base(message, &self.input)?;
        Ok(key.verify(base.as_bytes(), &self.bytes).into())
    }
}

/// A response, as the message that answers `request`.
pub(super) fn response<'a>(
    text: &'a Text,
    fields: &'a [Field<'a>],
    request: &'a HttpRequest<'a>,
) -> anyhow::Result<HttpResponse<'a>> {
    ensure!(!text.start.is_empty(), "no first line");
    Ok(HttpResponse { status: text.status()?, fields, request })
}

/// The public half of a published key, or nothing where it is of a kind that is not supported.
pub(super) fn public_key(jwk: &str) -> anyhow::Result<Option<VerifyingKey>> {
    let mut jwk: Object = json::parse_object(jwk.as_bytes())?;
    if jwk.get("kty").and_then(json::Value::as_str) == Some("RSA") {
        return Ok(None);
    }
    jwk.remove("d");
    Ok(Some(VerifyingKey::from_jwk(&jwk)?))
}

/// Joins lines that were folded with a backslash (RFC 8792), if the text says that they were.
pub(super) fn unfolded(text: &str) -> String {
    let Some((before, rest)) = text.split_once("line wrapping per RFC 8792") else {
        return text.into();
    };
    if before.contains('\n') {
        return text.into();
    }
    let rest = rest.split_once("\n\n").map_or("", |(_, rest)| rest);
    let mut unfolded = String::new();
    let mut is_continued = false;
    for line in rest.lines() {
        let line = if is_continued { line.trim_start_matches(' ') } else { line };
        is_continued = line.ends_with('\\');
        unfolded.push_str(line.strip_suffix('\\').unwrap_or(line));
        if !is_continued {
            unfolded.push('\n');
        }
    }
    unfolded
}

/// A block of Markdown between lines of `~~~`, unfolded, and the last line of text before it.
pub(super) struct Block {
    pub(super) before: String,
    pub(super) text: String,
}

/// The blocks of a Markdown text, in order.
pub(super) fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut before, mut open) = (String::new(), None);
    for line in markdown.lines() {
        if line.starts_with("~~~") {
            open = match open.take() {
                None => Some(String::new()),
                Some(text) => {
                    let text: String = text;
                    blocks.push(Block { before: before.clone(), text: unfolded(&text) });
                    None
                }
            };
        } else if let Some(text) = &mut open {
            text.push_str(line);
            text.push('\n');
        } else if !line.trim().is_empty() {
            before = line.into();
        }
    }
    blocks
}

/// The keys in the blocks of a Markdown text, by their `kid`; those of a kind that is
/// not supported are left out.
pub(super) fn keys(blocks: &[Block]) -> anyhow::Result<Vec<(String, VerifyingKey)>> {
    let mut keys = Vec::new();
    for block in blocks {
        let Ok(jwk) = json::parse_object(block.text.as_bytes()) else {
            continue;
        };
        let Some(id) = jwk.get("kid").and_then(json::Value::as_str) else {
            continue;
        };
        keys.extend(public_key(&block.text)?.map(|key| (id.to_owned(), key)));
    }
    Ok(keys)
}

/// What was said instead of a verdict, as a failure.
pub(super) fn verdict(result: anyhow::Result<Verdict>) -> Verdict {
    result.unwrap_or_else(|error| Verdict::Failed(format!("{error:#}")))
}

/// Why a signature by RSA is not judged.
pub(super) fn rsa() -> Verdict {
    Verdict::NotApplicable("RSA keys are not supported, so its signature is refused unread".into())
}
