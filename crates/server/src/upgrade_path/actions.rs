//! The parts of the last step: from Allow to Warn, what follows from that, and Deny.

use countersign_trust::InvalidCertificateAction;

use super::steps::{Draft, Met, PROFILES, has_or_have, named};
use super::{Facts, Observed, endpoints, not_back};

const TIGHTENINGS: &str = "/tightenings";

/// The parts.
pub(super) fn parts(facts: &Facts) -> Vec<Draft> {
    use InvalidCertificateAction::{Allow, Deny};
    let allowing = facts.profiles_where(|action| action == Allow);
    let denying = facts.profiles_where(|action| action == Deny);
    let all_deny = denying.len() == facts.profiles.len();
    vec![
        Draft {
            code: "warn",
            title: "Configure the Invalid Certificate Action of all profiles as Warn",
            met: Met::if_so(allowing.is_empty() && facts.serves_usable()),
            situation: match (allowing.is_empty(), facts.serves_usable()) {
                (true, true) => "No profile says Allow any more.".to_owned(),
                (true, false) => {
                    "No profile says Allow, and agents are not shown a valid certificate yet.".to_owned()
                }
                (false, _) => format!("These profiles say Allow: {}.", named(&allowing)),
            },
            effect: Some(
                "Where the certificate is not valid, people are asked; elsewhere nobody notices. What would become of each endpoint is shown first.",
            ),
            needs: &["agents_upgraded", "certificate_valid", "switch_on"],
            place: Some(PROFILES),
        },
        observe(facts),
        Draft {
            code: "deny",
            title: "Configure it as Deny",
            met: if all_deny && facts.serves_usable() { Met::Yes } else { Met::NeedNot },
            situation: if all_deny {
                "All profiles say Deny.".to_owned()
            } else {
                "Optional. A staged tightening does it ring by ring, and steps back when endpoints do not come back.".to_owned()
            },
            effect: Some(
                "Where the certificate is not valid, endpoints do not connect, and nobody is asked.",
            ),
            needs: &["agents_upgraded", "certificate_valid", "switch_on", "warn", "observe"],
            place: Some(TIGHTENINGS),
        },
    ]
}

/// What has happened since the agents have the stricter action.
fn observe(facts: &Facts) -> Draft {
    let counted = &facts.endpoints;
    let allowing = facts.profiles_where(|action| action == InvalidCertificateAction::Allow);
    let mut waits = Vec::new();
    if !allowing.is_empty() {
        waits.push(format!(
            "There is nothing to observe under Allow, and these profiles say so: {}.",
            named(&allowing)
        ));
    }
    if !facts.serves_usable() {
        waits.push("Agents are not shown a valid certificate yet.".to_owned());
    }
    if counted.connected == 0 {
        waits.push("No endpoint is connected, so that there is nothing to observe.".to_owned());
    }
    if counted.applying > 0 {
        let have = has_or_have(counted.applying);
        waits.push(format!("{} {have} not applied the profile yet.", endpoints(counted.applying)));
    }
    if counted.failed > 0 {
        waits.push(format!("{} could not apply the profile.", endpoints(counted.failed)));
    }
    if facts.observed == Observed::TooShort {
        waits.push("A profile was changed less than a heartbeat ago.".to_owned());
    }
    if counted.not_back > 0 {
        waits.push(not_back(counted.not_back));
    }
    if counted.coming_back > 0 {
        waits.push(format!(
            "The server's certificate was changed a moment ago, and {} {} yet to come back.",
            endpoints(counted.coming_back),
            has_or_have(counted.coming_back)
        ));
    }
    if counted.asked + counted.refused + counted.invalid > 0 {
        waits.push(format!(
            "People at {} were asked and have not allowed it, {} cut off, and {} connected although the certificate is not valid \
             there.",
            endpoints(counted.asked),
            is_or_are(counted.refused),
            is_or_are(counted.invalid)
        ));
    }
    Draft {
        code: "observe",
        title: "Observe whether people are asked about the certificate",
        met: Met::if_so(waits.is_empty()),
        situation: if waits.is_empty() {
            "Nobody is known to be asked or cut off, and all connected endpoints have applied their profile and find the certificate \
             valid."
                .to_owned()
        } else {
            waits.join(" ")
        },
        effect: Some("Nothing changes. The dashboard counts how endpoints find the certificate."),
        needs: &["switch_on", "warn"],
        place: Some("/"),
    }
}

fn is_or_are(number: u64) -> String {
    if number == 1 { "1 is".to_owned() } else { format!("{number} are") }
}
