//! Endpoint profiles.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use countersign_protocol::profile::{MAXIMUM_HEARTBEAT_SECONDS, MINIMUM_HEARTBEAT_SECONDS};
use countersign_trust::InvalidCertificateAction;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Shared;
use super::body::{Body, Path};
use super::foresight::WithWarnings;
use super::problem::Problem;
use crate::store::{Profile, ProfileChange};
use crate::telemetry::Wake;

/// The longest name of a profile, in characters.
const MAXIMUM_NAME: usize = 100;

/// An endpoint profile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileView {
    id: Uuid,
    name: String,
    /// Counts the changes.
    revision: u64,
    /// What agents do when the certificate of this server is not valid: `allow`, `warn` or `deny`.
    #[schema(value_type = String)]
    invalid_certificate_action: InvalidCertificateAction,
    heartbeat_seconds: u32,
    /// Whether new endpoints get it.
    is_default: bool,
}

/// What an administrator decides in a profile.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileInput {
    /// Up to 100 characters; each name occurs once.
    name: String,
    /// `allow`, `warn` or `deny`.
    #[schema(value_type = String)]
    invalid_certificate_action: InvalidCertificateAction,
    /// Seconds between two heartbeats, 5 to 3600.
    #[serde(default = "default_heartbeat")]
    heartbeat_seconds: u32,
}

fn default_heartbeat() -> u32 {
    countersign_protocol::profile::DEFAULT_HEARTBEAT_SECONDS
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        let document = profile.document;
        Self {
            id: document.id,
            name: document.name,
            revision: document.revision,
            invalid_certificate_action: document.invalid_certificate_action,
            heartbeat_seconds: document.heartbeat_seconds,
            is_default: profile.is_default,
        }
    }
}

impl ProfileInput {
    fn check(self) -> Result<ProfileChange, Problem> {
        let name = self.name.trim().to_owned();
        if name.is_empty() || name.chars().count() > MAXIMUM_NAME || name.chars().any(char::is_control) {
            return Err(Problem::unprocessable(format!(
                "“name” must have 1 to {MAXIMUM_NAME} printable characters."
            )));
        }
        if !(MINIMUM_HEARTBEAT_SECONDS..=MAXIMUM_HEARTBEAT_SECONDS).contains(&self.heartbeat_seconds) {
            return Err(Problem::unprocessable(format!(
                "“heartbeat_seconds” must be {MINIMUM_HEARTBEAT_SECONDS} to {MAXIMUM_HEARTBEAT_SECONDS}."
            )));
        }
        Ok(ProfileChange {
            name,
            invalid_certificate_action: self.invalid_certificate_action,
            heartbeat_seconds: self.heartbeat_seconds,
        })
    }
}

fn detail(change: &ProfileChange) -> serde_json::Value {
    json!({
        "name": change.name,
        "invalid_certificate_action": change.invalid_certificate_action,
        "heartbeat_seconds": change.heartbeat_seconds,
    })
}

/// All endpoint profiles.
#[utoipa::path(get, path = "/profiles", responses((status = OK, body = Vec<ProfileView>)))]
pub(super) async fn list(State(api): Shared) -> Result<Json<Vec<ProfileView>>, Problem> {
    let profiles = api.telemetry.store.profiles().await?;
    Ok(Json(profiles.into_iter().map(ProfileView::from).collect()))
}

/// One endpoint profile.
#[utoipa::path(get, path = "/profiles/{id}", params(("id" = Uuid, Path)), responses((status = OK, body = ProfileView)))]
pub(super) async fn get(State(api): Shared, Path(id): Path<Uuid>) -> Result<Json<ProfileView>, Problem> {
    Ok(Json(api.telemetry.store.profile(id).await?.into()))
}

/// Makes an endpoint profile.
#[utoipa::path(post, path = "/profiles", request_body = ProfileInput, responses((status = CREATED, body = ProfileView)))]
pub(super) async fn create(
    State(api): Shared,
    Body(input): Body<ProfileInput>,
) -> Result<(StatusCode, Json<ProfileView>), Problem> {
    let content = input.check()?;
    let id = Uuid::now_v7();
    let change = api.change("profile.created", id.to_string(), detail(&content));
    let profile = api.telemetry.store.create_profile(id, &content, change).await?;
    Ok((StatusCode::CREATED, Json(profile.into())))
}

/// Removes an endpoint profile. Not possible for the default one, and while endpoints have it.
#[utoipa::path(delete, path = "/profiles/{id}", params(("id" = Uuid, Path)), responses((status = NO_CONTENT)))]
pub(super) async fn remove(State(api): Shared, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    let change = api.change("profile.removed", id.to_string(), json!({}));
    api.telemetry.store.remove_profile(id, change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes an endpoint profile. Connected endpoints get it at once.
#[utoipa::path(put, path = "/profiles/{id}", params(("id" = Uuid, Path)), request_body = ProfileInput,
    responses((status = OK, body = WithWarnings<ProfileView>)))]
pub(super) async fn change(
    State(api): Shared,
    Path(id): Path<Uuid>,
    Body(input): Body<ProfileInput>,
) -> Result<Json<WithWarnings<ProfileView>>, Problem> {
    let content = input.check()?;
    let change = api.change("profile.changed", id.to_string(), detail(&content));
    let profile = api.telemetry.store.change_profile(id, &content, change).await?;
    // Before the agents hear of it: it is said how many are connected.
    let endpoints = api.telemetry.store.endpoints_with_profiles(&[id]).await?;
    let warnings = api.warn_of_profile(&profile.document, &endpoints);
    api.telemetry.presence.wake_all(&Wake::Profile);
    Ok(Json(WithWarnings::new(profile.into(), warnings)))
}
