//! The way to the server, and the server.

use countersign_agent::doctor::{
    Attempt, AttemptResult, CertificateFault, ConfigurationFacts, ConfigurationFault, DnsFacts, DnsFault,
    NameHint, ProxyFacts, ProxyFault, RememberedKnowledge, TcpFacts, TcpFault, TlsFacts, TlsFault,
};
use countersign_trust::Decision;
use countersign_words::{Text, Words};

use super::Said;

/// What a file or the system says is longer than a name, and has an end all the same, in characters.
const LONGEST_DETAIL: usize = 600;

pub(super) fn configuration(words: &Words, facts: &ConfigurationFacts) -> Said {
    Said::well(words.doctor_configuration_ok(&facts.server))
}

pub(super) fn configuration_fault(words: &Words, fault: &ConfigurationFault) -> Said {
    match fault {
        ConfigurationFault::NoServer => {
            Said::wrong(words.doctor_configuration_no_server(), words.doctor_configuration_no_server_advice())
        }
        ConfigurationFault::Wrong { detail } => Said::wrong(
            words.doctor_configuration_wrong(&Text::of_peer_lines(detail, LONGEST_DETAIL)),
            words.doctor_configuration_wrong_advice(),
        ),
    }
}

pub(super) fn proxy(words: &Words, facts: &ProxyFacts) -> Said {
    Said::well(words.doctor_proxy_ok(&facts.proxy.to_string()))
}

pub(super) fn proxy_fault(words: &Words, fault: &ProxyFault) -> Said {
    match fault {
        ProxyFault::Settings { detail } => Said::wrong(
            words.doctor_proxy_settings(&Text::of_peer_lines(detail, LONGEST_DETAIL)),
            words.doctor_proxy_settings_advice(),
        ),
        ProxyFault::NameUnknown { proxy } => Said::wrong(
            words.doctor_proxy_name_unknown(&proxy.to_string()),
            words.doctor_proxy_name_unknown_advice(),
        ),
        ProxyFault::Unreachable { proxy, attempts } => Said::wrong(
            words.doctor_proxy_unreachable(&proxy.to_string()),
            words.doctor_proxy_unreachable_advice(),
        )
        .with_details(each(words, attempts)),
    }
}

pub(super) fn dns(words: &Words, facts: &DnsFacts) -> Said {
    let addresses: Vec<Text> =
        facts.addresses.iter().map(|address| Text::of_peer(&address.to_string())).collect();
    Said::well(words.doctor_dns_ok(&facts.host, &words.list(&addresses)))
}

pub(super) fn dns_fault(words: &Words, fault: &DnsFault) -> Said {
    match fault {
        DnsFault::NoSuchName { host, hint } => Said::wrong(
            words.doctor_dns_no_such_name(host),
            match hint {
                None => words.doctor_dns_no_such_name_advice(),
                Some(NameHint::LocalName) => words.doctor_dns_local_name_advice(),
                Some(NameHint::SingleLabel { .. }) => words.doctor_dns_single_label_advice(),
            },
        ),
        DnsFault::NoResolver { .. } => {
            Said::wrong(words.doctor_dns_no_resolver(), words.doctor_dns_no_resolver_advice())
        }
        DnsFault::ResolverFails { .. } => {
            Said::wrong(words.doctor_dns_fails(), words.doctor_dns_fails_advice())
        }
        DnsFault::Other { host, detail } => {
            Said::wrong(words.doctor_dns_other(host, detail), words.doctor_dns_other_advice())
        }
    }
}

pub(super) fn tcp(words: &Words, facts: &TcpFacts) -> Said {
    match facts.answered {
        Some(address) => Said::well(words.doctor_tcp_ok(&address.to_string())),
        None => Said::well(words.doctor_tcp_ok_through_proxy()),
    }
}

