//! What follows from the claims of somebody's ID token: their role, and what they are called here.

use openidconnect::AdditionalClaims;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::configuration::RoleClaims;
use crate::people::{AdministratorName, Role};

/// All claims beyond those that OpenID Connect knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct FurtherClaims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for FurtherClaims {}

impl FurtherClaims {
    /// The claim of this name. With dots in it, the name is a path: some providers keep what somebody may do in an object.
    fn find(&self, name: &str) -> Option<&Value> {
        self.all.get(name).or_else(|| {
            let (first, rest) = name.split_once('.')?;
            rest.split('.').try_fold(self.all.get(first)?, |value, part| value.get(part))
        })
    }

    /// The highest role that the claims give; none when they give none.
    pub(super) fn role(&self, rules: &RoleClaims) -> Option<Role> {
        let claimed: Vec<&str> = match self.find(&rules.claim)? {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
        };
        let gives = |role: &Role| rules.of(*role).iter().any(|value| claimed.contains(&value.as_str()));
        Role::ALL.into_iter().rev().find(gives)
    }
}

/// What somebody is called here: the first of these that can be a name.
pub(super) fn name<'claim>(
    claimed: impl IntoIterator<Item = Option<&'claim str>>,
) -> Option<AdministratorName> {
    claimed.into_iter().flatten().find_map(AdministratorName::from_elsewhere)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_highest_role_that_is_claimed_counts() {
        let rules = |claim: &str| RoleClaims {
            claim: claim.to_owned(),
            administrator: vec!["admins".to_owned()],
            operator: vec!["desk".to_owned(), "night".to_owned()],
            read_only: vec!["all".to_owned()],
        };
        for (claim, claims, expected) in [
            ("groups", json!({"groups": ["all", "admins"]}), Some(Role::Administrator)),
            ("groups", json!({"groups": ["night", "all", "other"]}), Some(Role::Operator)),
            ("groups", json!({"groups": "all"}), Some(Role::ReadOnly)),
            ("groups", json!({"groups": "admins all"}), None),
            ("groups", json!({"groups": ["Admins", "administrator"]}), None),
            ("groups", json!({"groups": [{"name": "admins"}, 1, null]}), None),
            ("groups", json!({"groups": null}), None),
            ("groups", json!({}), None),
            ("realm.roles", json!({"realm": {"roles": ["desk"]}}), Some(Role::Operator)),
            ("realm.roles", json!({"realm.roles": ["all"]}), Some(Role::ReadOnly)),
            ("realm.roles", json!({"realm": ["desk"]}), None),
        ] {
            let found: FurtherClaims = serde_json::from_value(claims.clone()).unwrap();
            assert_eq!(found.role(&rules(claim)), expected, "{claims}");
        }
    }

    #[test]
    fn the_first_that_can_be_a_name_is_the_name() {
        let found = name([None, Some(" "), Some("Anna Berg"), Some("later")]).unwrap();
        assert_eq!(found.as_str(), "AnnaBerg");
        assert!(name([None, Some("")]).is_none());
    }
}
