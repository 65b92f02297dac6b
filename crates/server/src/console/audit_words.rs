//! What stands in the audit, in words.

use std::collections::BTreeMap;

use serde_json::Value;

use super::labels::{field_label, value_in_words};
use crate::administration::audit::ChangeView;

/// What was done, by the code of the audit.
pub(super) const ACTIONS: &[(&str, &str)] = &[
    ("administrator.created", "Added an administrator"),
    ("administrator.role_changed", "Changed the role of an administrator"),
    ("administrator.disabled", "Stopped an administrator from signing in"),
    ("administrator.enabled", "Let an administrator sign in again"),
    ("administrator.password_changed", "Changed the password of an administrator"),
    ("administrator.one_time_passwords_on", "Switched one-time passwords on"),
    ("administrator.one_time_passwords_off", "Switched one-time passwords off"),
    ("administrator.removed", "Removed an administrator"),
    ("administrator.signed_in", "Signed in"),
    ("administrator.sessions_ended", "Ended the sessions of an administrator without a role"),
    ("administrator_token.created", "Made the administrator token"),
    ("api_token.created", "Made an API token"),
    ("api_token.revoked", "Revoked an API token"),
    ("audit.pruned", "Wrote old rows of the audit into a file and removed them"),
    ("automated_certificate.changed", "Asked a certificate authority for the SSL certificate"),
    (
        "automated_certificate.given_up",
        "Gave up an order of an SSL certificate for another one that was committed",
    ),
    ("automated_certificate.ordered", "Asked the certificate authority for another SSL certificate"),
    ("automated_certificate.removed", "Stopped asking the certificate authority"),
    ("certificate.added", "Added a certificate"),
    ("certificate.former_removed", "Removed a former certificate, of which there were too many"),
    ("certificate.removed", "Removed a certificate"),
    ("certificate.announced", "Announced a certificate to the agents"),
    ("certificate.rehearsed", "Had the agents judge a certificate"),
    ("certificate.rehearsal_ended", "Ended the rehearsal of a certificate"),
    ("command.given", "Gave an endpoint a command"),
    ("command.given_to_group", "Gave an endpoint group a command"),
    ("command.cancelled", "Took a command back"),
    ("endpoint.moved", "Sent an endpoint to another server"),
    ("endpoint.profile_assigned", "Gave an endpoint a profile"),
    ("endpoint.profile_released", "Let the groups decide the profile of an endpoint"),
    ("endpoint.removed", "Removed an endpoint"),
    ("endpoint.renamed", "Gave an endpoint another instance UID"),
    ("enrolment_token.created", "Made an enrolment token"),
    ("enrolment_token.revoked", "Revoked an enrolment token"),
    ("group.created", "Made an endpoint group"),
    ("group.changed", "Changed an endpoint group"),
    ("group.removed", "Removed an endpoint group"),
    ("group.members_added", "Added endpoints to a group"),
    ("group.member_removed", "Took an endpoint out of a group"),
    ("licence.uploaded", "Uploaded a licence"),
    ("licence.removed", "Removed the licence"),
    ("profile.created", "Made an endpoint profile"),
    ("profile.changed", "Changed an endpoint profile"),
    ("profile.rolled_back", "Rolled an endpoint profile back"),
    ("profile.removed", "Removed an endpoint profile"),
    ("profile.assigned_to_groups", "Assigned an endpoint profile to groups"),
    ("recovery_file.made", "Made a recovery file"),
    ("remembered_certificate.revoked", "Revoked what a person had allowed"),
    ("settings.changed", "Changed the server settings"),
    ("tightening.begun", "Began to tighten an endpoint profile"),
    ("tightening.ring_begun", "Began the next ring of a tightening"),
    ("tightening.halted", "Halted a tightening"),
    ("tightening.resumed", "Resumed a tightening"),
    ("tightening.stepped_back", "Stepped a tightening back"),
    ("tightening.finished", "Finished a tightening"),
    ("ssl_certificate.uploaded", "Imported the SSL certificate"),
    ("ssl_certificate.committed", "Committed an SSL certificate"),
    ("ssl_certificate.rolled_back", "Went back to an earlier SSL certificate"),
    ("ssl_certificate.removed", "Removed the SSL certificate"),
];

/// What was done. A code that no page knows is named by its words.
pub(super) fn action(change: &ChangeView) -> String {
    let found = ACTIONS.iter().find(|(code, _)| *code == change.action);
    found.map_or_else(|| field_label(&change.action), |(_, title)| (*title).to_owned())
}

/// To what.
pub(super) fn subject(change: &ChangeView) -> &str {
    change.subject_name.as_deref().unwrap_or(&change.subject)
}

/// What is different now, with the names of what is called by an identifier.
pub(super) fn detail(change: &ChangeView, names: &BTreeMap<String, String>) -> String {
    match change.detail.as_object() {
        Some(fields) if fields.is_empty() => "–".to_owned(),
        Some(_) | None => value_in_words("", &named(&change.detail, names)),
    }
}

fn named(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(id) => names.get(id).map_or_else(|| value.clone(), |name| Value::String(name.clone())),
        Value::Array(values) => values.iter().map(|value| named(value, names)).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(name, value)| (name.clone(), named(value, names))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::OffsetDateTime;

    use super::*;

    #[test]
    fn changes_are_told_in_words() {
        let change = |code: &str, detail| ChangeView {
            id: String::new(),
            at: OffsetDateTime::UNIX_EPOCH,
            actor: "anna".to_owned(),
            action: code.to_owned(),
            subject: String::new(),
            subject_name: None,
            detail,
        };
        let known = change("profile.changed", json!({"name": "Branch", "heartbeat_seconds": 9}));
        assert_eq!(action(&known), "Changed an endpoint profile");
        let names = [("7".to_owned(), "Seven".to_owned())].into();
        assert_eq!(detail(&known, &names), "Heartbeat, in seconds: 9; Name: Branch");
        let about = change("group.changed", json!({"profile": "7"}));
        assert_eq!((detail(&about, &names).as_str(), subject(&about)), ("Endpoint profile: Seven", ""));
        let unknown = change("some.thing_done", json!({}));
        assert_eq!(
            (action(&unknown), detail(&unknown, &names)),
            ("Some thing done".to_owned(), "–".to_owned())
        );
    }
}
