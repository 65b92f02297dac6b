//! What an API token may be limited to, so that a program can do no more than it was made for.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of what there is to do. What changes things includes looking at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub(crate) enum Scope {
    /// Endpoints, their commands, what people decided there, and the overview.
    #[serde(rename = "endpoints:read")]
    EndpointsRead,
    /// Remove and move endpoints, and give them a profile.
    #[serde(rename = "endpoints:manage")]
    EndpointsManage,
    /// Give commands, and revoke what people allowed.
    #[serde(rename = "commands:give")]
    CommandsGive,
    /// Endpoint groups and the commands to them.
    #[serde(rename = "groups:read")]
    GroupsRead,
    /// Make, change and remove endpoint groups, and give them a profile.
    #[serde(rename = "groups:manage")]
    GroupsManage,
    /// Endpoint profiles and their versions.
    #[serde(rename = "profiles:read")]
    ProfilesRead,
    /// Make, change and remove endpoint profiles.
    #[serde(rename = "profiles:manage")]
    ProfilesManage,
    /// The certificates of this server.
    #[serde(rename = "certificates:read")]
    CertificatesRead,
    /// Upload and remove the SSL certificate.
    #[serde(rename = "certificates:manage")]
    CertificatesManage,
    /// Which enrolment tokens there are.
    #[serde(rename = "enrolment_tokens:read")]
    EnrolmentTokensRead,
    /// Make and revoke enrolment tokens.
    #[serde(rename = "enrolment_tokens:manage")]
    EnrolmentTokensManage,
    /// Which administrators there are. No scope permits to change them: whoever makes an account can sign in with it and is not
    /// limited any more.
    #[serde(rename = "people:read")]
    PeopleRead,
    /// Which API tokens there are.
    #[serde(rename = "api_tokens:read")]
    ApiTokensRead,
    /// Revoke API tokens, and make such as are limited to no more than whoever makes them.
    #[serde(rename = "api_tokens:manage")]
    ApiTokensManage,
    /// The settings, the licence and the identity of the server.
    #[serde(rename = "settings:read")]
    SettingsRead,
    /// Change the settings and the licence.
    #[serde(rename = "settings:manage")]
    SettingsManage,
    /// What administrators have changed.
    #[serde(rename = "audit:read")]
    AuditRead,
    /// Figures for monitoring.
    #[serde(rename = "metrics:read")]
    MetricsRead,
}

impl Scope {
    /// All of them, in the order in which they are offered.
    pub(crate) const ALL: [Self; 18] = [
        Self::EndpointsRead,
        Self::EndpointsManage,
        Self::CommandsGive,
        Self::GroupsRead,
        Self::GroupsManage,
        Self::ProfilesRead,
        Self::ProfilesManage,
        Self::CertificatesRead,
        Self::CertificatesManage,
        Self::EnrolmentTokensRead,
        Self::EnrolmentTokensManage,
        Self::PeopleRead,
        Self::ApiTokensRead,
        Self::ApiTokensManage,
        Self::SettingsRead,
        Self::SettingsManage,
        Self::AuditRead,
        Self::MetricsRead,
    ];

