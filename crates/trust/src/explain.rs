//! Why no path from the server's certificate to a root was accepted. Only explains: nothing here accepts anything.

use std::collections::HashMap;

use time::OffsetDateTime;

use crate::MAXIMUM_DEPTH;
use crate::assess::Rules;
use crate::certificate::{Certificate, Role};
use crate::checks;
use crate::name_constraints;
use crate::problem::Problem;
use crate::roots::{Root, TrustedRoots};
use crate::signature::{self, SignatureCheck};

/// Paths that are compared at most. Chains of honest servers have one or two.
const MAXIMUM_PATHS: usize = 32;
/// Steps of the search at most.
const MAXIMUM_STEPS: usize = 512;
/// Signatures that are checked at most. What is left unchecked is taken as valid: another reason is then given.
const MAXIMUM_SIGNATURES: usize = 48;

/// The problems of the most promising path.
pub(crate) fn explain(
    rules: &Rules,
    leaf: &Certificate<'_>,
    others: &[Certificate<'_>],
    roots: &TrustedRoots,
    now: OffsetDateTime,
) -> Vec<Problem> {
    let mut search = Search {
        rules,
        leaf,
        others,
        roots,
        now,
        steps: 0,
        signatures: 0,
        checked: HashMap::new(),
        found: Vec::new(),
    };
    search.extend(&mut Vec::new());
    let best = search.found.into_iter().min_by_key(|path| {
        (path.rank, path.problems.len(), path.problems.iter().map(Problem::kind).min(), path.length)
    });
    best.map(|path| path.problems).unwrap_or_default()
}

/// How far a path leads; the first is the most promising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    ToRoot,
    BreaksOff,
    ForgedToRoot,
    Forged,
}

struct Found {
    rank: Rank,
    length: usize,
    problems: Vec<Problem>,
}

struct Search<'s, 'a> {
    rules: &'s Rules,
    leaf: &'s Certificate<'a>,
    others: &'s [Certificate<'a>],
    roots: &'s TrustedRoots,
    now: OffsetDateTime,
    steps: usize,
    signatures: usize,
    /// Signatures by the certificate and the issuer, as places in memory.
    checked: HashMap<(usize, usize), SignatureCheck>,
    found: Vec<Found>,
}

impl<'s, 'a> Search<'s, 'a> {
    /// Goes on from the end of the path, given as places in `others`.
    fn extend(&mut self, path: &mut Vec<usize>) {
        self.steps += 1;
        if self.steps > MAXIMUM_STEPS || self.found.len() >= MAXIMUM_PATHS {
            return;
        }
        let end = self.end(path);
        let roots = self.roots;
        let mut led_on = false;
        for root in roots.with_subject(end.issuer()) {
            self.complete(path, root);
            led_on = true;
        }
        for next in 0..self.others.len() {
            let candidate = &self.others[next];
            let known = path.iter().any(|place| self.others[*place].is_same_entity(candidate))
                || self.leaf.is_same_entity(candidate);
            if candidate.subject() == end.issuer() && !known && path.len() < MAXIMUM_DEPTH {
                led_on = true;
                path.push(next);
                self.extend(path);
                path.pop();
            }
        }
        if !led_on || end.is_self_issued() {
            self.break_off(path);
        }
    }

    fn end(&self, path: &[usize]) -> &'s Certificate<'a> {
        path.last().map_or(self.leaf, |place| &self.others[*place])
    }

    fn complete(&mut self, path: &[usize], root: &Root) {
        let Some(certificate) = Certificate::read(&root.der, None) else { return };
        let (mut problems, forged) = self.along(path, Some(&certificate));
        problems.extend(root.problems(self.now));
        let depth = path.iter().filter(|place| !self.others[**place].is_self_issued()).count();
        if depth > self.rules.maximum_depth {
            let limit = u32::try_from(self.rules.maximum_depth).unwrap_or(u32::MAX);
            problems.push(Problem::PathTooLong { certificate: certificate.reference(), limit });
        }
        self.found.push(Found {
            rank: if forged { Rank::ForgedToRoot } else { Rank::ToRoot },
            length: path.len(),
            problems,
        });
    }

    fn break_off(&mut self, path: &[usize]) {
        let end = self.end(path);
        let (mut problems, forged) = self.along(path, None);
        let made_itself =
            path.is_empty() && end.is_self_issued() && self.signed(end, end) != SignatureCheck::Invalid;
        problems.push(if made_itself {
            Problem::SelfSigned { subject: end.subject_text() }
        } else {
            Problem::UnknownIssuer { issuer: end.issuer_text() }
        });
        self.found.push(Found {
            rank: if forged { Rank::Forged } else { Rank::BreaksOff },
            length: path.len(),
            problems,
        });
    }

    /// The problems of the certificates on a path and of the steps between them, and whether a signature is wrong.
    fn along(&mut self, path: &[usize], root: Option<&Certificate<'_>>) -> (Vec<Problem>, bool) {
        let mut problems = Vec::new();
        let mut forged = false;
        let chain: Vec<&Certificate<'_>> =
            std::iter::once(self.leaf).chain(path.iter().map(|place| &self.others[*place])).collect();
        for (below, certificate) in chain.iter().skip(1).enumerate() {
            problems.extend(checks::issuer(certificate, self.now));
            if let Role::Authority { path_length: Some(limit) } = certificate.role()
                && usize::try_from(limit).is_ok_and(|limit| below > limit)
            {
                problems.push(Problem::PathTooLong { certificate: certificate.reference(), limit });
            }
        }
        let issuers = chain.iter().skip(1).copied().chain(root);
        for (certificate, issuer) in chain.iter().zip(issuers.clone()) {
            if self.signed(certificate, issuer) == SignatureCheck::Invalid {
                forged = true;
                problems.push(Problem::BadSignature {
                    certificate: certificate.reference(),
                    issuer: certificate.issuer_text(),
                });
            }
        }
        for (depth, issuer) in issuers.enumerate() {
            let outside =
                chain.iter().take(depth + 1).any(|certificate| name_constraints::forbid(issuer, certificate));
            if outside {
                problems.push(Problem::NameNotPermitted { certificate: Some(issuer.reference()) });
            }
        }
        (problems, forged)
    }

    fn signed(&mut self, certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> SignatureCheck {
        let place = |certificate: &Certificate<'_>| certificate.der.as_ptr() as usize;
        let key = (place(certificate), place(issuer));
        if let Some(known) = self.checked.get(&key) {
            return *known;
        }
        if self.signatures >= MAXIMUM_SIGNATURES {
            return SignatureCheck::Unsupported;
        }
        self.signatures += 1;
        let result = signature::check(&certificate.x509, &issuer.x509);
        self.checked.insert(key, result);
        result
    }
}
