//! What the fields of documents are called on pages.

use serde_json::Value;

/// A field of a document, and what stands beside it on the pages.
const LABELS: &[(&str, &str)] = &[
    ("name", "Name"),
    ("invalid_certificate_action", "Invalid Certificate Action"),
    ("heartbeat_seconds", "Heartbeat, in seconds"),
    ("remember", "How long people may allow"),
    ("remember.longest", "People may allow a certificate at the longest"),
    ("remember.days", "Number of days that is offered"),
    ("days", "Number of days"),
    ("proxy_fallback", "When no proxy lets the endpoint through"),
    ("new_address", "New address of this server"),
    ("title", "Title"),
    ("text", "Text"),
    ("expires_at", "Ends"),
    ("valid_for_hours", "Hours to wait"),
    ("enrolment_token", "Enrolment token"),
    ("profile", "Endpoint profile"),
    ("profile_id", "Endpoint profile"),
    ("group", "Endpoint group"),
    ("precedence", "Precedence"),
    ("rule", "Rule"),
    ("rule.host_name", "Host name"),
    ("rule.os", "Operating system"),
    ("rule.addresses", "Addresses"),
    ("rule.agent_version_from", "Version of the agent, from"),
    ("rule.agent_version_below", "Version of the agent, below"),
    ("kind", "Command"),
    ("domain", "Domain"),
    ("email", "E-mail"),
    ("directory_url", "Address of its directory"),
    ("directory_root_pem", "Root certificate of the directory (PEM)"),
    ("challenge", "How the certificate authority convinces itself"),
    ("auto_renew", "Auto renew"),
    ("agreed_terms", "Terms of service"),
    ("key_id", "Key ID"),
    ("hmac_key", "HMAC key"),
    ("remote_https_access", "Remote HTTPS access"),
    ("redirect_http_to_https", "Redirect HTTP request to HTTPS"),
    ("role", "Role"),
    ("from_action", "Former action"),
    ("to_action", "Stricter action"),
    ("rings", "Rings, in per cent of the endpoints"),
    ("percent", "Ring, in per cent"),
    ("hold_minutes", "Minutes for which each ring is observed"),
    ("trial_minutes", "Minutes for which an endpoint tries to connect"),
    ("threshold_percent", "Per cent that have to connect again"),
    ("scopes", "Scopes"),
    ("chosen", "Committed instead"),
    ("by_itself", "By itself"),
    ("by_itself.reason", "because"),
    ("by_itself.foretold", "What was foretold"),
    ("by_itself.foretold.endpoints", "with it"),
    ("by_itself.foretold.endpoints.connects_silently", "connect silently"),
    ("by_itself.foretold.endpoints.asked", "asked"),
    ("by_itself.foretold.endpoints.cut_off", "cut off"),
    ("by_itself.foretold.endpoints.unknown", "not known"),
    ("by_itself.foretold.more_cut_off", "more cut off than before"),
    ("by_itself.foretold.more_asked", "more asked than before"),
    ("by_itself.foretold.not_judged", "have not judged it"),
];

/// Values that are words in documents, and what they are called on pages.
const VALUES: &[(&str, &str, &str)] = &[
    ("invalid_certificate_action", "allow", "Allow"),
    ("invalid_certificate_action", "warn", "Warn"),
    ("invalid_certificate_action", "deny", "Deny"),
    ("from_action", "allow", "Allow"),
    ("from_action", "warn", "Warn"),
    ("to_action", "warn", "Warn"),
    ("to_action", "deny", "Deny"),
    ("kind", "by_hand", "By hand"),
    ("kind", "too_few_connected", "Too few endpoints have connected"),
    ("kind", "some_would_be_cut_off", "Some endpoints would be cut off"),
    ("kind", "action_changed", "The action of the profile was changed"),
    ("kind", "group_removed", "The group was removed"),
    ("longest", "until_changed", "Until the certificate changes"),
    ("longest", "days", "For a number of days"),
    ("longest", "session", "Until the app ends"),
    ("proxy_fallback", "none", "Do not connect"),
    ("proxy_fallback", "direct", "Connect directly"),
    ("role", "read_only", "Read only"),
    ("role", "operator", "Operator"),
    ("role", "administrator", "Administrator"),
    ("kind", "collect_diagnostics", "Collect diagnostics"),
    ("kind", "refresh_inventory", "Refresh inventory"),
    ("kind", "notify_user", "Message to the person"),
    ("kind", "forget_certificate", "Forget an allowed certificate"),
    ("kind", "deregister", "Deregister"),
    ("reason", "nobody_to_ask", "there was nobody to ask"),
    ("reason", "nobody_worse", "nobody is worse off"),
    ("reason", "waited_long_enough", "nobody who has judged it is worse off, and the others were waited for"),
    ("reason", "former_ends", "the former one had expired or was about to"),
];

/// What a field is called on pages. One that no page shows is named by its words.
pub(super) fn field_label(field: &str) -> String {
    if let Some((_, label)) = LABELS.iter().find(|(name, _)| *name == field) {
        return (*label).to_owned();
    }
    let words = field.replace(['_', '.'], " ");
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// A value on pages.
pub(super) fn value_in_words(field: &str, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "Yes".to_owned(),
        Value::Bool(false) => "No".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => {
            let last = field.rsplit('.').next().unwrap_or_default();
            let found = VALUES.iter().find(|(name, word, _)| *name == last && word == text);
            found.map_or_else(|| text.clone(), |(_, _, title)| (*title).to_owned())
        }
        Value::Array(values) => {
            values.iter().map(|value| value_in_words(field, value)).collect::<Vec<_>>().join(", ")
        }
        Value::Object(fields) => {
            let pairs = fields.iter().map(|(name, value)| {
                let path = if field.is_empty() { name.clone() } else { format!("{field}.{name}") };
                format!("{}: {}", field_label(&path), value_in_words(&path, value))
            });
            pairs.collect::<Vec<_>>().join("; ")
        }
    }
}

/// A sentence about a document, with what its fields are called on the pages.
pub(super) fn with_labels(sentence: &str) -> String {
    LABELS.iter().fold(sentence.to_owned(), |sentence, (field, label)| {
        sentence.replace(&format!("“{field}”"), &format!("“{label}”"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn people_read_labels() {
        assert_eq!(
            with_labels("“heartbeat_seconds” must be 5 to 3600, “remember.days” 1 to 3650; not “else”."),
            "“Heartbeat, in seconds” must be 5 to 3600, “Number of days that is offered” 1 to 3650; not “else”."
        );
        for (field, expected) in
            [("remember.days", "Number of days that is offered"), ("as_in_revision", "As in revision")]
        {
            assert_eq!(field_label(field), expected);
        }
        let detail = json!({"invalid_certificate_action": "deny", "remember": {"longest": "session", "days": 3}, "x": [1, null]});
        assert_eq!(
            value_in_words("", &detail),
            "Invalid Certificate Action: Deny; How long people may allow: Number of days that is offered: 3; \
             People may allow a certificate at the longest: Until the app ends; X: 1, –"
        );
    }
}