    /// The word that stands for it in documents and in the database.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::EndpointsRead => "endpoints:read",
            Self::EndpointsManage => "endpoints:manage",
            Self::CommandsGive => "commands:give",
            Self::GroupsRead => "groups:read",
            Self::GroupsManage => "groups:manage",
            Self::ProfilesRead => "profiles:read",
            Self::ProfilesManage => "profiles:manage",
            Self::CertificatesRead => "certificates:read",
            Self::CertificatesManage => "certificates:manage",
            Self::EnrolmentTokensRead => "enrolment_tokens:read",
            Self::EnrolmentTokensManage => "enrolment_tokens:manage",
            Self::PeopleRead => "people:read",
            Self::ApiTokensRead => "api_tokens:read",
            Self::ApiTokensManage => "api_tokens:manage",
            Self::SettingsRead => "settings:read",
            Self::SettingsManage => "settings:manage",
            Self::AuditRead => "audit:read",
            Self::MetricsRead => "metrics:read",
        }
    }

    /// What it permits, for whoever chooses.
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::EndpointsRead => {
                "See endpoints, their commands, what people decided there, and the overview."
            }
            Self::EndpointsManage => "Remove and move endpoints, and give them a profile.",
            Self::CommandsGive => "Give commands, and revoke what people allowed.",
            Self::GroupsRead => "See endpoint groups and the commands to them.",
            Self::GroupsManage => "Make, change and remove endpoint groups, and give them a profile.",
            Self::ProfilesRead => "See endpoint profiles and their versions.",
            Self::ProfilesManage => "Make, change and remove endpoint profiles.",
            Self::CertificatesRead => "See the certificates of this server.",
            Self::CertificatesManage => "Upload and remove the SSL certificate.",
            Self::EnrolmentTokensRead => "See which enrolment tokens there are.",
            Self::EnrolmentTokensManage => "Make and revoke enrolment tokens.",
            Self::PeopleRead => "See which administrators there are.",
            Self::ApiTokensRead => "See which API tokens there are.",
            Self::ApiTokensManage => {
                "Revoke API tokens, and make such as are limited to no more than this one."
            }
            Self::SettingsRead => "See the settings, the licence and the identity of the server.",
            Self::SettingsManage => "Change the settings and the licence.",
            Self::AuditRead => "See what administrators have changed.",
            Self::MetricsRead => "See figures for monitoring.",
        }
    }

    /// The scope that a word stands for.
    pub(crate) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.code() == code)
    }

    /// Whether whoever has this scope may do what needs another one.
    fn includes(self, needed: Self) -> bool {
        let looks = match self {
            Self::EndpointsManage => Some(Self::EndpointsRead),
            Self::GroupsManage => Some(Self::GroupsRead),
            Self::ProfilesManage => Some(Self::ProfilesRead),
            Self::CertificatesManage => Some(Self::CertificatesRead),
            Self::EnrolmentTokensManage => Some(Self::EnrolmentTokensRead),
            Self::ApiTokensManage => Some(Self::ApiTokensRead),
            Self::SettingsManage => Some(Self::SettingsRead),
            Self::EndpointsRead
            | Self::CommandsGive
            | Self::GroupsRead
            | Self::ProfilesRead
            | Self::CertificatesRead
            | Self::EnrolmentTokensRead
            | Self::PeopleRead
            | Self::ApiTokensRead
            | Self::SettingsRead
            | Self::AuditRead
            | Self::MetricsRead => None,
        };
        self == needed || looks == Some(needed)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.code())
    }
}

/// How much of what a role permits is possible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of it.
    Everything,
    /// Only what is in these scopes.
    Only(BTreeSet<Scope>),
}

impl Reach {
    /// Whether what needs a scope is possible.
    pub(crate) fn includes(&self, needed: Scope) -> bool {
        match self {
            Self::Everything => true,
            Self::Only(scopes) => scopes.iter().any(|scope| scope.includes(needed)),
        }
    }

    /// Whether nothing is possible with the other that is not possible with this one.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Only(_), Self::Everything) => false,
            (Self::Only(_), Self::Only(scopes)) => scopes.iter().all(|scope| self.includes(*scope)),
        }
    }

    /// As the database keeps it: the codes with spaces between them; none when there is no limit.
    pub(crate) fn to_keep(&self) -> Option<String> {
        match self {
            Self::Everything => None,
            Self::Only(scopes) => Some(scopes.iter().map(|scope| scope.code()).collect::<Vec<_>>().join(" ")),
        }
    }

    /// From the database. None when a scope is not known: it cannot be told what it permits.
    pub(crate) fn from_kept(kept: Option<&str>) -> Option<Self> {
        let Some(kept) = kept else { return Some(Self::Everything) };
        kept.split_whitespace().map(Scope::of_code).collect::<Option<BTreeSet<Scope>>>().map(Self::Only)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_one_word_everywhere() {
        for scope in Scope::ALL {
            assert_eq!(Scope::of_code(scope.code()), Some(scope));
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.code());
            let only = Reach::Only(BTreeSet::from([scope]));
            assert_eq!(Reach::from_kept(only.to_keep().as_deref()), Some(only));
        }
        assert_eq!(Scope::of_code("everything"), None);
        assert_eq!(Reach::from_kept(Some("endpoints:read of_a_later_version")), None);
        assert_eq!(Reach::from_kept(None), Some(Reach::Everything));
        assert_eq!(Reach::from_kept(Some("")), Some(Reach::Only(BTreeSet::new())));
    }

    #[test]
    fn whoever_may_change_may_look_and_no_more() {
        let only = |scopes: &[Scope]| Reach::Only(scopes.iter().copied().collect());
        for (reach, other, covers) in [
            (Reach::Everything, Reach::Everything, true),
            (Reach::Everything, only(&[Scope::AuditRead]), true),
            (only(&Scope::ALL), Reach::Everything, false),
            (only(&[Scope::ProfilesManage]), only(&[Scope::ProfilesRead]), true),
            (only(&[Scope::ProfilesRead]), only(&[Scope::ProfilesManage]), false),
            (only(&[Scope::ProfilesManage]), only(&[Scope::GroupsRead]), false),
            (only(&[]), only(&[]), true),
        ] {
            assert_eq!(reach.covers(&other), covers, "{reach:?} {other:?}");
        }
    }
}
