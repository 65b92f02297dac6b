//! Which servers a document of the report names.

use std::collections::BTreeSet;

use serde_json::Value;

/// Documents of others are looked through this deep.
const MAXIMUM_DEPTH: usize = 32;

/// Collects the names of servers in a document.
pub(super) fn find_servers(document: &Value, servers: &mut BTreeSet<String>) {
    find(document, Meaning::Other, MAXIMUM_DEPTH, servers);
}

/// What a value in a document means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The name or the address of a server.
    Server,
    /// A name in a certificate, which may be anything.
    CertificateName,
    /// A distinguished name, in which names of servers may stand.
    DistinguishedName,
    Other,
}

fn find(value: &Value, meaning: Meaning, depth: usize, servers: &mut BTreeSet<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::String(text) => match meaning {
            Meaning::Server => servers.extend(host(text)),
            // A word that a stranger chose must not be taken out everywhere.
            Meaning::CertificateName => servers.extend(host(text).filter(|name| name.contains('.'))),
            Meaning::DistinguishedName => {
                servers.extend(
                    text.split([',', '+']).filter_map(|part| part.trim().strip_prefix("CN=")).filter_map(
                        // A common name of several words is none of a server's.
                        |name| host(name).filter(|name| name.contains('.') && !name.contains(' ')),
                    ),
                );
            }
            Meaning::Other => {}
        },
        Value::Array(values) => {
            for value in values {
                find(value, meaning, depth, servers);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                let meaning = match key.as_str() {
                    "server" | "host" | "requested" | "proxy" | "from" | "to" | "search" => Meaning::Server,
                    "names" | "pattern" | "subject_alternative_names" => Meaning::CertificateName,
                    "subject" | "issuer" => Meaning::DistinguishedName,
                    _ => Meaning::Other,
                };
                find(value, meaning, depth, servers);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The host of `host` or `host:port`, in the forms in which names of servers are written. IP addresses are recognised
/// wherever they stand.
fn host(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("DNS:").unwrap_or(text);
    let host = match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        Some(_) | None => text,
    };
    let host = host.strip_prefix("*.").unwrap_or(host);
    let is_name =
        host.chars().all(|character| character.is_alphanumeric() || matches!(character, '.' | '-' | '_'));
    (is_name && !host.is_empty()).then(|| host.to_owned())
}
