//! The four steps with their parts, and how each stands.

use countersign_trust::InvalidCertificateAction;

use super::{CertificateFact, Facts, Part, PartState, Step, Switch, actions, automation, endpoints};

/// Names of profiles that are given in one sentence.
const NAMED: usize = 5;
/// A certificate that ends sooner wants to be renewed first, in days.
const TOO_SOON: i64 = 14;

pub(super) const SETTINGS: &str = "/system-settings/server";
pub(super) const PROFILES: &str = "/endpoint-profiles";
const LEGACY: &str = "/endpoints?agent=not_validating";
const FOREIGN: &str = "/endpoints?agent=foreign";
const ENDPOINTS: &str = "/endpoints";
const TOKENS: &str = "/system-settings/enrolment-tokens";

/// Whether something is as it should be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    Yes,
    No,
    /// It need not be.
    NeedNot,
}

impl Met {
    pub(super) fn if_so(so: bool) -> Self {
        if so { Self::Yes } else { Self::No }
    }
}

/// What a part comes to before it is known what comes before it.
pub(super) struct Draft {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) met: Met,
    pub(super) situation: String,
    pub(super) effect: Option<&'static str>,
    /// The codes of the parts that have to come first, beside those that stand before it in its step.
    pub(super) needs: &'static [&'static str],
    pub(super) place: Option<&'static str>,
}

/// Where this installation stands.
pub(crate) fn standing(facts: &Facts) -> Vec<Step> {
    let drafts = [
        ("Upgrade the management server", server_parts(facts)),
        ("Upgrade the agents", agent_parts(facts)),
        ("Apply a valid certificate", certificate_parts(facts)),
        ("Configure the Invalid Certificate Action as Warn", actions::parts(facts)),
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
    let not_validating = facts.endpoints.not_validating();
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
            met: Met::if_so(facts.switch == Switch::Off || not_validating == 0),
            situation: match (facts.switch, not_validating) {
                (Switch::Off, _) => "It is off: agents of all versions can connect.".to_owned(),
                (Switch::On, 0) => "It is on again, and no endpoint has an older agent.".to_owned(),
                (Switch::On, number) => {
                    let of = endpoints(number);
                    format!(
                        "It is on: {of} with an agent that is not known to validate certificates cannot connect."
                    )
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
            // It is for the time of the upgrade: where nothing is to be upgraded, it would only be weaker.
            met: Met::if_so(strict.is_empty() || facts.none_to_upgrade()),
            situation: if strict.is_empty() {
                "All profiles say Allow.".to_owned()
            } else if facts.none_to_upgrade() && facts.agents_find_valid() {
                "Not needed: no agent has to be upgraded, and agents find the certificate valid that they are shown."
                    .to_owned()
            } else if facts.none_to_upgrade() {
                "Not needed: no agent has to be upgraded.".to_owned()
            } else if facts.serves_usable() {
                format!(
                    "Agents are still to be upgraded, and these profiles do not say Allow: {}.",
                    named(&strict)
                )
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
    let upgraded = facts.none_to_upgrade() && counted.all > 0;
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
            met: match (facts.none_to_upgrade(), counted.all) {
                (true, 0) => Met::NeedNot,
                (none_to_upgrade, _) => Met::if_so(none_to_upgrade),
            },
            situation: upgraded_agents(facts),
            effect: Some(
                "From then on they tell what they find about the certificate, so that each further part can be foretold.",
            ),
            needs: &["allow", "switch_off"],
            place: Some(match (counted.legacy, counted.foreign) {
                (0, 0) if counted.all == 0 => TOKENS,
                (0, 0) => ENDPOINTS,
                (0, _) => FOREIGN,
                (_, _) => LEGACY,
            }),
        },
    ]
}

/// How many endpoints have which agents.
fn upgraded_agents(facts: &Facts) -> String {
    let counted = &facts.endpoints;
    let (all, version) = (endpoints(counted.all), &facts.first_validating_version);
    match (counted.legacy, counted.foreign) {
        _ if counted.all == 0 => {
            "No endpoint is enrolled yet, so that there is none to upgrade. An agent enrols with a token of this server."
                .to_owned()
        }
        (0, 0) => format!("All {all} validate certificates; {} of them are connected.", counted.connected),
        (0, foreign) => format!(
            "{foreign} of {all} {} another program than Countersign’s agent, which does not say that it validates certificates. \
             All others do.",
            has_or_have(foreign)
        ),
        (legacy, foreign) => {
            let others = match foreign {
                0 => String::new(),
                _ => format!(" {foreign} {} another program than Countersign’s agent.", has_or_have(foreign)),
            };
            format!(
                "{legacy} of {all} {} an agent older than {version}, which does not validate certificates.{others}",
                has_or_have(legacy)
            )
        }
    }
}

fn certificate_parts(facts: &Facts) -> Vec<Draft> {
    let said = facts.certificate.said(facts.endpoints.all);
    let validity = match &facts.certificate {
        CertificateFact::Present { days_left, .. } if (0..TOO_SOON).contains(days_left) => {
            format!("{said} It {}: renew it first.", expiry(*days_left))
        }
        CertificateFact::Present { days_left, .. } if *days_left >= TOO_SOON => {
            format!("{said} It {}.", expiry(*days_left))
        }
        CertificateFact::Present { .. } | CertificateFact::None => said,
    };
    let mut parts = automation::parts(facts);
    parts.extend([
        Draft {
            code: "ssl_certificate",
            title: "Import an SSL certificate",
            met: Met::if_so(facts.certificate != CertificateFact::None),
            situation: automation::imported(facts),
            effect: Some(
                "It is kept and judged. Agents are shown it only once it is used for endpoint control.",
            ),
            needs: &[],
            place: Some(SETTINGS),
        },
        Draft {
            code: "certificate_valid",
            title: "Make sure that agents find it valid",
            met: Met::if_so(facts.has_valid() && facts.certificate.lasts(TOO_SOON)),
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
            met: Met::if_so(facts.switch == Switch::On && facts.none_to_upgrade()),
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
    ]);
    parts
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

/// Some names, and how many more there are.
pub(super) fn named(names: &[&str]) -> String {
    let first = names.iter().take(NAMED).map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

pub(super) fn has_or_have(number: u64) -> &'static str {
    if number == 1 { "has" } else { "have" }
}
