//! Endpoints that have not come back since the server's certificate was changed.

use super::*;

/// All is done, but that endpoints may be away.
fn observed(not_back: u64, coming_back: u64) -> Facts {
    let mut facts = Facts {
        switch: Switch::On,
        profiles: vec![profile("Default", Warn)],
        certificate: certificate(FoundHere::Valid, 90),
        ..facts()
    };
    facts.endpoints =
        EndpointFacts { all: 20, connected: 17, not_back, coming_back, ..EndpointFacts::default() };
    facts
}

#[test]
fn nothing_is_observed_to_its_end_without_them() {
    // Away, and still expected; how the parts stand, and what is said.
    for (not_back, coming_back, expected, said) in [
        (0, 0, "ddd ddd ddd ddo", "Nobody is known to be asked or cut off"),
        (
            3,
            0,
            "ddd ddd ddd dNb",
            "3 endpoints have not come back since the server's certificate was changed. They ask their people about the \
             certificate, refuse it, or their computers are switched off.",
        ),
        (
            1,
            0,
            "ddd ddd ddd dNb",
            "1 endpoint has not come back since the server's certificate was changed. It asks",
        ),
        (
            0,
            2,
            "ddd ddd ddd dNb",
            "The server's certificate was changed a moment ago, and 2 endpoints have yet to come back.",
        ),
    ] {
        let facts = observed(not_back, coming_back);
        assert_eq!(letters(&facts), expected, "{facts:?}");
        let situation = part(&facts, "observe").situation;
        assert!(situation.starts_with(said), "{situation}");
    }
    // With the certificate that is built in, nothing is at its end either.
    let facts = Facts { switch: Switch::Off, ..observed(4, 0) };
    assert!(part(&facts, "observe").situation.contains("4 endpoints have not come back"));
    assert_eq!(part(&facts, "observe").state, PartState::Blocked);
}

#[test]
fn whoever_tightens_is_told_of_them() {
    // The action of the profile, the one that it gets; whether anything is said.
    for (action, wanted, told) in [
        (Warn, Deny, true),
        (Allow, Deny, true),
        (Allow, Warn, true),
        (Deny, Warn, false),
        (Deny, Allow, false),
    ] {
        let facts = Facts { profiles: vec![profile("Default", action)], ..observed(3, 0) };
        let said = of_action(&facts, wanted).join(" ");
        let expected = "3 endpoints have not come back since the server's certificate was changed.";
        assert_eq!(said.starts_with(expected) && said.ends_with("Find out why first."), told, "{said}");
        let facts = Facts { profiles: vec![profile("Default", action)], ..observed(0, 3) };
        assert!(of_action(&facts, wanted).is_empty());
    }
}
