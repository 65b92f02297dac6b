//! Endpoint profiles.

use std::num::NonZeroU16;

use countersign_protocol::profile::{MAXIMUM_HEARTBEAT_SECONDS, MINIMUM_HEARTBEAT_SECONDS};
use countersign_protocol::{EndpointProfile, ProxyFallback};
use countersign_trust::{InvalidCertificateAction, RememberLimit, RememberOptions};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Administration, WithWarnings};
use crate::people::{Caller, Permission, Scope};
use crate::problem::Problem;
use crate::store::{Concerned, Profile, ProfileChange, tag_of_profiles};
use crate::telemetry::Wake;

/// The longest name of a profile, in characters.
const MAXIMUM_NAME: usize = 100;

/// An endpoint profile.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProfileView {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// Counts the changes.
    pub(crate) revision: u64,
    /// What agents do when the certificate of this server is not valid: `allow`, `warn` or `deny`.
    #[schema(value_type = String)]
    pub(crate) invalid_certificate_action: InvalidCertificateAction,
    pub(crate) heartbeat_seconds: u32,
    pub(crate) remember: Remember,
    /// Whether agents connect directly when no proxy lets them through: `none` (they do not) or `direct`.
    #[schema(value_type = String)]
    pub(crate) proxy_fallback: ProxyFallback,
    /// Whether new endpoints get it.
    pub(crate) is_default: bool,
}

/// What a profile says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProfileContent {
    pub(crate) name: String,
    /// `allow`, `warn` or `deny`.
    #[schema(value_type = String)]
    pub(crate) invalid_certificate_action: InvalidCertificateAction,
    pub(crate) heartbeat_seconds: u32,
    pub(crate) remember: Remember,
    /// `none` or `direct`.
    #[schema(value_type = String)]
    pub(crate) proxy_fallback: ProxyFallback,
}

impl From<EndpointProfile> for ProfileContent {
    fn from(document: EndpointProfile) -> Self {
        Self {
            name: document.name,
            invalid_certificate_action: document.invalid_certificate_action,
            heartbeat_seconds: document.heartbeat_seconds,
            remember: document.remember.into(),
            proxy_fallback: document.proxy_fallback,
        }
    }
}

/// For how long people may allow a certificate that is not valid, where they decide.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Remember {
    /// The longest time: `until_changed` (until the server shows another certificate), `days` or `session` (until the
    /// app ends). A shorter one than before counts for what was allowed before as well.
    #[schema(value_type = String)]
    pub(crate) longest: RememberLimit,
    /// The number of days that is offered, 1 to 3650; with `days` also the longest time.
    pub(crate) days: u16,
}

impl Default for Remember {
    fn default() -> Self {
        RememberOptions::default().into()
    }
}

impl From<RememberOptions> for Remember {
    fn from(options: RememberOptions) -> Self {
        Self { longest: options.longest, days: options.days.get() }
    }
}

impl Remember {
    fn check(&self) -> Result<RememberOptions, Problem> {
        match NonZeroU16::new(self.days) {
            Some(days) if days <= RememberOptions::MAXIMUM_DAYS => {
                Ok(RememberOptions { longest: self.longest, days })
            }
            Some(_) | None => Err(Problem::unprocessable(format!(
                "“remember.days” must be 1 to {}.",
                RememberOptions::MAXIMUM_DAYS
            ))),
        }
    }
}

/// What an administrator decides in a profile.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProfileInput {
    /// Up to 100 characters; each name occurs once.
    pub(crate) name: String,
    /// `allow`, `warn` or `deny`.
    #[schema(value_type = String)]
    pub(crate) invalid_certificate_action: InvalidCertificateAction,
    /// Seconds between two heartbeats, 5 to 3600.
    #[serde(default = "default_heartbeat")]
    pub(crate) heartbeat_seconds: u32,
    #[serde(default)]
    pub(crate) remember: Remember,
    /// `none` or `direct`.
    #[serde(default)]
    #[schema(value_type = String)]
    pub(crate) proxy_fallback: ProxyFallback,
}

impl From<ProfileView> for ProfileInput {
    fn from(profile: ProfileView) -> Self {
        Self {
            name: profile.name,
            invalid_certificate_action: profile.invalid_certificate_action,
            heartbeat_seconds: profile.heartbeat_seconds,
            remember: profile.remember,
            proxy_fallback: profile.proxy_fallback,
        }
    }
}

/// An action for several profiles.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionInput {
    pub(crate) profiles: Vec<Uuid>,
    /// `allow`, `warn` or `deny`.
    #[schema(value_type = String)]
    pub(crate) invalid_certificate_action: InvalidCertificateAction,
}

/// How many profiles have another action now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActionsChanged {
    pub(crate) profiles: u64,
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
            remember: document.remember.into(),
            proxy_fallback: document.proxy_fallback,
            is_default: profile.is_default,
        }
    }
}

impl ProfileInput {
    /// With what a new profile begins.
    pub(crate) fn named(name: String) -> Self {
        Self {
            name,
            invalid_certificate_action: InvalidCertificateAction::default(),
            heartbeat_seconds: default_heartbeat(),
            remember: Remember::default(),
            proxy_fallback: ProxyFallback::default(),
        }
    }

