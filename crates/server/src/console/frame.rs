//! What is around every page: title, menu, who is signed in, and what the last action came to.

use serde::{Deserialize, Serialize};

use super::assets;
use super::labels::with_labels;
use crate::people::{Permission, Role};

/// What is around a page.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) section: Section,
    /// Who is signed in; nobody on the pages before that.
    pub(super) person: Option<Person>,
    pub(super) notices: Vec<Notice>,
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) role: Role,
}

/// A place in the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Dashboard,
    UpgradePath,
    Endpoints,
    Groups,
    Profiles,
    Tightenings,
    Server,
    Administrators,
    EnrolmentTokens,
    ApiTokens,
    AuditLog,
    Licence,
    Account,
    /// Not in the menu.
    Elsewhere,
}

/// A group of the menu.
pub(super) struct MenuGroup {
    pub(super) title: &'static str,
    pub(super) items: &'static [MenuItem],
}

/// An item of the menu.
pub(super) struct MenuItem {
    pub(super) section: Section,
    pub(super) title: &'static str,
    pub(super) address: &'static str,
    pub(super) needs: Permission,
}

const fn item(section: Section, title: &'static str, address: &'static str, needs: Permission) -> MenuItem {
    MenuItem { section, title, address, needs }
}

const MENU: &[MenuGroup] = &[
    MenuGroup {
        title: "",
        items: &[
            item(Section::Dashboard, "Dashboard", "/", Permission::View),
            item(Section::UpgradePath, "Upgrade Path", "/upgrade-path", Permission::View),
        ],
    },
    MenuGroup {
        title: "Endpoints",
        items: &[
            item(Section::Endpoints, "All Endpoints", "/endpoints", Permission::View),
            item(Section::Groups, "Endpoint Groups", "/endpoint-groups", Permission::View),
        ],
    },
    MenuGroup {
        title: "Endpoint Profiles",
        items: &[
            item(Section::Profiles, "Manage Profiles", "/endpoint-profiles", Permission::View),
            item(Section::Tightenings, "Staged Tightening", "/tightenings", Permission::View),
        ],
    },
    MenuGroup {
        title: "System Settings",
        items: &[
            item(Section::Server, "Server Settings", "/system-settings/server", Permission::View),
            item(
                Section::Administrators,
                "Administrators",
                "/system-settings/administrators",
                Permission::Administer,
            ),
            item(
                Section::EnrolmentTokens,
                "Enrolment Tokens",
                "/system-settings/enrolment-tokens",
                Permission::View,
            ),
            item(Section::ApiTokens, "API Tokens", "/system-settings/api-tokens", Permission::Administer),
            item(Section::AuditLog, "Audit Log", "/system-settings/audit-log", Permission::View),
            item(Section::Licence, "Licence", "/system-settings/licence", Permission::View),
        ],
    },
];

/// Address and title of the page of the menu that what a path leads to belongs to; none for such a page itself, and where the role does
/// not permit to see it.
pub(super) fn page_of_menu(path: &str, role: Role) -> Option<(&'static str, &'static str)> {
    let is_within = |item: &&MenuItem| {
        item.section != Section::Dashboard
            && path.strip_prefix(item.address).is_some_and(|rest| rest.starts_with('/'))
    };
    let item = MENU.iter().flat_map(|group| group.items).find(is_within)?;
    role.has(item.needs).then_some((item.address, item.title))
}

/// What the last action came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Notice {
    pub(super) kind: NoticeKind,
    pub(super) text: String,
}

/// Whether a notice is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum NoticeKind {
    /// It was done.
    Done,
    /// It was done, and has consequences to know of.
    Warning,
    /// It was not done.
    Wrong,
}

impl Notice {
    pub(super) fn done(text: impl Into<String>) -> Self {
        Self { kind: NoticeKind::Done, text: text.into() }
    }

    pub(super) fn warning(text: impl Into<String>) -> Self {
        Self { kind: NoticeKind::Warning, text: text.into() }
    }

    /// Names what pages call differently than documents as the pages do.
    pub(super) fn wrong(text: impl AsRef<str>) -> Self {
        Self { kind: NoticeKind::Wrong, text: with_labels(text.as_ref()) }
    }

    /// The colour of the kit.
    pub(super) fn colour(&self) -> &'static str {
        match self.kind {
            NoticeKind::Done => "success",
            NoticeKind::Warning => "warning",
            NoticeKind::Wrong => "danger",
        }
    }

    /// Colour alone tells nobody anything.
    pub(super) fn word(&self) -> &'static str {
        match self.kind {
            NoticeKind::Done => "Done.",
            NoticeKind::Warning => "Note:",
            NoticeKind::Wrong => "Not done:",
        }
    }

    /// What a screen reader does with it.
    pub(super) fn role(&self) -> &'static str {
        match self.kind {
            NoticeKind::Done => "status",
            NoticeKind::Warning | NoticeKind::Wrong => "alert",
        }
    }
}

impl Frame {
    /// For a page before signing in.
    pub(super) fn outside(title: &str) -> Self {
        Self { title: title.to_owned(), section: Section::Elsewhere, person: None, notices: Vec::new() }
    }

    /// With one more notice.
    pub(super) fn with(mut self, notice: Option<Notice>) -> Self {
        self.notices.extend(notice);
        self
    }

    pub(super) fn may_operate(&self) -> bool {
        self.may(Permission::Operate)
    }

    pub(super) fn may_administer(&self) -> bool {
        self.may(Permission::Administer)
    }

    fn may(&self, permission: Permission) -> bool {
        self.person.as_ref().is_some_and(|person| person.role.has(permission))
    }

    /// The groups and items that concern whoever is signed in.
    pub(super) fn menu(&self) -> Vec<(&'static str, Vec<&'static MenuItem>)> {
        let groups = MENU.iter().map(|group| {
            (group.title, group.items.iter().filter(|item| self.may(item.needs)).collect::<Vec<_>>())
        });
        groups.filter(|(_, items)| !items.is_empty()).collect()
    }

    /// Whether an item is the page that is shown.
    pub(super) fn is_here(&self, item: &MenuItem) -> bool {
        item.section == self.section
    }

    #[allow(clippy::unused_self, reason = "templates call it on what they are given")]
    pub(super) fn asset(&self, name: &str) -> String {
        format!("/assets/{name}?v={}", assets::version())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_leads_to_belongs_to_a_page_of_the_menu() {
        let server = Some(("/system-settings/server", "Server Settings"));
        for (path, role, expected) in [
            ("/system-settings/server/certificates/1/commit", Role::Administrator, server),
            ("/system-settings/server/ssl-certificate", Role::ReadOnly, server),
            ("/system-settings/server", Role::Administrator, None),
            ("/system-settings/servers/1", Role::Administrator, None),
            ("/system-settings/administrators/1", Role::ReadOnly, None),
            ("/endpoints/1", Role::ReadOnly, Some(("/endpoints", "All Endpoints"))),
            ("/nowhere", Role::Administrator, None),
            ("/", Role::Administrator, None),
        ] {
            assert_eq!(page_of_menu(path, role), expected, "{path}");
        }
    }
}
