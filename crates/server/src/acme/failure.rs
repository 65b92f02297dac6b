//! Why a certificate authority did not issue a certificate, in words and as it said so itself (RFC 8555, section 6.7).

use countersign_trust::display_text;
use instant_acme::Error;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::unreachable::of_library;

/// What all types of problems of RFC 8555 begin with.
const PREFIX: &str = "urn:ietf:params:acme:error:";
/// More problems within a problem are not shown.
const MOST_SUBPROBLEMS: usize = 20;

/// Whether the same could succeed later without anybody doing anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FailureKind {
    /// It may pass by itself: a network that is down, an authority that is busy.
    Passing,
    /// Somebody has to see to it.
    Lasting,
}

/// Why there is no certificate. What the authority said is fit to be shown, and is plain text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AcmeFailure {
    /// What happened and what to do, in whole sentences.
    pub(crate) text: String,
    pub(crate) kind: FailureKind,
    /// The type of the problem by RFC 8555, if the authority named one.
    pub(crate) problem_type: Option<String>,
    /// What the authority said of it.
    pub(crate) detail: Option<String>,
    /// What it said of single names.
    pub(crate) subproblems: Vec<AcmeSubproblem>,
    #[serde(with = "time::serde::rfc3339")]
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: OffsetDateTime,
}

/// What the authority said of one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct AcmeSubproblem {
    pub(crate) identifier: Option<String>,
    pub(crate) problem_type: Option<String>,
    pub(crate) detail: Option<String>,
}

/// Types of problems, what they mean here, and whether they pass.
const PROBLEMS: &[(&str, FailureKind, &str)] = &[
    ("badNonce", FailureKind::Passing, "The certificate authority kept refusing its own anti-replay values."),
    ("serverInternal", FailureKind::Passing, "The certificate authority has failed."),
    (
        "rateLimited",
        FailureKind::Passing,
        "The certificate authority has been asked too often, and wants to be left alone for a while.",
    ),
    (
        "orderNotReady",
        FailureKind::Passing,
        "The certificate authority was asked for the certificate before it was ready.",
    ),
    (
        "rejectedIdentifier",
        FailureKind::Lasting,
        "The certificate authority issues no certificate for this name. Give another domain, or ask another authority.",
    ),
    (
        "unsupportedIdentifier",
        FailureKind::Lasting,
        "The certificate authority issues no certificate for a name of this kind. Give another domain.",
    ),
    (
        "caa",
        FailureKind::Lasting,
        "The DNS of the domain (its CAA records) does not permit this certificate authority to issue a certificate for it.",
    ),
    (
        "dns",
        FailureKind::Lasting,
        "The certificate authority cannot resolve the domain. Check its DNS records.",
    ),
    (
        "connection",
        FailureKind::Lasting,
        "The certificate authority cannot reach this server under the domain. Check its DNS records, firewalls, and that the \
         port (80 for HTTP-01, 443 for TLS-ALPN-01) leads here.",
    ),
    (
        "tls",
        FailureKind::Lasting,
        "The certificate authority reached something else than this server under the domain. Check where port 443 leads.",
    ),
    (
        "incorrectResponse",
        FailureKind::Lasting,
        "Under the domain, something else than this server answered the certificate authority. Check where it leads.",
    ),
    (
        "unauthorized",
        FailureKind::Lasting,
        "The certificate authority is not convinced that the domain belongs to this server. Check where it leads.",
    ),
    (
        "userActionRequired",
        FailureKind::Lasting,
        "The certificate authority wants something from a person first, such as agreement to new terms. Follow what it says.",
    ),
    (
        "externalAccountRequired",
        FailureKind::Lasting,
        "The certificate authority wants to know whose customer this server is. Give the key ID and the HMAC key that it \
         handed out.",
    ),
    (
        "invalidContact",
        FailureKind::Lasting,
        "The certificate authority does not take the e-mail address. Give another one.",
    ),
    (
        "unsupportedContact",
        FailureKind::Lasting,
        "The certificate authority does not take an e-mail address of this kind. Give another one.",
    ),
    (
        "accountDoesNotExist",
        FailureKind::Lasting,
        "The certificate authority does not know the account of this server any more. Import again: another one is made.",
    ),
];

impl AcmeFailure {
    /// One that this server found itself.
    pub(crate) fn own(kind: FailureKind, text: impl Into<String>, at: OffsetDateTime) -> Self {
        Self { text: text.into(), kind, problem_type: None, detail: None, subproblems: Vec::new(), at }
    }

