//! What is not needed any more, or never was, is not offered, and stands in nobody's way.

use super::*;

/// How the agents have judged the certificate that is there, which this computer finds not valid.
fn judged(valid: u64, not_valid: u64) -> CertificateFact {
    CertificateFact::Present {
        here: FoundHere::NotValid("untrusted_root".to_owned()),
        agents: Verdicts { valid, not_valid, silent: 0 },
        how: How::Uploaded,
        days_left: 90,
    }
}

#[test]
fn nobody_is_told_to_allow_when_no_agent_is_to_be_upgraded() {
    let table = [
        ("new, and nobody is there", 0, Switch::Off, CertificateFact::None, "ddd ooo Nbb bbb"),
        ("new, with a certificate", 0, Switch::Off, certificate(FoundHere::Valid, 90), "ddd ooo ddN bbb"),
        ("new, and it is shown", 0, Switch::On, certificate(FoundHere::Valid, 90), "ddd ooo ddd dNb"),
        ("upgraded, and no certificate", 3, Switch::Off, CertificateFact::None, "ddd ddd Nbb bbb"),
        ("nobody finds it valid", 3, Switch::On, judged(0, 3), "ddd ddd dNd bbb"),
        ("most find it not valid", 3, Switch::On, judged(1, 2), "ddd ddd dNd dNb"),
        ("finished", 3, Switch::On, judged(3, 0), "ddd ddd ddd ddo"),
    ];
    for (what, all, switch, certificate, expected) in table {
        let invalid = match &certificate {
            CertificateFact::Present { agents, .. } if switch == Switch::On => agents.not_valid,
            CertificateFact::Present { .. } | CertificateFact::None => all,
        };
        let facts = Facts {
            switch,
            profiles: vec![profile("Default", Warn)],
            endpoints: EndpointFacts { all, connected: all, invalid, ..EndpointFacts::default() },
            certificate,
            ..facts()
        };
        assert_eq!(letters(&facts), expected, "{what}");
        let situation = part(&facts, "allow").situation;
        assert!(situation.starts_with("Not needed: no agent has to be upgraded"), "{what}: {situation}");
        assert_eq!(
            situation.contains("agents find the certificate valid"),
            what == "finished",
            "{situation}"
        );
    }
}

#[test]
fn while_agents_are_upgraded_a_strict_profile_stands_in_the_way() {
    let mut facts = facts();
    facts.profiles[0].action = Warn;
    facts.switch = Switch::On;
    facts.certificate = judged(8, 0);
    let part = part(&facts, "allow");
    assert_eq!(part.state, PartState::Next);
    assert_eq!(
        part.situation,
        "Agents are still to be upgraded, and these profiles do not say Allow: “Default”."
    );
}
