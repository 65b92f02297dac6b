//! Which certificate of a chain issued which, to be shown as a tree. Pure.

use countersign_trust::CertificateSummary;

/// Where a certificate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Which one of the presented certificates it is, 0 being the server's own.
    pub(super) position: usize,
    /// How many certificates are between it and the one where its branch begins.
    pub(super) depth: usize,
    /// Which certificate it issued, going by the names.
    pub(super) issued: Option<usize>,
}

/// The certificates in the order of a tree that begins with the server's own: each one is followed by its issuers, whatever
/// order the server presented them in. Those that issued none of the others begin a branch of their own at the end.
///
/// Goes by the names alone (RFC 5280, section 6.1.3): whether the signatures are right is for the problems to say.
pub(super) fn tree(chain: &[&CertificateSummary]) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::with_capacity(chain.len());
    for first in 0..chain.len() {
        let mut waiting = vec![Place { position: first, depth: 0, issued: None }];
        while let Some(place) = waiting.pop() {
            if places.iter().any(|known| known.position == place.position) {
                continue;
            }
            places.push(place);
            let Some(certificate) = chain.get(place.position) else { continue };
            if certificate.subject == certificate.issuer {
                // It issued itself, and another certificate of the same name issued what it issued.
                continue;
            }
            let issuers = (0..chain.len()).rev().filter(|&position| {
                position != place.position
                    && chain.get(position).is_some_and(|issuer| issuer.subject == certificate.issuer)
            });
            waiting.extend(issuers.map(|position| Place {
                position,
                depth: place.depth + 1,
                issued: Some(place.position),
            }));
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::data;

    fn certificate(subject: &str, issuer: &str) -> CertificateSummary {
        let mut certificate = CertificateSummary::clone(&data::valid().chain[0]);
        subject.clone_into(&mut certificate.subject);
        issuer.clone_into(&mut certificate.issuer);
        certificate
    }

    #[test]
    fn issuers_follow_what_they_issued() {
        type Branches<'a> = &'a [(usize, usize, Option<usize>)];
        let table: [(&[(&str, &str)], Branches<'_>); 7] = [
            (&[], &[]),
            (&[("a", "a")], &[(0, 0, None)]),
            (&[("a", "b"), ("b", "c"), ("c", "c")], &[(0, 0, None), (1, 1, Some(0)), (2, 2, Some(1))]),
            // In the wrong order.
            (&[("a", "b"), ("c", "c"), ("b", "c")], &[(0, 0, None), (2, 1, Some(0)), (1, 2, Some(2))]),
            // With one that does not belong there.
            (&[("a", "b"), ("x", "y"), ("b", "c")], &[(0, 0, None), (2, 1, Some(0)), (1, 0, None)]),
            // Two certificates of the same issuer, one of them cross-signed.
            (
                &[("a", "b"), ("b", "b"), ("b", "c"), ("c", "c")],
                &[(0, 0, None), (1, 1, Some(0)), (2, 1, Some(0)), (3, 2, Some(2))],
            ),
            // In a circle.
            (&[("a", "b"), ("b", "a")], &[(0, 0, None), (1, 1, Some(0))]),
        ];
        for (names, expected) in table {
            let chain: Vec<CertificateSummary> =
                names.iter().map(|(subject, issuer)| certificate(subject, issuer)).collect();
            let places = tree(&chain.iter().collect::<Vec<_>>());
            let found: Vec<_> =
                places.iter().map(|place| (place.position, place.depth, place.issued)).collect();
            assert_eq!(found, expected, "{names:?}");
        }
    }
}
