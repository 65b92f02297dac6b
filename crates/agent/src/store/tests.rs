//! What the agent keeps is found again, whatever became of the file.

use super::*;

#[test]
fn what_is_kept_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(&directory.path().join("deep/state"));
    let mut kept = store.load().unwrap();
    kept.deregistered = true;
    kept.moved = Some(Move { from: "a.example".parse().unwrap(), to: "b.example".parse().unwrap() });
    store.saving(&kept)().unwrap();
    assert_eq!(store.load().unwrap(), kept);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(store.file.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_choice_of_a_person_counts_as_long_as_the_configuration_says_the_same() {
    use ServerChoice::{Free, Pinned};
    let address = |text: &str| text.parse::<ServerAddress>().unwrap();
    let configuration = |server: Option<&str>, server_choice| AgentConfiguration {
        server: server.map(address),
        connect_to: None,
        enrolment_token: None,
        server_identity: None,
        invalid_certificate_action: countersign_trust::InvalidCertificateAction::Warn,
        proxy: crate::proxy::ProxySettings::None,
        state_directory: PathBuf::new(),
        keychain_service: String::new(),
        server_choice,
        command_line_answers: crate::configuration::CommandLineAnswers::Forbidden,
        recovery_directory: None,
    };
    // Configured when the person chose; configured and pinned now; where the agent belongs.
    let table = [
        (Some("a.example"), "b.example", Some("a.example"), Free, Some("b.example")),
        (Some("a.example"), "b.example", Some("a.example"), Pinned, Some("a.example")),
        (Some("a.example"), "b.example", Some("c.example"), Free, Some("c.example")),
        (Some("a.example"), "b.example", None, Free, None),
        (Some("a.example"), "a.example", Some("c.example"), Free, Some("c.example")),
        (None, "b.example", None, Free, Some("b.example")),
        (None, "b.example", Some("c.example"), Free, Some("c.example")),
    ];
    for (before, chosen, now, choice, expected) in table {
        let mut kept = Kept::new(Past::Complete);
        kept.moved = Some(Move { from: address(chosen), to: address("moved.example") });
        kept.choose(&configuration(before, Free), &address(chosen));
        let server = kept.server(&configuration(now, choice)).cloned();
        assert_eq!(server, expected.map(address), "{before:?}, {chosen}, {now:?}, {choice:?}");
    }
}

#[test]
fn of_several_writes_the_last_one_asked_for_wins() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    let mut kept = store.load().unwrap();
    let earlier = store.saving(&kept);
    kept.deregistered = true;
    let later = store.saving(&kept);
    later().unwrap();
    earlier().unwrap();
    assert!(store.load().unwrap().deregistered);
}

#[test]
fn a_damaged_file_is_set_aside_and_is_no_first_use() {
    for damaged in ["{\"schema\":", "{\"schema\": 1}", "", "\u{0}"] {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        std::fs::write(store.file.path(), damaged).unwrap();
        let kept = store.load().unwrap();
        assert_eq!(kept.past, Past::Lost);
        assert!(directory.path().join("agent.unreadable.json").exists());
        assert!(!store.file.path().exists());
        store.saving(&kept)().unwrap();
        assert_eq!(store.load().unwrap().past, Past::Lost);
    }
}

#[test]
fn the_file_of_a_later_version_and_one_that_cannot_be_read_stay() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::new(directory.path());
    std::fs::write(store.file.path(), "{\"schema\": 2, \"new\": true}").unwrap();
    let error = store.load().unwrap_err().to_string();
    assert!(error.contains("later version") && error.contains("agent.json"), "{error}");
    assert!(store.file.path().exists());
    std::fs::remove_file(store.file.path()).unwrap();
    std::fs::create_dir(store.file.path()).unwrap();
    let error = store.load().unwrap_err().to_string();
    assert!(error.contains("cannot be read") && error.contains("agent.json"), "{error}");
}
