//! What an administrator may do.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Sees everything but secrets, and changes nothing.
    ReadOnly,
    /// Also works with endpoints: commands, groups, which profile an endpoint has.
    Operator,
    /// Also decides what holds for all: profiles, certificates, settings, people.
    Administrator,
}

/// What something needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Permission {
    /// To look.
    View,
    /// To work with endpoints.
    Operate,
    /// To decide what holds for all.
    Administer,
}

impl Role {
    /// All of them, the one that may least first.
    pub(crate) const ALL: [Self; 3] = [Self::ReadOnly, Self::Operator, Self::Administrator];

    /// Whether the role has a permission.
    pub(crate) fn has(self, permission: Permission) -> bool {
        let needed = match permission {
            Permission::View => Self::ReadOnly,
            Permission::Operate => Self::Operator,
            Permission::Administer => Self::Administrator,
        };
        self >= needed
    }

    /// The word that stands for it in documents and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ReadOnly => "read_only",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The role that a word stands for.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ReadOnly => "Read only",
            Self::Operator => "Operator",
            Self::Administrator => "Administrator",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_lesser_may() {
        use Permission::{Administer, Operate, View};
        for (role, expected) in [
            (Role::ReadOnly, [true, false, false]),
            (Role::Operator, [true, true, false]),
            (Role::Administrator, [true, true, true]),
        ] {
            assert_eq!(
                [View, Operate, Administer].map(|permission| role.has(permission)),
                expected,
                "{role}"
            );
            assert_eq!(Role::of_code(role.code()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.code());
        }
        assert_eq!(Role::of_code("root"), None);
    }
}
