//! The two ways to a certificate: from an authority, or uploaded.

use super::*;

/// What is set, what was asked for, what the last pre-check has found; how each part stands; and a part, of which something is said.
type Row = (fn(&mut Facts), Option<RequestFact>, Option<CheckFact>, &'static str, &'static str, &'static str);

fn asked() -> RequestFact {
    RequestFact {
        domain: "server.example".to_owned(),
        other_name: None,
        email: "admin@server.example".to_owned(),
        auto_renew: Switch::Off,
        terms: Terms::NotAgreed,
        attempts: Attempts::None,
    }
}

fn check(code: &str) -> CheckFact {
    CheckFact {
        domain: "server.example".to_owned(),
        days_ago: 1,
        obstacles: vec![(code.to_owned(), format!("The obstacle {code}."))],
    }
}

/// The parts are remote access, redirect, ports, domain, e-mail, auto renew, terms; upload.
fn table() -> Vec<Row> {
    // Remote access, redirect, ports, domain, e-mail, auto renew, terms; upload. And a part of which something is said.
    vec![
        (|_| {}, None, None, "dooooooo", "redirect_http", "Only an automated certificate needs it."),
        (
            |facts| facts.automation.remote_https_access = Switch::Off,
            None,
            None,
            "oooooooo",
            "upload",
            "Instead of",
        ),
        (
            |facts| facts.certificate = certificate(FoundHere::Valid, 90),
            None,
            None,
            "doooooo d",
            "domain",
            "Not needed: the certificate was uploaded.",
        ),
        (|_| {}, None, Some(check("redirect_off")), "dodooooo", "ports", "in the pre-check yesterday."),
        (|_| {}, Some(asked()), None, "dNNddoNo", "ports", "“Check first”"),
        (
            |_| {},
            Some(asked()),
            Some(check("port_not_reachable")),
            "dNNddodo",
            "ports",
            "The obstacle port_not",
        ),
        (
            |_| {},
            Some(asked()),
            Some(check("name_not_resolved")),
            "dNdNdodo",
            "domain",
            "The obstacle name_not",
        ),
        (
            |_| {},
            Some(asked()),
            Some(check("no_agreement")),
            "dNdddoNo",
            "terms",
            "The obstacle no_agreement.",
        ),
        (
            |_| {},
            Some(RequestFact { other_name: Some("ems.example".to_owned()), ..asked() }),
            Some(check("redirect_off")),
            "dNdNdodo",
            "domain",
            "agents reach this server as ems.example",
        ),
        (
            |facts| facts.automation.redirect_http = Switch::On,
            Some(RequestFact { auto_renew: Switch::On, terms: Terms::Agreed, ..asked() }),
            Some(check("other_http_port")),
            "ddddddd o",
            "terms",
            "They were agreed to.",
        ),
        (
            |_| {},
            Some(RequestFact { attempts: Attempts::Succeeded, ..asked() }),
            Some(check("port_not_reachable")),
            "dodddodo",
            "ports",
            "The certificate authority has reached this server.",
        ),
        (
            |_| {},
            Some(RequestFact { attempts: Attempts::Failed, ..asked() }),
            None,
            "dNNddoNo",
            "auto_renew",
            "somebody has to order",
        ),
    ]
}

/// The same, of attempts that failed, and of certificates in use.
fn after_attempts() -> Vec<Row> {
    vec![
        // What was agreed to is not imported.
        (
            |facts| facts.automation.redirect_http = Switch::On,
            Some(RequestFact { attempts: Attempts::Failed, terms: Terms::Agreed, ..asked() }),
            Some(check("redirect_off")),
            "dddddoNo",
            "terms",
            "They were agreed to. The certificate authority has not issued the certificate",
        ),
        (
            |_| {},
            Some(RequestFact { attempts: Attempts::Failed, ..asked() }),
            None,
            "dNNddoNo",
            "upload",
            "Instead of",
        ),
        // It is the certificate in use that counts, and not what else was asked for.
        (
            |facts| facts.certificate = certificate(FoundHere::Valid, 90),
            Some(RequestFact { attempts: Attempts::Failed, terms: Terms::Agreed, ..asked() }),
            Some(check("port_not_reachable")),
            "dooddood",
            "terms",
            "No certificate of the authority is used: the one that is used was uploaded.",
        ),
        (
            |facts| facts.certificate = certificate(FoundHere::Valid, 90),
            Some(RequestFact { auto_renew: Switch::On, ..asked() }),
            None,
            "dooddood",
            "auto_renew",
            "The one that is used was uploaded.",
        ),
        // A renewal that fails takes nothing away from what was imported.
        (
            |facts| facts.certificate = issued(),
            Some(RequestFact { attempts: Attempts::Failed, terms: Terms::Agreed, ..asked() }),
            Some(check("redirect_off")),
            "dNdddodo",
            "upload",
            "Not needed: the certificate comes from an authority.",
        ),
    ]
}

/// A valid certificate that came from an authority.
fn issued() -> CertificateFact {
    CertificateFact::Present {
        here: FoundHere::Valid,
        agents: Verdicts::default(),
        how: How::Automated,
        days_left: 90,
    }
}

#[test]
fn each_way_to_a_certificate_takes_its_parts() {
    for (set, request, check, expected, code, said) in table().into_iter().chain(after_attempts()) {
        let mut facts = facts();
        set(&mut facts);
        (facts.automation.request, facts.automation.check) = (request, check);
        let steps = standing(&facts);
        let found: String = steps[2].parts.iter().filter(|part| is_of_a_way(part)).map(letter).collect();
        assert_eq!(found, expected.replace(' ', ""), "{:?}", facts.automation);
        let part = part(&facts, code);
        assert!(part.situation.contains(said), "{part:?}");
        let imported = &steps[2].parts[8];
        let asked = facts.automation.request.as_ref().map(|request| request.attempts);
        assert_eq!(
            (imported.code, imported.situation.starts_with("There is none yet")),
            (
                "ssl_certificate",
                facts.certificate == CertificateFact::None
                    && matches!(asked, Some(Attempts::None | Attempts::Failed))
            )
        );
        // An upload is possible whatever stands in the way of the other.
        assert!(
            steps[2]
                .parts
                .iter()
                .all(|part| part.code != "ssl_certificate" || part.state != PartState::Blocked)
        );
    }
}
