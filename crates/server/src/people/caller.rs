//! Who asks for something.

use serde_json::Value;
use time::OffsetDateTime;

use super::role::{Permission, Role};
use super::scope::{Reach, Scope};
use crate::problem::Problem;
use crate::store::{Actor, Change};

/// Whoever was let in, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Who stands in the audit.
    pub(crate) actor: Actor,
    /// What they may do.
    pub(crate) role: Role,
    /// How much of it.
    pub(crate) reach: Reach,
}

impl Caller {
    /// Refuses what the role does not permit, and whoever is limited to scopes: what names no scope is in none of them.
    pub(crate) fn needs(&self, permission: Permission) -> Result<(), Problem> {
        self.has(permission)?;
        match self.reach {
            Reach::Everything => Ok(()),
            Reach::Only(_) => Err(Problem::forbidden(
                "This API token is limited to scopes, and none permits this. Use a token without scopes, or sign in to the console.",
            )),
        }
    }

    /// Refuses what the role does not permit, and what is not in the scopes of whoever is limited to some.
    pub(crate) fn needs_within(&self, scope: Scope, permission: Permission) -> Result<(), Problem> {
        self.has(permission)?;
        if self.reach.includes(scope) {
            return Ok(());
        }
        Err(Problem::forbidden(format!(
            "This API token is limited to scopes, and “{scope}” is not among them. Use a token that has this scope."
        )))
    }

    fn has(&self, permission: Permission) -> Result<(), Problem> {
        if self.role.has(permission) {
            return Ok(());
        }
        Err(Problem::forbidden(format!(
            "The role “{}” does not permit this. Ask an administrator to do it, or to give you a role that permits it.",
            self.role
        )))
    }

    /// A change by the caller, for the audit.
    pub(crate) fn change(
        &self,
        at: OffsetDateTime,
        action: &'static str,
        subject: impl Into<String>,
        detail: Value,
    ) -> Change {
        Change { actor: self.actor.clone(), at, action, subject: subject.into(), detail }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_names_no_scope_is_refused_to_whoever_is_limited() {
        let caller = |role, reach| Caller { actor: Actor::Server, role, reach };
        let all = Reach::Only(BTreeSet::from(Scope::ALL));
        assert!(caller(Role::Administrator, Reach::Everything).needs(Permission::Administer).is_ok());
        let limited = caller(Role::Administrator, all);
        assert!(limited.needs(Permission::View).is_err());
        for scope in Scope::ALL {
            assert!(limited.needs_within(scope, Permission::Administer).is_ok(), "{scope}");
        }
        // A scope gives nobody what their role does not permit.
        let reader = caller(Role::ReadOnly, Reach::Only(BTreeSet::from([Scope::ProfilesManage])));
        assert!(reader.needs_within(Scope::ProfilesRead, Permission::View).is_ok());
        let refused = reader.needs_within(Scope::ProfilesManage, Permission::Administer).unwrap_err();
        assert!(refused.detail().contains("The role “Read only”"), "{}", refused.detail());
        let refused = reader.needs_within(Scope::AuditRead, Permission::View).unwrap_err();
        assert!(refused.detail().contains("“audit:read”"), "{}", refused.detail());
    }
}
