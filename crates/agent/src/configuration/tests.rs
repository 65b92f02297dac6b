//! What configuration files say, and what is said about wrong ones.

use super::*;

fn load(machine: &str, person: &str) -> Result<AgentConfiguration, ConfigurationError> {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let state = "\n[state]\ndirectory = \"/var/tmp/state\"\n";
    let person = write("person.toml", person);
    AgentConfiguration::load(&write("machine.toml", &format!("{machine}{state}")), Some(&person))
}

#[test]
fn everything_is_read() {
    let configuration = load(
        "[server]\naddress = \"ems.example.com\"\nconnect_to = \"127.0.0.1:9000\"\n\
         identity = \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n[enrolment]\ntoken = \"abc\"\n\
         [endpoint_control]\ninvalid_certificate_action = \"deny\"",
        "",
    )
    .unwrap();
    assert_eq!(configuration.server.unwrap().to_string(), "ems.example.com:8013");
    assert_eq!(configuration.connect_to.unwrap().port(), 9000);
    assert_eq!(configuration.enrolment_token.unwrap().expose(), "abc");
    assert_eq!(configuration.invalid_certificate_action, InvalidCertificateAction::Deny);
    assert!(configuration.server_identity.is_some());
}

#[test]
fn the_machine_outranks_the_person() {
    let person = "[server]\naddress = \"evil.example.net\"\nidentity = \
                  \"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"\n[enrolment]\ntoken = \"x\"\n\
                  [endpoint_control]\ninvalid_certificate_action = \"allow\"";
    let machine =
        "[server]\naddress = \"ems.example.com\"\n[endpoint_control]\ninvalid_certificate_action = \"warn\"";
    let configuration = load(machine, person).unwrap();
    assert_eq!(configuration.server.unwrap().to_string(), "ems.example.com:8013");
    assert!(configuration.server_identity.is_none() && configuration.enrolment_token.is_none());
    assert_eq!(configuration.invalid_certificate_action, InvalidCertificateAction::Warn);
    let unset = "[server]\naddress = \"ems.example.com\"";
    let configuration = load(unset, person).unwrap();
    assert_eq!(configuration.invalid_certificate_action, InvalidCertificateAction::Warn);
    let stricter = "[endpoint_control]\ninvalid_certificate_action = \"deny\"";
    let configuration = load(unset, stricter).unwrap();
    assert_eq!(configuration.invalid_certificate_action, InvalidCertificateAction::Deny);
    let alone = load("", person).unwrap();
    assert_eq!(alone.invalid_certificate_action, InvalidCertificateAction::Allow);
    assert!(alone.server_identity.is_some());
}

#[test]
fn only_the_machine_pins_the_server_and_permits_answers_without_the_dialog() {
    use CommandLineAnswers::{Forbidden, Permitted};
    use ServerChoice::{Free, Pinned};
    let server = "[server]\naddress = \"ems.example.com\"\n";
    let answers = "[endpoint_control]\nanswers_on_command_line = true\n";
    let refused = "[endpoint_control]\nanswers_on_command_line = false\n";
    let both = format!("{server}{answers}");
    let table = [
        ("", "", Free, Forbidden),
        ("", server, Free, Forbidden),
        (server, "", Pinned, Forbidden),
        (answers, "", Free, Permitted),
        (refused, answers, Free, Forbidden),
        ("", answers, Free, Forbidden),
        (&both, "", Pinned, Permitted),
    ];
    for (machine, person, choice, answers) in table {
        let configuration = load(machine, person).unwrap();
        let found = (configuration.server_choice, configuration.command_line_answers);
        assert_eq!(found, (choice, answers), "machine {machine:?}, person {person:?}");
    }
}

