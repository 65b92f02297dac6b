//! Tables of host names: each row becomes a certificate with these names that is trusted as it stands.

use std::net::IpAddr;

use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, KeyPair};
use serde_json::Value;
use time::OffsetDateTime;

use super::formats::{list, text, unix};
use super::{Case, Expected, Question};

const SUBJECT_ALTERNATIVE_NAME: &[u64] = &[2, 5, 29, 17];

pub(crate) fn case(row: &Value) -> Result<Case, String> {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    if let Some(name) = text(row, "cn") {
        parameters.distinguished_name.push(DnType::CommonName, name);
    }
    let mut names = Vec::new();
    for name in list(row, "dns").iter().filter_map(Value::as_str) {
        // Any bytes at all may stand in a certificate, so this does not go through a checked type.
        names.extend(element(0x82, name.as_bytes()));
    }
    for address in list(row, "ip").iter().filter_map(Value::as_str) {
        let bytes = match address.parse() {
            Ok(IpAddr::V4(address)) => address.octets().to_vec(),
            Ok(IpAddr::V6(address)) => address.octets().to_vec(),
            Err(_) => address.as_bytes().to_vec(),
        };
        names.extend(element(0x87, &bytes));
    }
    if !names.is_empty() {
        let contents = element(0x30, &names);
        parameters
            .custom_extensions
            .push(CustomExtension::from_oid_content(SUBJECT_ALTERNATIVE_NAME, contents));
    }
    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let certificate = parameters.self_signed(&key).map_err(|error| error.to_string())?;
    let expected = match text(row, "expected") {
        Some("match") => Expected::Accepted,
        Some("mismatch") => Expected::Refused,
        _ => return Err("no expected result".to_owned()),
    };
    Ok(Case {
        id: text(row, "id").unwrap_or_default().to_owned(),
        chain: vec![certificate.der().clone()],
        roots: vec![certificate.der().clone()],
        server: Some(text(row, "reference").unwrap_or_default().to_owned()),
        question: Question::Name,
        depth: None,
        time: unix(OffsetDateTime::now_utc()),
        expected,
        only_a_warning: false,
        reasons: text(row, "note").filter(|note| !note.is_empty()).map(str::to_owned).into_iter().collect(),
    })
}

/// One DER element.
fn element(tag: u8, contents: &[u8]) -> Vec<u8> {
    let mut element = vec![tag];
    match u8::try_from(contents.len()) {
        Ok(length @ 0..=0x7F) => element.push(length),
        Ok(length) => element.extend([0x81, length]),
        Err(_) => {
            let length = u16::try_from(contents.len()).unwrap_or(u16::MAX).to_be_bytes();
            element.extend([0x82, length[0], length[1]]);
        }
    }
    element.extend(contents);
    element
}
