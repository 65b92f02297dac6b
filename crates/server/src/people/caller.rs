//! Who asks for something.

use serde_json::Value;
use time::OffsetDateTime;

use super::role::{Permission, Role};
use crate::problem::Problem;
use crate::store::{Actor, Change};

/// Whoever was let in, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Caller {
    /// Who stands in the audit.
    pub(crate) actor: Actor,
    /// What they may do.
    pub(crate) role: Role,
}

impl Caller {
    /// Refuses what the role does not permit.
    pub(crate) fn needs(&self, permission: Permission) -> Result<(), Problem> {
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