    /// What a library or an authority said went wrong.
    pub(crate) fn of(error: &Error, at: OffsetDateTime) -> Self {
        if let Error::Api(problem) = error {
            return Self::of_problem(problem, at);
        }
        let (kind, text) = if matches!(error, Error::Timeout(_)) {
            let late = "The certificate authority did not come to an end in time.";
            (FailureKind::Passing, late.to_owned())
        } else if let Error::Unsupported(what) = error {
            let what = display_text(what);
            (
                FailureKind::Lasting,
                format!("The certificate authority does not offer what is needed: {what}."),
            )
        } else if matches!(error, Error::Crypto | Error::KeyRejected) {
            let unusable = "The key of the account at the certificate authority cannot be used. Remove the automated certificate \
                            and set it up again.";
            (FailureKind::Lasting, unusable.to_owned())
        } else if let Some(text) = of_library("The certificate authority cannot be reached", error) {
            (FailureKind::Passing, text)
        } else {
            let why = display_text(&in_full(error));
            let why = why.trim_end_matches('.');
            let text = format!(
                "The certificate authority cannot be reached or answers otherwise than by RFC 8555: {why}."
            );
            (FailureKind::Passing, text)
        };
        Self::own(kind, text, at)
    }

    /// What an authority said.
    pub(crate) fn of_problem(problem: &instant_acme::Problem, at: OffsetDateTime) -> Self {
        let kind = problem.r#type.as_deref().unwrap_or_default();
        let known = PROBLEMS.iter().find(|(code, _, _)| kind.strip_prefix(PREFIX) == Some(code));
        let (failure, text) = known.map_or(
            (FailureKind::Lasting, "The certificate authority has refused."),
            |(_, failure, text)| (*failure, *text),
        );
        // A failure of the authority, or of something in front of it, that it has no type for.
        let failure = match problem.status {
            Some(500..=599) => FailureKind::Passing,
            Some(_) | None => failure,
        };
        let shown = |text: &Option<String>| text.as_deref().map(display_text).filter(|text| !text.is_empty());
        let subproblems = problem.subproblems.iter().take(MOST_SUBPROBLEMS).map(|one| AcmeSubproblem {
            identifier: one
                .identifier
                .as_ref()
                .map(|identifier| display_text(&identifier.authorized(false).to_string())),
            problem_type: shown(&one.r#type),
            detail: shown(&one.detail),
        });
        Self {
            text: text.to_owned(),
            kind: failure,
            problem_type: shown(&problem.r#type),
            detail: shown(&problem.detail),
            subproblems: subproblems.collect(),
            at,
        }
    }
}

/// Whether the authority only wants the same once more, with a fresh value against replays (RFC 8555, section 6.5).
pub(crate) fn is_bad_nonce(error: &Error) -> bool {
    matches!(error, Error::Api(problem)
        if problem.r#type.as_deref().and_then(|kind| kind.strip_prefix(PREFIX)) == Some("badNonce"))
}

/// Whether the authority says that there is no account of this key.
pub(crate) fn is_unknown_account(error: &Error) -> bool {
    matches!(error, Error::Api(problem)
        if problem.r#type.as_deref().and_then(|kind| kind.strip_prefix(PREFIX)) == Some("accountDoesNotExist"))
}

/// An error with what caused it.
pub(super) fn in_full(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !said.contains(&text) {
            said = format!("{said}: {text}");
        }
        cause = next.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(json: &str) -> AcmeFailure {
        AcmeFailure::of_problem(&serde_json::from_str(json).unwrap(), OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn what_an_authority_says_is_kept_apart_and_is_no_markup() {
        let found = problem(
            r#"{"type": "urn:ietf:params:acme:error:rejectedIdentifier", "detail": "No \u202e<b>\n\u0007way", "status": 400,
               "subproblems": [{"type": "urn:ietf:params:acme:error:caa", "detail": "not\u0000here",
                                "identifier": {"type": "dns", "value": "a.example"}}]}"#,
        );
        assert_eq!(found.kind, FailureKind::Lasting);
        assert!(found.text.contains("issues no certificate for this name"), "{found:?}");
        let detail = found.detail.unwrap();
        assert!(!detail.contains(['\u{202e}', '\n', '\u{7}']), "{detail:?}");
        assert_eq!(found.subproblems[0].identifier.as_deref(), Some("a.example"));
        assert!(!found.subproblems[0].detail.as_deref().unwrap().contains('\0'));
    }

    #[test]
    fn what_passes_is_told_from_what_lasts() {
        for (kind, status, expected) in [
            ("urn:ietf:params:acme:error:badNonce", 400, FailureKind::Passing),
            ("urn:ietf:params:acme:error:rateLimited", 429, FailureKind::Passing),
            ("urn:ietf:params:acme:error:connection", 403, FailureKind::Lasting),
            ("urn:ietf:params:acme:error:somethingNew", 400, FailureKind::Lasting),
            ("about:blank", 502, FailureKind::Passing),
        ] {
            let found = problem(&format!(r#"{{"type": "{kind}", "status": {status}}}"#));
            assert_eq!(found.kind, expected, "{kind}");
        }
        let nonce = serde_json::from_str(r#"{"type": "urn:ietf:params:acme:error:badNonce"}"#).unwrap();
        assert!(is_bad_nonce(&Error::Api(nonce)));
    }
}
