use countersign_trust::InvalidCertificateAction::{self, Allow, Deny, Warn};
use proptest::prelude::*;

use super::*;

mod absent;
mod unneeded;
mod ways;

fn facts() -> Facts {
    Facts {
        server_version: "1.2.0".to_owned(),
        first_validating_version: "1.1.0".to_owned(),
        switch: Switch::Off,
        profiles: vec![profile("Default", Allow), profile("Field", Allow)],
        observed: Observed::ForAHeartbeat,
        endpoints: EndpointFacts {
            all: 20,
            connected: 20,
            legacy: 12,
            invalid: 8,
            ..EndpointFacts::default()
        },
        certificate: CertificateFact::None,
        automation: AutomationFacts {
            remote_https_access: Switch::On,
            redirect_http: Switch::Off,
            request: None,
            check: None,
        },
    }
}

fn profile(name: &str, action: InvalidCertificateAction) -> ProfileFact {
    ProfileFact { name: name.to_owned(), action }
}

fn certificate(here: FoundHere, days_left: i64) -> CertificateFact {
    CertificateFact::Present { here, agents: Verdicts::default(), how: How::Uploaded, days_left }
}

fn letter(part: &Part) -> char {
    match part.state {
        PartState::Done => 'd',
        PartState::Next => 'N',
        PartState::Blocked => 'b',
        PartState::Optional => 'o',
    }
}

/// Whether a part belongs to one of the two ways to a certificate.
fn is_of_a_way(part: &Part) -> bool {
    part.title.starts_with("Automated: ") || part.title.starts_with("Upload: ")
}

/// How each part stands, by the first letter of its state; without those of the ways to a certificate.
fn letters(facts: &Facts) -> String {
    let steps = standing(facts);
    let of =
        |step: &Step| step.parts.iter().filter(|part| !is_of_a_way(part)).map(letter).collect::<String>();
    steps.iter().map(of).collect::<Vec<_>>().join(" ")
}

fn part(facts: &Facts, code: &str) -> Part {
    let found = standing(facts).into_iter().flat_map(|step| step.parts).find(|part| part.code == code);
    found.unwrap_or_else(|| panic!("there is no part {code}"))
}

fn set_agents(facts: &mut Facts, said: Verdicts) {
    if let CertificateFact::Present { agents, .. } = &mut facts.certificate {
        *agents = said;
    }
}

/// Goes on from one situation to the next.
type Change = fn(&mut Facts);

#[test]
fn the_whole_path_is_walked() {
    let table: [(&str, Change, &str); 19] = [
        ("agents are to be upgraded", |_| {}, "ddd ooN Nbb bbb"),
        ("a profile is strict", |facts| facts.profiles[0].action = Warn, "ddN bbb Nbb bbb"),
        ("a profile is strict, all of them", |facts| facts.profiles[1].action = Deny, "ddN bbb Nbb bbb"),
        (
            "all allow, and the switch is on",
            |facts| {
                facts.profiles = vec![profile("Default", Allow)];
                facts.switch = Switch::On;
            },
            "dNd bbb Nbb bbb",
        ),
        ("the switch is off", |facts| facts.switch = Switch::Off, "ddd ooN Nbb bbb"),
        ("all are upgraded", |facts| facts.endpoints.legacy = 0, "ddd ddd Nbb bbb"),
        (
            "a certificate for another name",
            |facts| facts.certificate = certificate(FoundHere::NotValid("name_mismatch".to_owned()), 90),
            "ddd ddd dNb bbb",
        ),
        (
            "a valid one that ends soon",
            |facts| facts.certificate = certificate(FoundHere::Valid, 13),
            "ddd ddd dNb bbb",
        ),
        ("a valid one", |facts| facts.certificate = certificate(FoundHere::Valid, 90), "ddd ddd ddN bbb"),
        (
            "one agent finds it not valid",
            |facts| set_agents(facts, Verdicts { valid: 19, not_valid: 1, silent: 0 }),
            "ddd ddd dNb bbb",
        ),
        (
            "all find it valid",
            |facts| set_agents(facts, Verdicts { valid: 20, not_valid: 0, silent: 0 }),
            "ddd ddd ddN bbb",
        ),
        (
            "it is used",
            |facts| {
                facts.switch = Switch::On;
                facts.endpoints.invalid = 0;
            },
            "ddd ddd ddd Nbb",
        ),
        (
            "all warn, since a moment ago",
            |facts| {
                facts.profiles[0].action = Warn;
                facts.observed = Observed::TooShort;
                facts.endpoints.applying = 2;
            },
            "ddd ddd ddd dNb",
        ),
        ("all have applied it", |facts| facts.endpoints.applying = 0, "ddd ddd ddd dNb"),
        ("a heartbeat has passed", |facts| facts.observed = Observed::ForAHeartbeat, "ddd ddd ddd ddo"),
        ("one could not apply it", |facts| facts.endpoints.failed = 1, "ddd ddd ddd dNb"),
        ("it can after all", |facts| facts.endpoints.failed = 0, "ddd ddd ddd ddo"),
        ("all deny", |facts| facts.profiles[0].action = Deny, "ddd ddd ddd ddd"),
        (
            "one agent finds it not valid, later on",
            |facts| {
                set_agents(facts, Verdicts { valid: 19, not_valid: 1, silent: 0 });
                facts.endpoints.refused = 1;
            },
            "ddd ddd dNd dNd",
        ),
        // Nobody is told to begin with Allow again because of one of them.
    ];
    let mut facts = facts();
    for (what, change, expected) in table {
        change(&mut facts);
        assert_eq!(letters(&facts), expected, "{what}");
    }
}

