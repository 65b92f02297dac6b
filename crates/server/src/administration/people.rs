//! Accounts of administrators.

use countersign_protocol::Secret;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Administration;
use crate::people::{
    AdministratorName, Caller, LinkStanding, NewPassword, OneTimeSecret, PasswordHash, PasswordMatch,
    Permission, Role, Scope,
};
use crate::problem::Problem;
use crate::store::{AccountChange, Actor, Administrator, Change, NewAdministrator};

/// An administrator, without anything secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdministratorView {
    pub(crate) id: Uuid,
    /// Counts the changes.
    pub(crate) revision: u64,
    pub(crate) name: String,
    /// The provider of OpenID Connect at which they sign in; none when they sign in here, with a password.
    pub(crate) provider: Option<String>,
    pub(crate) role: Role,
    /// Whether they can sign in.
    pub(crate) enabled: bool,
    /// Whether they need a one-time password to sign in.
    pub(crate) one_time_passwords: bool,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) signed_in_at: Option<OffsetDateTime>,
}

/// Somebody who is to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdministratorInput {
    /// 1 to 64 letters, digits and `. - _ @ +`.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// 12 to 256 characters.
    pub(crate) password: String,
}

/// What is to be different about somebody. What is left out stays.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AdministratorChange {
    pub(crate) role: Option<Role>,
    /// Without it they cannot sign in.
    pub(crate) enabled: Option<bool>,
    /// A new password, for somebody who has forgotten theirs.
    pub(crate) password: Option<String>,
}

impl From<Administrator> for AdministratorView {
    fn from(administrator: Administrator) -> Self {
        Self {
            id: administrator.id,
            revision: administrator.revision,
            name: administrator.name.to_string(),
            provider: administrator.provider.map(|provider| provider.issuer),
            role: administrator.role,
            enabled: administrator.enabled,
            one_time_passwords: administrator.one_time.is_some(),
            created_at: administrator.created_at,
            signed_in_at: administrator.signed_in_at,
        }
    }
}

impl Administration {
    /// Makes the account of the first administrator, for whoever holds the set-up link.
    pub(crate) async fn set_up(&self, link: &str, name: &str, password: Secret) -> Result<(), Problem> {
        self.check_set_up_link(link)?;
        let name = checked_name(name)?;
        let hash = self.hash(password, &name).await?;
        let new = NewAdministrator { name, role: Role::Administrator, password: hash };
        let change = |id: Uuid| Change {
            actor: Actor::Person(new.name.to_string()),
            at: self.now(),
            action: "administrator.created",
            subject: id.to_string(),
            detail: json!({"name": new.name.as_str(), "role": new.role, "by": "set-up link"}),
        };
        self.telemetry.store.add_first_administrator(&new, change).await?;
        self.set_up_link.end();
        Ok(())
    }

    /// Refuses a set-up link that is over.
    pub(crate) fn check_set_up_link(&self, link: &str) -> Result<(), Problem> {
        match self.set_up_link.standing(link) {
            LinkStanding::Good => Ok(()),
            LinkStanding::Over => Err(Problem::not_found(
                "This set-up link is over. It was used already, or the server was started again since; a server without \
                 administrators shows a new link at each start.",
            )),
        }
    }

    /// Everybody, by name.
    pub(crate) async fn administrators(&self, caller: &Caller) -> Result<Vec<AdministratorView>, Problem> {
        caller.needs_within(Scope::PeopleRead, Permission::Administer)?;
        let found = self.telemetry.store.administrators().await?;
        Ok(found.into_iter().map(AdministratorView::from).collect())
    }

