//! Signing in with a name, a password and, for whoever has set that up, a one-time password.

use std::net::IpAddr;

use countersign_protocol::Secret;
use serde_json::json;
use thiserror::Error;
use time::OffsetDateTime;

use super::name::AdministratorName;
use super::openid_connect::{Answer, AtProvider, Attempt, OpenIdConnect, OpenIdConnectError};
use super::password::{PasswordHashError, PasswordMatch, Passwords};
use crate::places::origin;
use crate::store::{Actor, Administrator, Change, SessionLimits, StepUse, Store, StoreError};

/// What somebody typed.
#[derive(Debug)]
pub(crate) struct Credentials {
    pub(crate) name: String,
    pub(crate) password: Secret,
    /// Empty for whoever has not set up one-time passwords.
    pub(crate) one_time_password: String,
}

/// Why somebody was not let in. Does not tell which of the three was wrong.
#[derive(Debug, Error)]
pub(crate) enum SignInError {
    /// Name, password or one-time password are wrong, or the account is switched off.
    #[error(
        "Name, password or one-time password are not right. A one-time password can be used once; wait for the next one."
    )]
    Wrong,
    /// The password is right, and a one-time password is needed.
    #[error(
        "This account needs a one-time password as well. Type the six digits that your authenticator app shows."
    )]
    NeedsOneTimePassword,
    /// It failed too often.
    #[error("Signing in has failed too often. It is possible again in {}.", waiting(*seconds))]
    Locked {
        /// How long to wait.
        seconds: i64,
    },
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password could not be looked at.
    #[error(transparent)]
    Hash(#[from] PasswordHashError),
}

pub(super) fn waiting(seconds: i64) -> String {
    match seconds {
        ..=1 => "1 second".to_owned(),
        2..=119 => format!("{seconds} seconds"),
        _ => format!("{} minutes", (seconds + 59) / 60),
    }
}

/// Lets somebody in, and begins their session.
pub(crate) async fn sign_in(
    store: &Store,
    passwords: &Passwords,
    credentials: Credentials,
    peer: IpAddr,
    now: OffsetDateTime,
) -> Result<Secret, SignInError> {
    let Ok(name) = AdministratorName::new(&credentials.name) else { return Err(SignInError::Wrong) };
    let origin = origin(peer).to_string();
    if let Some(until) = store.locked_until(&name, &origin, now).await? {
        return Err(SignInError::Locked { seconds: (until - now).whole_seconds().max(1) });
    }
    store.count_sign_in(&name, &origin, now).await?;
    let found = store.administrator_named(&name).await?;
    let kept = found.as_ref().and_then(|administrator| administrator.password.clone());
    let matched = passwords.compare(credentials.password, kept).await?;
    let Some(administrator) = found.filter(|found| matched == PasswordMatch::Right && found.enabled) else {
        tracing::warn!(%name, %peer, "signing in failed");
        return Err(SignInError::Wrong);
    };
    check_one_time(store, &administrator, &credentials.one_time_password, now).await.inspect_err(|_| {
        tracing::warn!(%name, %peer, "signing in failed at the one-time password");
    })?;
    store.forget_failures(&name, &origin).await?;
    let change = Change {
        actor: Actor::Person(administrator.name.to_string()),
        at: now,
        action: "administrator.signed_in",
        subject: administrator.id.to_string(),
        detail: json!({"from": peer.to_string()}),
    };
    Ok(store.begin_session(administrator.id, SessionLimits::IN_FORCE, change).await?)
}

/// Lets somebody in whom the provider has sent back, and begins their session. Their account is made the first time.
pub(crate) async fn sign_in_at_provider(
    store: &Store,
    provider: &OpenIdConnect,
    attempt: &Attempt,
    answer: Answer,
    peer: IpAddr,
    now: OffsetDateTime,
) -> Result<Secret, OpenIdConnectError> {
    let (identity, name, role) = match provider.finish(attempt, answer, peer).await? {
        AtProvider::WithRole { identity, name, role } => (identity, name, role),
        AtProvider::WithoutRole(identity) => {
            store.end_sessions_without_role(&identity, now).await?;
            return Err(OpenIdConnectError::NoRole);
        }
    };
    let administrator = store.account_at_provider(&identity, &name, role, now).await?;
    if !administrator.enabled {
        return Err(OpenIdConnectError::Disabled);
    }
    let change = Change {
        actor: Actor::Person(administrator.name.to_string()),
        at: now,
        action: "administrator.signed_in",
        subject: administrator.id.to_string(),
        detail: json!({"from": peer.to_string(), "at": identity.issuer}),
    };
    Ok(store.begin_session(administrator.id, SessionLimits::IN_FORCE, change).await?)
}

async fn check_one_time(
    store: &Store,
    administrator: &Administrator,
    password: &str,
    now: OffsetDateTime,
) -> Result<(), SignInError> {
    let Some(secret) = &administrator.one_time else { return Ok(()) };
    if password.trim().is_empty() {
        return Err(SignInError::NeedsOneTimePassword);
    }
    let step = secret.step_of(password, now).filter(|step| *step > administrator.one_time_step);
    let Some(step) = step else { return Err(SignInError::Wrong) };
    match store.use_one_time_step(administrator.id, step).await? {
        StepUse::First => Ok(()),
        StepUse::UsedUp => Err(SignInError::Wrong),
    }
}
