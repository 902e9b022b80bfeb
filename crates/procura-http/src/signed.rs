//! Requests that a person signed (`docs/formats/request-proof.md`).
//!
//! **Invariant:** a [`Signed`] is a request whose method, target and body are
//! those that a person of the directory signed within the last minute.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use procura_core::json;
use procura_engine::admin::{Administrator, Permission};
use procura_engine::request::Covered;

use crate::Authority;
use crate::front::only;
use crate::parameters::Members;
use crate::problem::Problem;
use crate::refused::Proven;

/// The longest body.
pub(crate) const BODY_BYTES: usize = 64 * 1024;
/// The longest proof.
const PROOF_BYTES: usize = 8 * 1024;
/// How long a body may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// A request and the person who signed it, who may read at least.
#[derive(Debug)]
pub(crate) struct Signed {
    pub(crate) caller: Administrator,
    body: Bytes,
}

impl Signed {
    /// The members of the body.
    pub(crate) fn members(&self) -> Result<Members, Problem> {
        Ok(Members::new(json::parse_object(&self.body)?))
    }
}

impl FromRequest<Arc<Authority>> for Signed {
    type Rejection = Problem;

    async fn from_request(request: Request, authority: &Arc<Authority>) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let proof = proof(&parts.headers)?.to_owned();
        let body = read(body).await?;
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        let covered = Covered { method: parts.method.as_str(), target, body: &body };
        let caller = authority
            .engine
            .authenticate(&proof, &covered)
            .map_err(|refusal| Problem::unauthenticated(&refusal))?;
        if let Some(proven) = parts.extensions.get::<Proven>() {
            proven.set(caller.principal());
        }
        caller.require(Permission::Read)?;
        check_media_type(&parts.headers, &body)?;
        Ok(Self { caller, body })
    }
}

/// The proof in `Authorization: Procura <proof>`.
fn proof(headers: &HeaderMap) -> Result<&str, Problem> {
    only(headers, &header::AUTHORIZATION)
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, proof)| {
            scheme.eq_ignore_ascii_case("Procura") && proof.len() <= PROOF_BYTES
        })
        .map(|(_, proof)| proof)
        .ok_or_else(|| {
            let detail = "send one `Authorization: Procura <proof>`, signed by a person's key";
            Problem::new(StatusCode::UNAUTHORIZED, "credential_missing", detail)
        })
}

/// The whole body, unless it is too long or too slow.
pub(crate) async fn read(body: Body) -> Result<Bytes, Problem> {
    let limit = u64::try_from(BODY_BYTES).unwrap_or(u64::MAX);
    if body.size_hint().lower() > limit {
        return Err(too_large());
    }
    let whole = Limited::new(body, BODY_BYTES).collect();
    match tokio::time::timeout(ARRIVES_WITHIN, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::malformed("the body did not arrive whole")),
        Err(_) => {
            let detail = "the body did not arrive in time";
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "limit.timeout", detail))
        }
    }
}

fn too_large() -> Problem {
    let detail = format!("a body has at most {BODY_BYTES} bytes");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
}

fn check_media_type(headers: &HeaderMap, body: &Bytes) -> Result<(), Problem> {
    let is_json = only(headers, &header::CONTENT_TYPE)
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
    if is_json || body.is_empty() {
        return Ok(());
    }
    let detail = "send the body as `application/json`";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", detail))
}
