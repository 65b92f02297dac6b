//! Saved revisions of endpoint profiles.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::Shared;
use super::body::{Path, Query};
use super::entity_tag::{Tagged, expected_revision};
use crate::administration::profile_versions::{Comparison, VersionView};
use crate::administration::profiles::ProfileView;
use crate::administration::{Intent, WithWarnings};
use crate::people::Caller;
use crate::problem::Problem;

/// Whether a change is made.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub(super) struct DryRun {
    /// With `true`, nothing is changed: the answer says what the change would lead to.
    dry_run: bool,
}

impl DryRun {
    pub(super) fn intent(&self) -> Intent {
        if self.dry_run { Intent::Foresee } else { Intent::CarryOut }
    }
}

/// Which revision another one is compared with.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ComparedWith {
    /// The other revision.
    to: u64,
}

/// The saved revisions of a profile, the newest first.
#[utoipa::path(get, path = "/profiles/{id}/versions",
    security(("token" = ["profiles:read"])), params(("id" = Uuid, Path)),
    responses((status = OK, body = Vec<VersionView>)))]
pub(super) async fn list(
    State(administration): Shared,
    caller: Caller,
    Path(id): Path<Uuid>,
) -> Result<Json<Vec<VersionView>>, Problem> {
    administration.profile_versions(&caller, id).await.map(Json)
}

/// One saved revision of a profile.
#[utoipa::path(get, path = "/profiles/{id}/versions/{revision}",
    security(("token" = ["profiles:read"])), params(("id" = Uuid, Path), ("revision" = u64, Path)),
    responses((status = OK, body = VersionView)))]
pub(super) async fn get(
    State(administration): Shared,
    caller: Caller,
    Path((id, revision)): Path<(Uuid, u64)>,
) -> Result<Json<VersionView>, Problem> {
    administration.profile_version(&caller, id, revision).await.map(Json)
}

/// What is different between a saved revision and another one, field by field.
#[utoipa::path(get, path = "/profiles/{id}/versions/{revision}/differences",
    security(("token" = ["profiles:read"])),
    params(("id" = Uuid, Path), ("revision" = u64, Path), ComparedWith), responses((status = OK, body = Comparison)))]
pub(super) async fn compare(
    State(administration): Shared,
    caller: Caller,
    Path((id, revision)): Path<(Uuid, u64)>,
    Query(with): Query<ComparedWith>,
) -> Result<Json<Comparison>, Problem> {
    administration.compare_profile_versions(&caller, id, revision, with.to).await.map(Json)
}

/// Makes a profile what it was in an earlier revision. That is a new revision, which connected endpoints get at once. With
/// `If-Match`, only if the profile still has the revision of that `ETag`.
#[utoipa::path(post, path = "/profiles/{id}/versions/{revision}/roll-back",
    security(("token" = ["profiles:manage"])),
    params(("id" = Uuid, Path), ("revision" = u64, Path), DryRun, ("If-Match" = Option<String>, Header)),
    responses((status = OK, body = WithWarnings<ProfileView>)))]
pub(super) async fn roll_back(
    State(administration): Shared,
    caller: Caller,
    Path((id, revision)): Path<(Uuid, u64)>,
    Query(dry_run): Query<DryRun>,
    headers: HeaderMap,
) -> Result<Tagged<WithWarnings<ProfileView>>, Problem> {
    let expected = expected_revision(&headers)?;
    let intent = dry_run.intent();
    let content = administration.roll_back_profile(&caller, id, revision, expected, intent).await?;
    Ok(Tagged { revision: content.changed.revision, content })
}
