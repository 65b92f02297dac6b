//! Recovery files.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use countersign_protocol::recovery_file::MEDIA_TYPE;

use super::Shared;
use super::body::Body;
use crate::people::Caller;
use crate::problem::Problem;
use crate::recovery::RecoveryInput;

/// What a recovery file is called that somebody takes with them.
pub(crate) const DISPOSITION: &str = "attachment; filename=\"server.countersign-recovery\"";

/// Makes a recovery file for endpoints that refuse this server: it is opened on the desktop, taken with
/// `countersign recover FILE`, or put into `/etc/countersign/recovery`. What it loosens it loosens for this server alone and for a time.
#[utoipa::path(post, path = "/recovery-file",
    security(("token" = ["profiles:manage"])), request_body = RecoveryInput,
    responses((status = OK, description = "The file.", body = Object,
        content_type = "application/vnd.countersign.recovery+json")))]
pub(super) async fn make(
    State(administration): Shared,
    caller: Caller,
    Body(input): Body<RecoveryInput>,
) -> Result<impl IntoResponse, Problem> {
    let file = administration.recovery_file(&caller, input).await?;
    Ok(([(CONTENT_TYPE, MEDIA_TYPE), (CONTENT_DISPOSITION, DISPOSITION)], file.to_text()))
}