    pub(super) fn check(self) -> Result<ProfileChange, Problem> {
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
            remember: self.remember.check()?,
            proxy_fallback: self.proxy_fallback,
        })
    }
}

pub(super) fn detail(change: &ProfileChange) -> serde_json::Value {
    json!({
        "name": change.name,
        "invalid_certificate_action": change.invalid_certificate_action,
        "heartbeat_seconds": change.heartbeat_seconds,
        "remember": change.remember,
        "proxy_fallback": change.proxy_fallback,
    })
}

/// Stands for all profiles as they are.
pub(crate) fn tag_of_views(profiles: &[ProfileView]) -> String {
    let ids: Vec<(String, u64)> =
        profiles.iter().map(|profile| (profile.id.to_string(), profile.revision)).collect();
    tag_of_profiles(ids.iter().map(|(id, revision)| (id.as_str(), *revision)))
}

impl Administration {
    /// All endpoint profiles, by name.
    pub(crate) async fn profiles(&self, caller: &Caller) -> Result<Vec<ProfileView>, Problem> {
        caller.needs_within(Scope::ProfilesRead, Permission::View)?;
        let profiles = self.telemetry.store.profiles().await?;
        Ok(profiles.into_iter().map(ProfileView::from).collect())
    }

    /// One endpoint profile.
    pub(crate) async fn profile(&self, caller: &Caller, id: Uuid) -> Result<ProfileView, Problem> {
        caller.needs_within(Scope::ProfilesRead, Permission::View)?;
        Ok(self.telemetry.store.profile(id).await?.into())
    }

    /// Makes an endpoint profile.
    pub(crate) async fn create_profile(
        &self,
        caller: &Caller,
        input: ProfileInput,
    ) -> Result<ProfileView, Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let content = input.check()?;
        let id = Uuid::now_v7();
        let change = caller.change(self.now(), "profile.created", id.to_string(), detail(&content));
        Ok(self.telemetry.store.create_profile(id, &content, change).await?.into())
    }

    /// Changes an endpoint profile. Connected endpoints get it at once. With an expected revision, only if nobody else has
    /// changed the profile since.
    pub(crate) async fn change_profile(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
        input: ProfileInput,
    ) -> Result<WithWarnings<ProfileView>, Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let content = input.check()?;
        let change = caller.change(self.now(), "profile.changed", id.to_string(), detail(&content));
        let profile = self.telemetry.store.change_profile(id, expected, &content, change).await?;
        let untold = self.telemetry.store.untold();
        // Before the agents hear of it: it is said how many are connected.
        let warnings = self.warn_of_profile(&profile.document, Concerned::Profiles(vec![id])).await;
        self.telemetry.presence.wake_all(&Wake::Profile);
        untold.told();
        Ok(WithWarnings::new(profile.into(), warnings))
    }

    /// Makes another profile with the same content, under a name that is free.
    pub(crate) async fn clone_profile(&self, caller: &Caller, id: Uuid) -> Result<ProfileView, Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let mut input = ProfileInput::from(self.profile(caller, id).await?);
        let names: Vec<String> =
            self.profiles(caller).await?.into_iter().map(|profile| profile.name).collect();
        let shortened: String = input.name.chars().take(MAXIMUM_NAME - 12).collect();
        let free = (1..=names.len() + 1)
            .map(|number| match number {
                1 => format!("{shortened} (copy)"),
                _ => format!("{shortened} (copy {number})"),
            })
            .find(|name| !names.contains(name));
        input.name = free.unwrap_or(shortened);
        self.create_profile(caller, input).await
    }

    /// Gives several profiles the same action, all of them or none. With an expected tag, only if all profiles are as they were. Says
    /// how many have changed.
    pub(crate) async fn change_actions(
        &self,
        caller: &Caller,
        ids: &[Uuid],
        action: InvalidCertificateAction,
        expected: Option<&str>,
    ) -> Result<WithWarnings<ActionsChanged>, Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        if ids.is_empty() {
            return Err(Problem::unprocessable("Choose at least one profile."));
        }
        let change = |id: Uuid| {
            let detail = json!({"invalid_certificate_action": action});
            caller.change(self.now(), "profile.changed", id.to_string(), detail)
        };
        let store = &self.telemetry.store;
        let changed = store.change_actions(ids, action, expected, change).await?;
        let untold = store.untold();
        let warnings = match changed.first() {
            Some(first) => self.warn_of_profile(&first.document, Concerned::Profiles(ids.to_vec())).await,
            None => Vec::new(),
        };
        self.telemetry.presence.wake_all(&Wake::Profile);
        untold.told();
        Ok(WithWarnings::new(ActionsChanged { profiles: changed.len() as u64 }, warnings))
    }

    /// Removes an endpoint profile. Not possible for the default one, and while endpoints have it. With an expected revision, only if
    /// nobody else has changed it since.
    pub(crate) async fn remove_profile(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
    ) -> Result<(), Problem> {
        caller.needs_within(Scope::ProfilesManage, Permission::Administer)?;
        let change = caller.change(self.now(), "profile.removed", id.to_string(), json!({}));
        Ok(self.telemetry.store.remove_profile(id, expected, change).await?)
    }
}
