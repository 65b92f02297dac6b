//! The four steps with their parts, and how each stands.

use countersign_trust::InvalidCertificateAction;

use super::{CertificateFact, Facts, How, Part, PartState, Step, Switch, Validity, endpoints};

/// Names of profiles that are given in one sentence.
const NAMED: usize = 5;
/// A certificate that ends sooner wants to be renewed first, in days.
const TOO_SOON: i64 = 14;

const SETTINGS: &str = "/system-settings/server";
const PROFILES: &str = "/endpoint-profiles";
const ENDPOINTS: &str = "/endpoints";
const TOKENS: &str = "/system-settings/enrolment-tokens";
const TIGHTENINGS: &str = "/tightenings";

/// Whether something is as it should be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Met {
    Yes,
    No,
    /// It need not be.
    NeedNot,
}

impl Met {
    fn if_so(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

/// What a part comes to before it is known what comes before it.
struct Draft {
    code: &'static str,
    title: &'static str,
    met: Met,
    situation: String,
    effect: Option<&'static str>,
    /// The codes of the parts that have to come first, beside those that stand before it in its step.
    needs: &'static [&'static str],
    place: Option<&'static str>,
}

/// Where this installation stands.
pub(crate) fn standing(facts: &Facts) -> Vec<Step> {
    let drafts = [
        ("Upgrade the management server", server_parts(facts)),
        ("Upgrade the agents", agent_parts(facts)),
        ("Apply a valid certificate", certificate_parts(facts)),
        ("Configure the Invalid Certificate Action as Warn", action_parts(facts)),
    ];
    let unmet: Vec<(&'static str, &'static str)> = drafts
        .iter()
        .flat_map(|(_, parts)| parts)
        .filter(|draft| draft.met == Met::No)
        .map(|draft| (draft.code, draft.title))
        .collect();
    drafts.into_iter().map(|(title, parts)| step(title, parts, &unmet)).collect()
}

fn step(title: &'static str, drafts: Vec<Draft>, unmet: &[(&'static str, &'static str)]) -> Step {
    let parts: Vec<Part> = drafts
        .into_iter()
        .map(|draft| {
            let first = unmet.iter().filter(|(code, _)| draft.needs.contains(code));
            let blocked_by: Vec<String> = first.map(|(_, title)| format!("First: {title}.")).collect();
            let state = match (draft.met, blocked_by.is_empty()) {
                (Met::Yes, _) => PartState::Done,
                (Met::No | Met::NeedNot, false) => PartState::Blocked,
                (Met::No, true) => PartState::Next,
                (Met::NeedNot, true) => PartState::Optional,
            };
            let blocked_by = if state == PartState::Blocked { blocked_by } else { Vec::new() };
            let Draft { code, title, situation, effect, place, .. } = draft;
            Part { code, title, state, situation, effect, blocked_by, place }
        })
        .collect();
    let has = |state| parts.iter().any(|part| part.state == state);
    let needed = parts.iter().filter(|part| part.state != PartState::Optional);
    let state = if needed.clone().all(|part| part.state == PartState::Done) {
        PartState::Done
    } else if has(PartState::Next) {
        PartState::Next
    } else {
        PartState::Blocked
    };
    Step { title, state, parts }
}

fn server_parts(facts: &Facts) -> Vec<Draft> {
    let strict = facts.profiles_where(|action| action != InvalidCertificateAction::Allow);
    let legacy = facts.endpoints.legacy;
    vec![
        Draft {
            code: "server_version",
            title: "Run a management server that validates",
            met: Met::Yes,
            situation: format!(
                "This server has the version {}. Agents validate certificates from {} on.",
                facts.server_version, facts.first_validating_version
            ),
            effect: None,
            needs: &[],
            place: None,
        },
        Draft {
            code: "switch_off",
            title: "Disable Use SSL certificate for Endpoint Control",
            met: Met::if_so(facts.switch == Switch::Off || legacy == 0),
            situation: match (facts.switch, legacy) {
                (Switch::Off, _) => "It is off: agents of all versions can connect.".to_owned(),
                (Switch::On, 0) => "It is on again, and no endpoint has an older agent.".to_owned(),
                (Switch::On, number) => {
                    format!("It is on: {} with an older agent cannot connect.", endpoints(number))
                }
            },
            effect: Some(
                "Agents are shown the built-in certificate, which none of them finds valid, and agents of all versions can connect.",
            ),
            needs: &[],
            place: Some(SETTINGS),
        },
        Draft {
            code: "allow",
            title: "Configure the Invalid Certificate Action of all profiles as Allow",
            met: Met::if_so(strict.is_empty() || (facts.serves_valid() && facts.all_validate())),
            situation: if strict.is_empty() {
                "All profiles say Allow.".to_owned()
            } else if facts.serves_valid() {
                "Agents are shown a valid certificate, so that a stricter action does no harm.".to_owned()
            } else {
                format!(
                    "Agents are shown a certificate that they do not find valid, and these profiles do not say Allow: {}.",
                    named(&strict)
                )
            },
            effect: Some(
                "Endpoints connect whatever is wrong with the certificate, and nobody is asked. This is for the time of the upgrade.",
            ),
            needs: &[],
            place: Some(PROFILES),
        },
    ]
}

fn agent_parts(facts: &Facts) -> Vec<Draft> {
    let counted = &facts.endpoints;
    let upgraded = facts.all_validate();
    let elsewhere = |what: &str| {
        if upgraded {
            "Not needed any more: all endpoints are upgraded.".to_owned()
        } else {
            format!(
                "This server {what}. Bring the agent's package to the endpoints with your own software distribution; they come \
                 back by themselves."
            )
        }
    };
    vec![
        Draft {
            code: "installer",
            title: "Create an installer with the Invalid Certificate Action Allow",
            met: if upgraded { Met::Yes } else { Met::NeedNot },
            situation: elsewhere("does not make installers yet"),
            effect: Some(
                "The agents that it installs connect whatever is wrong with the certificate, until they have their profile.",
            ),
            needs: &["allow", "switch_off"],
            place: None,
        },
        Draft {
            code: "deployment",
            title: "Create a deployment configuration",
            met: if upgraded { Met::Yes } else { Met::NeedNot },
            situation: elsewhere("does not deploy yet"),
            effect: Some("Endpoints get the agent at a time of your choice."),
            needs: &["allow", "switch_off"],
            place: None,
        },
        Draft {
            code: "agents_upgraded",
            title: "Upgrade the agents of all endpoints",
            met: Met::if_so(upgraded),
            situation: match (counted.all, counted.legacy) {
                (0, _) => {
                    "No endpoint is enrolled yet. An agent enrols with a token of this server.".to_owned()
                }
                (all, 0) => format!(
                    "All {} validate certificates; {} of them are connected.",
                    endpoints(all),
                    counted.connected
                ),
                (all, legacy) => format!(
                    "{legacy} of {} have an agent older than {}, which does not validate certificates.",
                    endpoints(all),
                    facts.first_validating_version
                ),
            },
            effect: Some(
                "From then on they tell what they find about the certificate, so that each further part can be foretold.",
            ),
            needs: &["allow", "switch_off"],
            place: Some(if counted.all == 0 { TOKENS } else { ENDPOINTS }),
        },
    ]
}

fn certificate_parts(facts: &Facts) -> Vec<Draft> {
    let (validity, lasting) = match &facts.certificate {
        CertificateFact::None => ("There is no SSL certificate.".to_owned(), false),
        CertificateFact::Present { validity, days_left, .. } => (
            match validity {
                Validity::Valid if *days_left < TOO_SOON => {
                    format!("It is valid, and {}. Renew it first.", expiry(*days_left))
                }
                Validity::Valid => format!("Agents find it valid. It {}.", expiry(*days_left)),
                Validity::NameNotKnown => {
                    "Whether agents find it valid depends on the name of this server, which is not known: start it with \
                     --server-name."
                        .to_owned()
                }
                Validity::NotValid(codes) => format!("Agents would find it not valid: {codes}."),
            },
            *days_left >= TOO_SOON,
        ),
    };
    vec![
        Draft {
            code: "ssl_certificate",
            title: "Import an SSL certificate",
            met: Met::if_so(facts.certificate != CertificateFact::None),
            situation: match &facts.certificate {
                CertificateFact::None => "There is none. It can be got automatically or uploaded.".to_owned(),
                CertificateFact::Present { how: How::Automated, .. } => {
                    "There is one, got automatically.".to_owned()
                }
                CertificateFact::Present { how: How::Uploaded, .. } => "There is one, uploaded.".to_owned(),
            },
            effect: Some(
                "It is kept and judged. Agents are shown it only once it is used for endpoint control.",
            ),
            needs: &[],
            place: Some(SETTINGS),
        },
        Draft {
            code: "certificate_valid",
            title: "Make sure that agents find it valid",
            met: Met::if_so(facts.has_valid() && lasting),
            situation: validity,
            effect: Some(
                "Nothing changes for agents. In a rehearsal each of them judges the certificate before it is shown it.",
            ),
            needs: &["ssl_certificate"],
            place: Some(SETTINGS),
        },
        Draft {
            code: "switch_on",
            title: "Enable Use SSL certificate for Endpoint Control",
            met: Met::if_so(facts.switch == Switch::On && facts.all_validate()),
            situation: match facts.switch {
                Switch::On => "It is on: agents are shown the SSL certificate.".to_owned(),
                Switch::Off => {
                    "It is off: agents are shown the built-in certificate, which is never valid.".to_owned()
                }
            },
            effect: Some(
                "Agents are shown the SSL certificate and connect again; older ones cannot connect any more. What would become of each endpoint is shown first.",
            ),
            needs: &["agents_upgraded", "ssl_certificate", "certificate_valid"],
            place: Some(SETTINGS),
        },
    ]
}

fn action_parts(facts: &Facts) -> Vec<Draft> {
    use InvalidCertificateAction::{Allow, Deny};
    let counted = &facts.endpoints;
    let allowing = facts.profiles_where(|action| action == Allow);
    let denying = facts.profiles_where(|action| action == Deny);
    let all_deny = denying.len() == facts.profiles.len();
    let troubled = counted.asked + counted.refused;
    vec![
        Draft {
            code: "warn",
            title: "Configure the Invalid Certificate Action of all profiles as Warn",
            met: Met::if_so(allowing.is_empty() && facts.serves_valid()),
            situation: match (allowing.is_empty(), facts.serves_valid()) {
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
        Draft {
            code: "observe",
            title: "Observe whether people are asked about the certificate",
            met: Met::if_so(troubled == 0 && counted.invalid == 0 && counted.connected > 0),
            situation: if troubled == 0 && counted.invalid == 0 && counted.connected == 0 {
                "No endpoint is connected, so that there is nothing to observe.".to_owned()
            } else if troubled == 0 && counted.invalid == 0 {
                "Nobody is asked, nobody is cut off, and all connected endpoints find the certificate valid."
                    .to_owned()
            } else {
                format!(
                    "People at {} were asked and have not allowed it, {} cut off, and {} connected although the certificate is \
                     not valid there.",
                    endpoints(counted.asked),
                    is_or_are(counted.refused),
                    is_or_are(counted.invalid)
                )
            },
            effect: Some("Nothing changes. The dashboard counts how endpoints find the certificate."),
            needs: &["switch_on", "warn"],
            place: Some("/"),
        },
        Draft {
            code: "deny",
            title: "Configure it as Deny",
            met: if all_deny && facts.serves_valid() { Met::Yes } else { Met::NeedNot },
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

/// When a certificate expires, or that it has.
fn expiry(days_left: i64) -> String {
    match days_left {
        ..0 => "has expired".to_owned(),
        0 => "expires within a day".to_owned(),
        1 => "expires in 1 day".to_owned(),
        days => format!("expires in {days} days"),
    }
}

fn is_or_are(number: u64) -> String {
    if number == 1 { "1 is".to_owned() } else { format!("{number} are") }
}

/// Some names, and how many more there are.
fn named(names: &[&str]) -> String {
    let first = names.iter().take(NAMED).map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