#[test]
fn what_stands_in_the_way_is_said() {
    let mut facts = facts();
    facts.profiles[0].action = Deny;
    let part = |code| part(&facts, code);
    assert_eq!(
        part("allow").situation,
        "Agents are shown a certificate that they do not find valid, and these profiles do not say Allow: “Default”."
    );
    assert_eq!(
        part("agents_upgraded").blocked_by,
        ["First: Configure the Invalid Certificate Action of all profiles as Allow."]
    );
    assert_eq!(part("switch_on").blocked_by.len(), 3);
    assert!(part("installer").situation.contains("does not make installers yet"));
    assert_eq!(
        part("agents_upgraded").situation,
        "12 of 20 endpoints have an agent older than 1.1.0, which does not validate certificates."
    );
    let nobody = Facts { endpoints: EndpointFacts::default(), ..facts };
    assert_eq!(letters(&nobody), "ddd ooo Nbb bbb");
}

#[test]
fn other_programs_are_not_called_old() {
    // Old agents, other programs; what is said, and where they are listed.
    for (legacy, foreign, said, place) in [
        (0, 0, "All 20 endpoints validate certificates; 20 of them are connected.", "/endpoints"),
        (
            1,
            0,
            "1 of 20 endpoints has an agent older than 1.1.0, which does not",
            "/endpoints?agent=not_validating",
        ),
        (2, 3, "validate certificates. 3 have another program than", "/endpoints?agent=not_validating"),
        (0, 1, "1 of 20 endpoints has another program than Countersign’s agent", "/endpoints?agent=foreign"),
    ] {
        let mut facts = facts();
        (facts.endpoints.legacy, facts.endpoints.foreign) = (legacy, foreign);
        let part = part(&facts, "agents_upgraded");
        assert!(part.situation.contains(said), "{}", part.situation);
        assert_eq!((part.place, part.state == PartState::Done), (Some(place), legacy + foreign == 0));
        let switched = of_switch(&facts, Switch::On).join(" ");
        assert_eq!(switched.contains("older than"), legacy > 0, "{switched}");
        assert_eq!(switched.contains("with another program"), foreign > 0, "{switched}");
    }
}

