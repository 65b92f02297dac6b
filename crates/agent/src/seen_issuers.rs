//! The issuers that this computer does not know, as servers showed them: by them a proxy that inspects connections is
//! recognised.

use countersign_trust::{Assessment, UnknownIssuer};
use serde::{Deserialize, Serialize};

/// Servers of which the issuer is kept at most; the one learned first is forgotten first.
const MAXIMUM_SERVERS: usize = 32;

/// What was seen, one issuer a server. Not secret, and never a reason to trust anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SeenIssuers(Vec<UnknownIssuer>);

/// Whether something was learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Learned {
    Something,
    Nothing,
}

impl SeenIssuers {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn as_slice(&self) -> &[UnknownIssuer] {
        &self.0
    }

    /// Learns from the certificate of a server that has proved to hold its key. One that is valid shows that nobody
    /// inspects the connections to this server any more.
    pub(crate) fn learn(&mut self, assessment: &Assessment) -> Learned {
        let before = self.0.len();
        let seen = UnknownIssuer::of(assessment);
        if seen.as_ref().is_some_and(|seen| self.0.contains(seen)) {
            return Learned::Nothing;
        }
        if seen.is_some() || assessment.is_valid() {
            self.0.retain(|known| known.server != assessment.server);
        }
        let learned =
            if seen.is_some() || self.0.len() != before { Learned::Something } else { Learned::Nothing };
        self.0.extend(seen);
        // A file that somebody has edited may hold more.
        self.0.drain(..self.0.len().saturating_sub(MAXIMUM_SERVERS));
        learned
    }
}

#[cfg(test)]
mod tests {
    use countersign_trust::Problem;

    use super::*;

    fn assessment(server: &str, problems: Vec<Problem>) -> Assessment {
        Assessment {
            server: server.parse().unwrap(),
            certificate: None,
            fingerprint: None,
            chain_digest: None,
            problems,
            advice: Vec::new(),
            chain: Vec::new(),
            diagnosis: Vec::new(),
        }
    }

    fn issued_by(issuer: &str) -> Vec<Problem> {
        vec![Problem::UnknownIssuer { issuer: issuer.to_owned() }]
    }

    fn names(seen: &SeenIssuers) -> Vec<(String, String)> {
        seen.as_slice().iter().map(|seen| (seen.server.to_string(), seen.name.clone())).collect()
    }

    #[test]
    fn one_issuer_a_server_is_kept_until_the_certificate_is_valid() {
        let mut seen = SeenIssuers::default();
        let steps = [
            (assessment("a.example", issued_by("CN=One")), Learned::Something, Some("CN=One")),
            (assessment("a.example", issued_by("CN=One")), Learned::Nothing, Some("CN=One")),
            (assessment("a.example", issued_by("CN=Two")), Learned::Something, Some("CN=Two")),
            (assessment("a.example", vec![Problem::TooComplex]), Learned::Nothing, Some("CN=Two")),
            (assessment("b.example", Vec::new()), Learned::Nothing, Some("CN=Two")),
            (assessment("a.example", Vec::new()), Learned::Something, None),
        ];
        for (assessment, learned, kept) in steps {
            assert_eq!(seen.learn(&assessment), learned, "{:?}", assessment.kinds());
            let expected: Vec<_> =
                kept.map(|name| ("a.example:8013".to_owned(), name.to_owned())).into_iter().collect();
            assert_eq!(names(&seen), expected);
        }
    }

    #[test]
    fn there_is_a_limit() {
        let mut seen = SeenIssuers::default();
        for number in 0..100 {
            seen.learn(&assessment(&format!("s{number}.example"), issued_by("CN=One")));
        }
        assert_eq!(seen.as_slice().len(), MAXIMUM_SERVERS);
        assert_eq!(names(&seen).last().unwrap().0, "s99.example:8013");
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!(serde_json::from_str::<SeenIssuers>(&text).unwrap(), seen);
    }
}
