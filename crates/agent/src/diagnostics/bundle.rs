//! The report: sections of text, redacted as a whole.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use countersign_trust::display_text;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::environment;
use super::private_file;
use super::redact::{Known, Redactor, RedactorError, ServerNames};
use super::server_names::find_servers;
use crate::configuration::AgentConfiguration;
use crate::doctor::Report;
use crate::inventory;
use crate::proxy::ProxySettings;

/// A section that is longer, in bytes, loses its end. That of the log is cut at its beginning, by whoever reads it.
const MAXIMUM_SECTION_BYTES: usize = 512 * 1024;
/// What is longer, in characters, loses its end.
const MAXIMUM_LINE_CHARACTERS: usize = 8 * 1024;

/// What goes into the report. What is absent is said to be.
#[derive(Default)]
pub struct Material {
    /// The settings, or what is wrong with them.
    pub configuration: Option<Result<AgentConfiguration, String>>,
    /// The status of the running agent, as JSON.
    pub status: Option<Value>,
    /// What the doctor found.
    pub doctor: Option<Report>,
    /// The remembered certificates, as JSON.
    pub remembered: Option<Value>,
    /// The connections of late, as JSON.
    pub history: Option<Value>,
    /// The last lines of the log, see [`super::recent_log_lines`].
    pub log: Option<String>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It would not be safe to hand on.
    #[error(transparent)]
    NotRedacted(#[from] RedactorError),
    /// Nothing is overwritten.
    #[error("There is a file {} already. Name another, or remove it.", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("The report {} cannot be written: {source}. Name a file in a directory of yours.", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The usual name of a report that is written now.
#[must_use]
pub fn bundle_file_name(now: OffsetDateTime) -> String {
    let format = format_description!("[year][month][day]-[hour][minute][second]");
    let moment = now.format(format).unwrap_or_default();
    format!("countersign-diagnostics-{moment}.txt")
}

/// Writes the report into a new file that its owner alone may read.
///
/// `known` is what there is to redact beside what the material itself tells: start from [`Known::of_this_process`] and
/// add secrets that the configuration does not hold, such as a proxy's password. Reads files of the system, so it is to
/// be called outside of asynchronous code.
pub fn write_bundle(
    path: &Path,
    material: &Material,
    known: Known,
    server_names: ServerNames,
) -> Result<(), BundleError> {
    let text = bundle_text(material, known, server_names)?;
    let written = private_file::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|source| {
        let path = path.to_owned();
        if source.kind() == std::io::ErrorKind::AlreadyExists {
            BundleError::Exists { path }
        } else {
            BundleError::Unwritable { path, source }
        }
    })
}

/// The text of the report, for instance to be looked at before it is written.
pub fn bundle_text(
    material: &Material,
    mut known: Known,
    server_names: ServerNames,
) -> Result<String, BundleError> {
    let doctor = material.doctor.as_ref().map(|report| serde_json::to_value(report).unwrap_or_default());
    let documents = [&material.status, &doctor, &material.remembered, &material.history];
    let mut servers = BTreeSet::new();
    for document in documents.into_iter().flatten() {
        find_servers(document, &mut servers);
    }
    if let Some(Ok(configuration)) = &material.configuration {
        servers.extend(configuration.server.iter().map(|server| server.host().to_string()));
        if let ProxySettings::Configured { address, .. } = &configuration.proxy {
            servers.insert(address.host().to_string());
        }
        known.secrets.extend(configuration.enrolment_token.clone());
    }
    known.servers.extend(servers);

    let mut computer = serde_json::to_value(inventory::collect()).unwrap_or_default();
    if let Some(entries) = computer.as_object_mut() {
        entries.retain(|key, _| key != "host_name" && key != "user");
    }
    let mut text = introduction(server_names);
    section(&mut text, "Computer", Some(&pretty(&computer)));
    let environment = environment::describe(|name| std::env::var(name).ok());
    section(&mut text, "Environment", Some(&environment));
    section(&mut text, "Configuration", material.configuration.as_ref().map(settings).as_deref());
    section(&mut text, "Status", material.status.as_ref().map(pretty).as_deref());
    section(&mut text, "Doctor", doctor.as_ref().map(pretty).as_deref());
    section(&mut text, "Remembered certificates", material.remembered.as_ref().map(pretty).as_deref());
    section(&mut text, "Connections", material.history.as_ref().map(pretty).as_deref());
    section(&mut text, "Log", material.log.as_deref());
    let redacted = Redactor::new(&known, server_names)?.redact(&text);
    Ok(redacted.lines().map(shortened).collect())
}

fn introduction(server_names: ServerNames) -> String {
    let now = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
    let servers = match server_names {
        ServerNames::Hidden => "names of servers, ",
        ServerNames::Shown => "",
    };
    format!(
        "Countersign {} diagnostics, {now}\n\n\
         Please read this before you hand it on. Home directory, names of person and computer, {servers}addresses,\n\
         passwords and keys were replaced by placeholders; the same placeholder stands for the same thing.\n",
        inventory::AGENT_VERSION
    )
}

fn section(text: &mut String, title: &str, content: Option<&str>) {
    let _ = write!(text, "\n===== {title} =====\n\n");
    let content = content.map(str::trim_end).unwrap_or_default();
    if content.is_empty() {
        text.push_str("(nothing)\n");
        return;
    }
    let kept = beginning(content);
    text.push_str(kept);
    text.push('\n');
    if kept.len() < content.len() {
        let _ = writeln!(text, "({} bytes left out)", content.len() - kept.len());
    }
}

/// As many whole lines as fit: half a secret would not be recognised.
fn beginning(content: &str) -> &str {
    if content.len() <= MAXIMUM_SECTION_BYTES {
        return content;
    }
    let end = content
        .match_indices('\n')
        .map(|(position, _)| position)
        .take_while(|position| *position <= MAXIMUM_SECTION_BYTES)
        .last();
    content.get(..end.unwrap_or_default()).unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Every setting is decided about here, so that none that is secret gets in unnoticed.
fn settings(configuration: &Result<AgentConfiguration, String>) -> String {
    let configuration = match configuration {
        Ok(configuration) => configuration,
        Err(reason) => return display_text(reason),
    };
    let AgentConfiguration {
        server,
        connect_to,
        enrolment_token,
        server_identity,
        invalid_certificate_action,
        state_directory,
        keychain_service,
        server_choice,
        command_line_answers,
        recovery_directory,
        proxy,
    } = configuration;
    pretty(&json!({
        "server": server,
        "connect_to": connect_to,
        "enrolment": if enrolment_token.is_some() { "a token is set" } else { "no token is set" },
        "server_identity": server_identity,
        "invalid_certificate_action": invalid_certificate_action,
        "state_directory": state_directory,
        "keychain_service": keychain_service,
        "server_choice": server_choice,
        "proxy": format!("{proxy:?}"),
        "command_line_answers": command_line_answers,
        "recovery_directory": recovery_directory,
    }))
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(MAXIMUM_LINE_CHARACTERS) {
        Some((end, _)) => {
            let left_out = line.chars().count() - MAXIMUM_LINE_CHARACTERS;
            format!("{}… ({left_out} characters left out)\n", &line[..end])
        }
        None => format!("{line}\n"),
    }
}

#[cfg(test)]
mod tests {
    use countersign_protocol::Secret;
    use countersign_trust::InvalidCertificateAction;
    use time::macros::datetime;

    use super::*;
    use crate::{CommandLineAnswers, ServerChoice};

    const FINGERPRINT: &str =
        "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";

    fn material() -> Material {
        let configuration = AgentConfiguration {
            server: Some("ems.corp.example.com:9000".parse().unwrap()),
            connect_to: Some("10.9.8.7:9000".parse().unwrap()),
            enrolment_token: Some(Secret::new("tok-4711-abcdef".to_owned())),
            server_identity: None,
            invalid_certificate_action: InvalidCertificateAction::Warn,
            state_directory: "/home/anna/.local/state/countersign".into(),
            keychain_service: "Countersign".to_owned(),
            proxy: ProxySettings::Configured {
                address: "http://gate.elsewhere.example:3128".parse().unwrap(),
                exceptions: crate::proxy::Exceptions::default(),
            },
            server_choice: ServerChoice::Pinned,
            command_line_answers: CommandLineAnswers::Forbidden,
            recovery_directory: None,
        };
        Material {
            configuration: Some(Ok(configuration)),
            status: Some(json!({
                "state": { "name": "connected" }, "server": "ems.corp.example.com:9000",
                "assessment": { "problems": [{ "kind": "name_mismatch", "names": ["mail.other.example"] }],
                    "certificate": { "subject": "CN=portal.third.example, O=Third", "fingerprint": FINGERPRINT,
                        "pem": "-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n" } },
                "since": "2026-11-25T10:00:00Z"
            })),
            doctor: None,
            remembered: Some(json!([{ "server": "old.example:8013", "fingerprint": FINGERPRINT }])),
            history: Some(json!([])),
            log: Some(format!(
                "2026-11-25T10:00:00.1Z  INFO countersign_agent: connected server=ems.corp.example.com:9000 \
                 10.9.8.7\nheader Authorization: Bearer tok-4711-abcdef\nold.example /home/anna/x {}\n",
                "long ".repeat(4000)
            )),
        }
    }

    fn known() -> Known {
        Known { homes: vec!["/home/anna".into()], user: Some("anna".to_owned()), ..Known::default() }
    }

    #[test]
    fn what_must_go_goes_and_what_must_stay_stays() {
        let text = bundle_text(&material(), known(), ServerNames::Hidden).unwrap();
        for gone in [
            "anna",
            "tok-4711-abcdef",
            "10.9.8.7",
            "ems.corp",
            "corp.example",
            "mail.other",
            "portal.third",
            "old.example",
            "gate.elsewhere",
            "MIIBAAAA",
        ] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        for there in [
            FINGERPRINT,
            "name_mismatch",
            ":9000",
            "2026-11-25T10:00:00Z",
            "~/.local/state/countersign",
            "a token is set",
            "===== Doctor =====\n\n(nothing)\n",
            "countersign_agent: connected",
            "<server 1>",
            "\"connected\"",
            "characters left out",
            "<PEM>",
        ] {
            assert!(text.contains(there), "{there} not in {text}");
        }
        assert!(text.lines().all(|line| line.chars().count() < MAXIMUM_LINE_CHARACTERS + 60));
        // The same server is the same everywhere.
        let line = text.lines().find(|line| line.contains("agent: connected")).unwrap();
        let status = text.lines().find(|line| line.contains("\"server\": \"<server")).unwrap();
        let number = status.split('<').nth(1).unwrap().split('>').next().unwrap();
        assert!(line.contains(number), "{line} {status}");
    }

    #[test]
    fn names_of_servers_are_shown_when_asked_for() {
        let text = bundle_text(&material(), known(), ServerNames::Shown).unwrap();
        assert!(text.contains("ems.corp.example.com:9000") && text.contains("MIIBAAAA"), "{text}");
        for gone in ["tok-4711-abcdef", "10.9.8.7", "anna"] {
            assert!(!text.contains(gone), "{gone}");
        }
    }

    #[test]
    fn nothing_is_overwritten_and_nobody_else_reads_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(bundle_file_name(datetime!(2026-11-25 10:00:01 UTC)));
        assert!(path.ends_with("countersign-diagnostics-20261125-100001.txt"));
        write_bundle(&path, &Material::default(), known(), ServerNames::Hidden).unwrap();
        let again = write_bundle(&path, &Material::default(), known(), ServerNames::Hidden);
        assert!(matches!(again, Err(BundleError::Exists { .. })));
        let nowhere = directory.path().join("missing/report.txt");
        let failed = write_bundle(&nowhere, &Material::default(), known(), ServerNames::Hidden);
        assert!(matches!(failed, Err(BundleError::Unwritable { .. })));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_section_without_end_is_cut_between_lines() {
        let text = "0123456789\n".repeat(100_000);
        let kept = beginning(&text);
        assert!(kept.len() <= MAXIMUM_SECTION_BYTES && kept.ends_with("789") && kept.len() > 500_000);
        assert_eq!(beginning(&"x".repeat(MAXIMUM_SECTION_BYTES + 1)), "");
    }
}