#[test]
fn what_is_done_too_early_has_consequences() {
    use CertificateFact::None;
    type Done = fn(&Facts) -> Vec<String>;
    type Case<'c> = (CertificateFact, Switch, u64, InvalidCertificateAction, Done, &'c [&'c str]);
    let valid = || certificate(FoundHere::Valid, 90);
    // The SSL certificate, the switch now, legacy agents, the action of all profiles; what is done, and what is said.
    let on: Done = |facts| of_switch(facts, Switch::On);
    let off: Done = |facts| of_switch(facts, Switch::Off);
    let warn: Done = |facts| of_action(facts, Warn);
    let deny: Done = |facts| of_action(facts, Deny);
    let allow: Done = |facts| of_action(facts, Allow);
    let doubted = || CertificateFact::Present {
        here: FoundHere::Valid,
        agents: Verdicts { valid: 9_999, not_valid: 1, silent: 0 },
        how: How::Uploaded,
        days_left: 90,
    };
    let table: [Case<'_>; 17] = [
        // This computer finds it valid, and one of many agents does not.
        (
            doubted(),
            Switch::Off,
            0,
            Warn,
            on,
            &["1 of 10000 endpoints that have judged it finds it not valid"],
        ),
        (
            doubted(),
            Switch::On,
            0,
            Allow,
            warn,
            &["1 of 10000 endpoints that have judged it finds it not valid"],
        ),
        (
            doubted(),
            Switch::On,
            0,
            Warn,
            deny,
            &["1 of 10000 endpoints that have judged it finds it not valid"],
        ),
        (valid(), Switch::Off, 0, Allow, on, &[]),
        (valid(), Switch::Off, 1, Allow, on, &["1 endpoint with an agent older than 1.1.0"]),
        (certificate(FoundHere::NameNotKnown, 90), Switch::Off, 0, Allow, on, &["connect all the same"]),
        (
            None,
            Switch::Off,
            3,
            Warn,
            on,
            &["3 endpoints with an agent", "People whose profile says Warn are asked"],
        ),
        (valid(), Switch::On, 0, Warn, off, &["the built-in certificate, which is never valid"]),
        (valid(), Switch::On, 0, Deny, off, &["Endpoints whose profile says Deny do not connect"]),
        (valid(), Switch::On, 0, Allow, off, &[]),
        (valid(), Switch::Off, 0, Deny, off, &[]),
        (valid(), Switch::On, 0, Allow, warn, &[]),
        (valid(), Switch::Off, 0, Allow, warn, &["the built-in certificate is served"]),
        (None, Switch::Off, 0, Warn, deny, &["cannot be reached to change that"]),
        (valid(), Switch::On, 0, Warn, deny, &["8 endpoints are connected although"]),
        (
            certificate(FoundHere::NotValid("expired".into()), -1),
            Switch::On,
            0,
            Warn,
            deny,
            &["may not be valid there"],
        ),
        (None, Switch::Off, 5, Deny, allow, &[]),
    ];
    for (certificate, switch, legacy, action, done, expected) in table {
        let mut facts = Facts { certificate, switch, profiles: vec![profile("Default", action)], ..facts() };
        facts.endpoints.legacy = legacy;
        let said = done(&facts);
        assert_eq!(said.len(), expected.len(), "{facts:?}: {said:?}");
        for (said, expected) in said.iter().zip(expected) {
            assert!(said.contains(expected), "{said}");
        }
    }
}

proptest! {
    /// A part that is blocked names what blocks it, and that is itself not done; what can be done is never blocked.
    #[test]
    fn the_way_on_is_always_open(
        on in any::<bool>(),
        actions in proptest::collection::vec(0_usize..3, 1..4),
        all in 0_u64..5,
        legacy in 0_u64..5,
        troubled in 0_u64..3,
        present in 0_u8..4,
        asked in any::<bool>(),
    ) {
        let facts = Facts {
            switch: if on { Switch::On } else { Switch::Off },
            profiles: actions.iter().map(|index| profile("P", InvalidCertificateAction::ALL[*index])).collect(),
            endpoints: EndpointFacts {
                all,
                legacy: legacy.min(all),
                foreign: troubled.min(all),
                asked: troubled,
                ..EndpointFacts::default()
            },
            certificate: match present {
                0 => CertificateFact::None,
                1 => certificate(FoundHere::Valid, 90),
                2 => certificate(FoundHere::NameNotKnown, 90),
                _ => certificate(FoundHere::NotValid("expired".to_owned()), -3),
            },
            automation: AutomationFacts {
                request: asked.then(|| RequestFact {
                    domain: "server.example".to_owned(),
                    other_name: None,
                    email: "admin@server.example".to_owned(),
                    auto_renew: Switch::Off,
                    terms: Terms::NotAgreed,
                    attempts: Attempts::None,
                }),
                ..facts().automation
            },
            ..facts()
        };
        let steps = standing(&facts);
        let parts: Vec<&Part> = steps.iter().flat_map(|step| &step.parts).collect();
        for part in &parts {
            prop_assert_eq!(part.state == PartState::Blocked, !part.blocked_by.is_empty());
            for blocked_by in &part.blocked_by {
                let first = parts.iter().find(|other| blocked_by == &format!("First: {}.", other.title));
                prop_assert!(matches!(first.map(|part| part.state), Some(PartState::Next | PartState::Blocked)));
            }
        }
        let done = steps.iter().all(|step| step.state == PartState::Done);
        prop_assert!(done || parts.iter().any(|part| part.state == PartState::Next));
    }
}
