//! The forms in which suites come.

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, UnixTime};
use serde_json::Value;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::{Case, Expected, Question, host_names, revocation};

/// The cases of a document, whichever suite it is.
pub(crate) fn cases(document: &Value) -> Result<Vec<Case>, String> {
    let list = match document {
        Value::Object(fields) => fields.get("testcases").and_then(Value::as_array),
        Value::Array(list) => Some(list),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    let list = list.ok_or("has no list of test cases")?;
    list.iter()
        .map(|case| {
            let id = text(case, "id").unwrap_or("without an id");
            let read = if case.get("peer_certificate").is_some() {
                limbo(case)
            } else if case.get("last_cert_trust").is_some() {
                chromium(case)
            } else if case.get("reference").is_some() {
                host_names::case(case)
            } else {
                Err("is of a form that is not known".to_owned())
            };
            read.map_err(|error| format!("{id}: {error}"))
        })
        .collect()
}

pub(crate) fn text<'v>(case: &'v Value, field: &str) -> Option<&'v str> {
    case.get(field).and_then(Value::as_str)
}

pub(crate) fn list<'v>(case: &'v Value, field: &str) -> &'v [Value] {
    case.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn unix(time: OffsetDateTime) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(time.unix_timestamp()).unwrap_or_default()))
}

fn pem(value: &Value) -> Result<CertificateDer<'static>, String> {
    let text = value.as_str().ok_or("a certificate is not text")?;
    CertificateDer::from_pem_slice(text.as_bytes())
        .map_err(|error| format!("a certificate is not PEM: {error}"))
}

fn pems(values: &[Value]) -> Result<Vec<CertificateDer<'static>>, String> {
    values.iter().map(pem).collect()
}

/// x509-limbo, and what was converted to its form.
fn limbo(case: &Value) -> Result<Case, String> {
    let mut chain = vec![pem(case.get("peer_certificate").ok_or("no certificate")?)?];
    chain.extend(pems(list(case, "untrusted_intermediates"))?);
    let time = match text(case, "validation_time") {
        Some(time) => OffsetDateTime::parse(time, &Rfc3339).map_err(|error| error.to_string())?,
        None => OffsetDateTime::now_utc(),
    };
    let for_servers = text(case, "validation_kind") == Some("SERVER");
    let roots = pems(list(case, "trusted_certs"))?;
    let expected = match text(case, "expected_result") {
        _ if !for_servers || asks_for_policies(case) => Expected::Skipped,
        _ if revocation::matters(&chain, &roots, list(case, "crls"), unix(time)) => Expected::Skipped,
        Some("SUCCESS") => Expected::Accepted,
        Some(_) => Expected::Refused,
        None => return Err("no expected result".to_owned()),
    };
    let server = case.get("expected_peer_name").and_then(|name| text(name, "value")).map(str::to_owned);
    Ok(Case {
        id: text(case, "id").unwrap_or_default().to_owned(),
        chain,
        roots,
        question: if server.is_some() { Question::Valid } else { Question::ValidForSomeName },
        server,
        depth: case
            .get("max_chain_depth")
            .and_then(Value::as_u64)
            .and_then(|depth| usize::try_from(depth).ok()),
        time: unix(time),
        expected,
        only_a_warning: case.get("failureIsWarning").and_then(Value::as_bool).unwrap_or(false),
        reasons: Vec::new(),
    })
}

/// Whether the outcome hangs on certificate policies that the caller demands (RFC 5280, section 6.1.1).
fn asks_for_policies(case: &Value) -> bool {
    let Some(policy) = case.get("policy").filter(|policy| !policy.is_null()) else { return false };
    let any =
        list(policy, "InitialPolicySet").iter().all(|identifier| identifier.as_str() == Some("anyPolicy"));
    let set = |field: &str| policy.get(field).and_then(Value::as_bool).unwrap_or(false);
    !any || set("InitialExplicitPolicy")
        || set("InitialPolicyMappingInhibit")
        || set("InitialInhibitAnyPolicy")
}

/// Chromium's chains: the last certificate is the root.
fn chromium(case: &Value) -> Result<Case, String> {
    let mut chain = pems(list(case, "chain"))?;
    let root = if chain.len() > 1 { chain.pop() } else { chain.last().cloned() };
    let time = match text(case, "utc_time") {
        None | Some("DEFAULT") => "211005120000Z",
        Some(time) => time,
    };
    let format = format_description!("[year repr:last_two][month][day][hour][minute][second]Z");
    let time = parse_utc_time(time).or_else(|| {
        time::PrimitiveDateTime::parse(time, &format).ok().map(time::PrimitiveDateTime::assume_utc)
    });
    let errors: Vec<&Value> =
        list(case, "expected_errors").iter().filter(|error| text(error, "level") == Some("ERROR")).collect();
    let reasons: Vec<String> = errors
        .iter()
        .map(|error| {
            format!(
                "{}: {}",
                text(error, "where").unwrap_or_default(),
                text(error, "text").unwrap_or_default()
            )
        })
        .collect();
    let purpose = text(case, "key_purpose").unwrap_or_default();
    let trust = text(case, "last_cert_trust").unwrap_or_default();
    let other_question = !purpose.starts_with("SERVER_AUTH")
        || purpose.contains("STRICT")
        || trust.contains("SELF_SIGNED")
        || reasons.iter().any(|reason| reason.contains("No valid policy"));
    let expected = match case.get("expected_ok").and_then(Value::as_bool) {
        _ if other_question => Expected::Skipped,
        Some(true) => Expected::Accepted,
        Some(false) => Expected::Refused,
        None => return Err("no expected result".to_owned()),
    };
    Ok(Case {
        id: text(case, "id").unwrap_or_default().to_owned(),
        chain,
        roots: root.into_iter().collect(),
        server: None,
        question: Question::ValidForSomeName,
        depth: None,
        time: unix(time.ok_or("the time cannot be read")?),
        expected,
        only_a_warning: false,
        reasons,
    })
}

/// `YYMMDDHHMMSSZ` of this century.
fn parse_utc_time(text: &str) -> Option<OffsetDateTime> {
    let format = format_description!("[year][month][day][hour][minute][second]Z");
    time::PrimitiveDateTime::parse(&format!("20{text}"), &format)
        .ok()
        .map(time::PrimitiveDateTime::assume_utc)
}
