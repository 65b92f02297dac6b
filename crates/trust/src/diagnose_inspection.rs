//! Whether the certificates of several servers point to a proxy that inspects connections.

use crate::assessment::Assessment;
use crate::diagnosis::{Diagnosis, IssuerEvidence};
use crate::public_suffix::registered_domain;
use crate::server_address::{Host, ServerAddress};
use crate::unknown_issuer::UnknownIssuer;

/// Parts of names shorter than this are in too many names to mean anything.
const MINIMUM_LABEL: usize = 3;

/// Whether the unknown issuer of a server's certificate was seen at servers of others, given what was seen at any.
///
/// A proxy makes certificates for all servers with one issuer of its own; but so does a company for all of its own
/// servers. What tells them apart:
///
/// - Only servers count that are below another registered domain than this one (publicsuffix.org). Addresses, single
///   names and domains that nobody can register (`.local`, `.internal`) may all belong to one network.
/// - An issuer whose name has the name of one of these domains in it, such as “Example Corp CA” for `example.com`, is
///   taken as the company's own.
/// - Where both servers presented the issuer's certificate, the keys decide. Where one did not, only the names agree,
///   which anybody can write.
///
/// None when the issuer is known as a proxy's by its name, which says the same already. A company that uses an
/// authority of a neutral name for several domains is not told from a proxy, so that words have to leave that open.
#[must_use]
pub fn diagnose_inspection(assessment: &Assessment, seen: &[UnknownIssuer]) -> Option<Diagnosis> {
    if assessment.diagnosis.iter().any(|cause| matches!(cause, Diagnosis::InspectingProxy { .. })) {
        return None;
    }
    let here = UnknownIssuer::of(assessment)?;
    let domain = domain_of(&here.server)?;
    let mut by_key = Vec::new();
    let mut by_name = Vec::new();
    for there in seen {
        let Some(other) = domain_of(&there.server) else { continue };
        let own = is_named_after(&here.name, domain) || is_named_after(&here.name, other);
        if other == domain || own {
            continue;
        }
        match (here.key, there.key) {
            (Some(here), Some(there)) if here != there => {}
            (Some(_), Some(_)) => by_key.push(there.server.clone()),
            (None, _) | (_, None) if here.name == there.name => by_name.push(there.server.clone()),
            (None, _) | (_, None) => {}
        }
    }
    let (servers, evidence) =
        if by_key.is_empty() { (by_name, IssuerEvidence::Name) } else { (by_key, IssuerEvidence::Key) };
    (!servers.is_empty()).then_some(Diagnosis::SameIssuerElsewhere { issuer: here.name, servers, evidence })
}

/// The registered domain of a server. None where it says nothing about the server's owner.
fn domain_of(server: &ServerAddress) -> Option<&str> {
    match server.host() {
        Host::Name(name) => registered_domain(name.as_str()),
        Host::Address(_) => None,
    }
}

fn is_named_after(issuer: &str, domain: &str) -> bool {
    let label = domain.split('.').next().unwrap_or_default();
    label.len() >= MINIMUM_LABEL && issuer.to_lowercase().contains(label)
}
