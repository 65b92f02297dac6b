//! What a step that is taken too early would do.

use countersign_trust::InvalidCertificateAction;

use super::{EndpointFacts, Facts, Switch, endpoints, not_back};

/// What becomes of endpoints when *Use SSL certificate for Endpoint Control* is changed now; nothing when it is time for that.
pub(crate) fn of_switch(facts: &Facts, wanted: Switch) -> Vec<String> {
    let mut found = Vec::new();
    let EndpointFacts { legacy, foreign, .. } = facts.endpoints;
    match wanted {
        Switch::On => {
            if legacy > 0 {
                found.push(format!(
                    "{} with an agent older than {} can no longer connect, and shows as offline. Upgrade the agents first.",
                    endpoints(legacy),
                    facts.first_validating_version
                ));
            }
            if foreign > 0 {
                found.push(format!(
                    "{} with another program than Countersign’s agent can no longer connect, and shows as offline. Install \
                     Countersign there first.",
                    endpoints(foreign)
                ));
            }
            if !facts.has_valid() {
                found.push(format!(
                    "Agents would be shown an SSL certificate that they may find not valid. {} {}",
                    facts.certificate.said(facts.endpoints.all),
                    under_actions(facts)
                ));
            }
        }
        Switch::Off => {
            let strict = facts.profiles_where(|action| action != InvalidCertificateAction::Allow);
            if !strict.is_empty() && facts.switch == Switch::On {
                found.push(format!(
                    "Agents would be shown the built-in certificate, which is never valid. {}",
                    under_actions(facts)
                ));
            }
        }
    }
    found
}

/// What becomes of endpoints when profiles get this action now; nothing when it is time for that.
pub(crate) fn of_action(facts: &Facts, wanted: InvalidCertificateAction) -> Vec<String> {
    let mut found = Vec::new();
    let shown = match facts.switch {
        Switch::On if facts.has_valid() => None,
        Switch::On => Some(format!(
            "the SSL certificate that is served may not be valid there. {}",
            facts.certificate.said(facts.endpoints.all)
        )),
        Switch::Off => Some("the built-in certificate is served, which is never valid.".to_owned()),
    };
    match (wanted, &shown) {
        (InvalidCertificateAction::Allow, _) | (_, None) => {}
        (InvalidCertificateAction::Warn, Some(shown)) => found.push(format!(
            "People are asked whether to connect, and whoever does not allow it is not connected: {shown} Apply a valid \
             certificate first."
        )),
        (InvalidCertificateAction::Deny, Some(shown)) => found.push(format!(
            "Endpoints do not connect any more, and cannot be reached to change that: {shown} Apply a valid certificate first."
        )),
    }
    let counted = &facts.endpoints;
    if wanted == InvalidCertificateAction::Deny && counted.invalid > 0 && shown.is_none() {
        found.push(format!(
            "{} connected although the certificate is not valid there, and would be cut off. Find out why first, or tighten in \
             stages.",
            if counted.invalid == 1 { "1 endpoint is".to_owned() } else { format!("{} endpoints are", counted.invalid) }
        ));
    }
    // Where nothing would be tightened, it may be what lets them in.
    if counted.not_back > 0 && !facts.profiles_where(|action| action < wanted).is_empty() {
        found.push(format!("{} Find out why first.", not_back(counted.not_back)));
    }
    found
}

fn under_actions(facts: &Facts) -> &'static str {
    if !facts.profiles_where(|action| action == InvalidCertificateAction::Deny).is_empty() {
        "Endpoints whose profile says Deny do not connect any more, and people whose profile says Warn are asked."
    } else if !facts.profiles_where(|action| action == InvalidCertificateAction::Warn).is_empty() {
        "People whose profile says Warn are asked."
    } else {
        "As all profiles say Allow, endpoints connect all the same."
    }
}
