//! Advice about certificates that are accepted all the same.

use crate::advice::{Advice, AdviceKind};
use crate::certificate::Certificate;
use crate::names::{NameConstraints, NameMatch, common_name, match_host};
use crate::server_address::ServerAddress;

/// What a careful administrator would improve.
pub(crate) fn advise(
    leaf: &Certificate<'_>,
    _others: &[Certificate<'_>],
    server: &ServerAddress,
) -> Vec<Advice> {
    let mut advice = Vec::new();
    let mut add = |kind| advice.push(Advice { kind, certificate: leaf.reference() });
    if match_host(&leaf.x509, server.host(), NameConstraints::Absent) == NameMatch::CommonName {
        add(AdviceKind::NameInCommonNameOnly);
    }
    let names = crate::read::alternative_names(&leaf.x509);
    if let Some(common_name) = common_name(&leaf.x509)
        && !names.is_empty()
        && !names.iter().any(|name| name == common_name)
    {
        add(AdviceKind::CommonNameNotAmongNames);
    }
    advice
}