pub(super) fn tcp_fault(words: &Words, fault: &TcpFault) -> Said {
    match fault {
        TcpFault::Refused { attempts } => {
            Said::wrong(words.doctor_tcp_refused(), words.doctor_tcp_refused_advice())
                .with_details(each(words, attempts))
        }
        TcpFault::NoAnswer { attempts } => {
            Said::wrong(words.doctor_tcp_no_answer(), words.doctor_tcp_no_answer_advice())
                .with_details(each(words, attempts))
        }
        TcpFault::Unreachable { attempts } => {
            Said::wrong(words.doctor_tcp_unreachable(), words.doctor_tcp_unreachable_advice())
                .with_details(each(words, attempts))
        }
        TcpFault::Other { attempts } => {
            Said::wrong(words.doctor_tcp_other(), words.doctor_tcp_other_advice())
                .with_details(each(words, attempts))
        }
        TcpFault::ProxyAuthentication { detail } => Said::wrong(
            words.doctor_tcp_proxy_authentication(detail),
            words.doctor_tcp_proxy_authentication_advice(),
        ),
        TcpFault::ProxyRefuses { detail } => {
            Said::wrong(words.doctor_tcp_proxy_refuses(detail), words.doctor_tcp_proxy_refuses_advice())
        }
    }
}

fn each(words: &Words, attempts: &[Attempt]) -> Vec<Text> {
    let attempt = |attempt: &Attempt| {
        let result = match &attempt.result {
            AttemptResult::Connected => words.doctor_attempt_connected(),
            AttemptResult::Refused => words.doctor_attempt_refused(),
            AttemptResult::Unreachable => words.doctor_attempt_unreachable(),
            AttemptResult::NoAnswer => words.doctor_attempt_no_answer(),
            AttemptResult::Other { detail } => Text::of_peer(detail),
        };
        words.doctor_attempt(&attempt.address.to_string(), &result)
    };
    attempts.iter().map(attempt).collect()
}

pub(super) fn tls(words: &Words, _facts: &TlsFacts) -> Said {
    Said::well(words.doctor_tls_ok())
}

pub(super) fn tls_fault(words: &Words, fault: &TlsFault) -> Said {
    match fault {
        TlsFault::OnlyOlder => Said::wrong(words.doctor_tls_old(), words.doctor_tls_old_advice()),
        TlsFault::NotTls => Said::wrong(words.doctor_tls_not_tls(), words.doctor_tls_not_tls_advice()),
        TlsFault::Closed => Said::wrong(words.doctor_tls_closed(), words.doctor_tls_closed_advice()),
        TlsFault::Other { detail } => {
            Said::wrong(words.doctor_tls_other(detail), words.doctor_tls_other_advice())
        }
    }
}

pub(super) fn certificate(words: &Words) -> Said {
    Said::well(words.doctor_certificate_ok())
}

pub(super) fn certificate_fault(words: &Words, fault: &CertificateFault) -> Said {
    let facts = fault.facts();
    let (fault, advice) = match fault {
        CertificateFault::NotValid(facts) => (
            words.doctor_certificate_not_valid(facts.assessment.problems.len()),
            words.doctor_certificate_not_valid_advice(),
        ),
        CertificateFault::NotProved(_) => {
            (words.doctor_certificate_not_proved(), words.doctor_certificate_not_proved_advice())
        }
    };
    let consequence = match facts.decision {
        Decision::Connect(_) => words.doctor_certificate_connects(),
        Decision::Ask(_) => words.doctor_certificate_asks(),
        Decision::Refuse(_) => words.doctor_certificate_refuses(),
    };
    let unknown = match facts.remembered {
        RememberedKnowledge::Known => Text::default(),
        RememberedKnowledge::KeychainNotRead => words.doctor_certificate_keychain_not_read(),
    };
    let problems = facts.assessment.problems.iter().map(|problem| {
        Text::in_one_paragraph(&[words.problem_summary(problem), words.problem_meaning(problem)])
    });
    Said::wrong(Text::in_one_paragraph(&[fault, consequence, unknown]), advice)
        .with_details(problems.collect())
}