#[test]
fn what_is_wrong_is_named() {
    let table = [
        ("[server]\nadress = \"x\"", "adress"),
        ("[server]\naddress = \"https://x/\"", "server.address"),
        ("[server]\naddress = \"x:99999\"", "99999"),
        ("[server]\naddress = \"x\"\nidentity = \"zzz\"", "server.identity"),
        ("[server]\naddress = \"x\"\nconnect_to = \"localhost\"", "192.0.2.7:8013"),
        ("[server]\nconnect_to = \"127.0.0.1:1\"", "server.address"),
        ("[endpoint_control]\ninvalid_certificate_action = \"maybe\"", "allow, warn or deny"),
        ("[enrolment]\ntoken = \"a b\"", "without spaces"),
        ("[enrolment]\ntoken = \"a\"\ntoken_file = \"/x\"", "not both"),
        ("[server", "line 1"),
        ("[proxy]\nadress = \"http://x:1\"", "adress"),
        ("[proxy]\naddress = \"https://x:1\"", "proxy.address"),
        ("[proxy]\nmode = \"configured\"", "proxy.address"),
        ("[proxy]\nmode = \"auto\"", "configured, desktop or none"),
        ("[proxy]\nmode = \"none\"\naddress = \"http://x:1\"", "proxy.mode"),
        ("[proxy]\nexceptions = [\"10.0.0.0/99\"]", "proxy.exceptions"),
        ("[proxy]\nexceptions = \"localhost\"", "invalid type"),
        ("[proxy]\naddress = \"http://anna:hunter2@x:1\"", "keeps them in the keychain"),
        ("[enrolment]\ntoken_file = \"no-such-file\"", "no-such-file does not exist"),
        ("[enrolment]\ntoken_file = \"/dev/null\"", "/dev/null is empty"),
    ];
    for (text, expected) in table {
        let error = load(text, "").unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("machine.toml"), "{text}: {error}");
    }
}

#[test]
fn a_token_file_lies_beside_the_configuration() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "abc\n").unwrap();
    let file = directory.path().join("agent.toml");
    let text = "[server]\naddress = \"x\"\n[enrolment]\ntoken_file = \"token\"\n[state]\ndirectory = \"/var/tmp/state\"\n";
    std::fs::write(&file, text).unwrap();
    let configuration = AgentConfiguration::load(&file, None).unwrap();
    assert_eq!(configuration.enrolment_token.unwrap().expose(), "abc");
}

#[test]
fn the_machine_says_which_proxy_if_it_says_anything_about_proxies() {
    let persons = "[proxy]\naddress = \"socks5://persons:1\"\nexceptions = [\"*\"]";
    let table = [
        ("", "", "Desktop { exceptions: Exceptions([]) }"),
        ("", persons, "persons"),
        ("[proxy]", persons, "persons"),
        ("[proxy]\nmode = \"none\"", persons, "None"),
        ("[proxy]\nmode = \"desktop\"", persons, "Desktop { exceptions: Exceptions([]) }"),
        ("[proxy]\naddress = \"http://machines:1\"", persons, "exceptions: Exceptions([]) }"),
        ("[proxy]\naddress = \"http://machines:1\"", persons, "machines"),
        (
            "[proxy]\nexceptions = [\"localhost\"]",
            persons,
            "Desktop { exceptions: Exceptions([Name(DnsName(\"localhost",
        ),
    ];
    for (machine, person, expected) in table {
        let proxy = format!("{:?}", load(machine, person).unwrap().proxy);
        assert!(proxy.contains(expected), "{machine} {person}: {proxy}");
    }
}

#[test]
fn the_password_of_a_proxy_is_never_printed() {
    for text in [
        "[proxy]\naddress = \"http://anna:hunter2@x:1\"",
        "[proxy]\naddress = \"anna:hunter2://@x:1\"",
        "[proxy]\naddress = \"http://anna:hunter2@x:1\nmode = 1",
        "[proxy]\nmode = \"none\"\naddress = \"http://anna:hunter2@x:1\"",
    ] {
        let error = load(text, "").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

#[test]
fn a_token_is_never_printed() {
    let error = load("[enrolment]\ntoken = \"top-secret\nx", "").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("top-secret"));
    let configuration = load("[enrolment]\ntoken = \"top-secret\"", "").unwrap();
    assert!(!format!("{configuration:?}").contains("top-secret"));
}

#[test]
fn absent_files_are_no_error() {
    let directory = tempfile::tempdir().unwrap();
    let nothing = directory.path().join("nothing.toml");
    match AgentConfiguration::load(&nothing, Some(&nothing)) {
        Ok(configuration) => assert!(configuration.server.is_none()),
        Err(error) => assert!(matches!(error, ConfigurationError::NoStateDirectory)),
    }
}