    /// Somebody.
    pub(crate) async fn administrator(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> Result<AdministratorView, Problem> {
        caller.needs_within(Scope::PeopleRead, Permission::Administer)?;
        Ok(self.telemetry.store.administrator(id).await?.into())
    }

    /// Adds somebody.
    pub(crate) async fn add_administrator(
        &self,
        caller: &Caller,
        input: AdministratorInput,
    ) -> Result<AdministratorView, Problem> {
        caller.needs(Permission::Administer)?;
        let name = checked_name(&input.name)?;
        let password = self.hash(Secret::new(input.password), &name).await?;
        let new = NewAdministrator { name, role: input.role, password };
        let change = |id: Uuid| {
            let detail = json!({"name": new.name.as_str(), "role": new.role});
            caller.change(self.now(), "administrator.created", id.to_string(), detail)
        };
        let id = self.telemetry.store.add_administrator(&new, change).await?;
        Ok(self.telemetry.store.administrator(id).await?.into())
    }

    /// Changes somebody's role, whether they can sign in, or their password: all of it or nothing. With an expected revision, only
    /// if nobody else has changed the account since.
    pub(crate) async fn change_administrator(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
        input: AdministratorChange,
    ) -> Result<AdministratorView, Problem> {
        caller.needs(Permission::Administer)?;
        let store = &self.telemetry.store;
        let found = store.administrator(id).await?;
        if let Some(provider) =
            found.provider.as_ref().filter(|_| input.role.is_some() || input.password.is_some())
        {
            return Err(Problem::conflict(format!(
                "{} signs in at {}: there is no password here, and the role follows from what the provider says at each sign-in. \
                 Change it there, or do not let the account sign in.",
                found.name, provider.issuer
            )));
        }
        let mut changes = Vec::new();
        if let Some(role) = input.role.filter(|role| *role != found.role) {
            changes.push((AccountChange::Role(role), "administrator.role_changed", json!({"role": role})));
        }
        if let Some(enabled) = input.enabled.filter(|enabled| *enabled != found.enabled) {
            let action = if enabled { "administrator.enabled" } else { "administrator.disabled" };
            changes.push((AccountChange::Enabled(enabled), action, json!({})));
        }
        if let Some(password) = input.password {
            let hash = self.hash(Secret::new(password), &found.name).await?;
            changes.push((AccountChange::Password(hash), "administrator.password_changed", json!({})));
        }
        let recorded = changes.into_iter().map(|(account, action, mut detail)| {
            detail["name"] = found.name.as_str().into();
            (account, caller.change(self.now(), action, id.to_string(), detail))
        });
        Ok(store.change_administrator(id, expected, recorded.collect()).await?.into())
    }

    /// Lets somebody who has lost their authenticator app sign in with the password alone again.
    pub(crate) async fn reset_one_time_passwords(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
    ) -> Result<(), Problem> {
        caller.needs(Permission::Administer)?;
        let found = self.telemetry.store.administrator(id).await?;
        let detail = json!({"name": found.name.as_str()});
        let change =
            caller.change(self.now(), "administrator.one_time_passwords_off", id.to_string(), detail);
        let changes = vec![(AccountChange::OneTime(None), change)];
        self.telemetry.store.change_administrator(id, expected, changes).await?;
        Ok(())
    }

    /// Removes somebody.
    pub(crate) async fn remove_administrator(
        &self,
        caller: &Caller,
        id: Uuid,
        expected: Option<u64>,
    ) -> Result<(), Problem> {
        caller.needs(Permission::Administer)?;
        let found = self.telemetry.store.administrator(id).await?;
        let detail = json!({"name": found.name.as_str()});
        let change = caller.change(self.now(), "administrator.removed", id.to_string(), detail);
        Ok(self.telemetry.store.remove_administrator(id, expected, change).await?)
    }

    /// Changes one's own password. All of one's sessions end.
    pub(crate) async fn change_own_password(
        &self,
        caller: &Caller,
        person: &Administrator,
        old: Secret,
        new: Secret,
    ) -> Result<(), Problem> {
        self.check_own_password(person, old).await?;
        let hash = self.hash(new, &person.name).await?;
        let detail = json!({"name": person.name.as_str()});
        let change =
            caller.change(self.now(), "administrator.password_changed", person.id.to_string(), detail);
        self.change_own(person, AccountChange::Password(hash), change).await
    }

    /// Needs one-time passwords from this secret on to sign in, after one of them has shown that the app has it. All of
    /// one's sessions end.
    pub(crate) async fn begin_one_time_passwords(
        &self,
        caller: &Caller,
        person: &Administrator,
        old: Secret,
        secret: &Secret,
        password: &str,
    ) -> Result<(), Problem> {
        self.check_own_password(person, old).await?;
        let secret =
            OneTimeSecret::from_kept(secret).map_err(|error| Problem::unprocessable(error.to_string()))?;
        let Some(step) = secret.step_of(password, self.now()) else {
            return Err(Problem::unprocessable(
                "This one-time password is not right. Check that the clocks of this server and of your phone are right, \
                 and type the six digits that the app shows now.",
            ));
        };
        let detail = json!({"name": person.name.as_str()});
        let change =
            caller.change(self.now(), "administrator.one_time_passwords_on", person.id.to_string(), detail);
        let account = AccountChange::OneTime(Some((secret, step)));
        self.change_own(person, account, change).await
    }

    async fn change_own(
        &self,
        person: &Administrator,
        account: AccountChange,
        change: Change,
    ) -> Result<(), Problem> {
        self.telemetry.store.change_administrator(person.id, None, vec![(account, change)]).await?;
        Ok(())
    }

    async fn check_own_password(&self, person: &Administrator, password: Secret) -> Result<(), Problem> {
        if let Some(provider) = &person.provider {
            return Err(Problem::conflict(format!(
                "You sign in at {}, so that there is no password of yours here. Change it there.",
                provider.issuer
            )));
        }
        let matched = self.passwords.compare(password, person.password.clone()).await;
        match matched.map_err(|error| Problem::failed(&error))? {
            PasswordMatch::Right => Ok(()),
            PasswordMatch::Wrong => Err(Problem::unprocessable("Your present password is not right.")),
        }
    }

    async fn hash(&self, password: Secret, name: &AdministratorName) -> Result<PasswordHash, Problem> {
        let password =
            NewPassword::new(password, name).map_err(|error| Problem::unprocessable(error.to_string()))?;
        self.passwords.hash(password).await.map_err(|error| Problem::failed(&error))
    }
}

fn checked_name(name: &str) -> Result<AdministratorName, Problem> {
    AdministratorName::new(name).map_err(|error| Problem::unprocessable(error.to_string()))
}
