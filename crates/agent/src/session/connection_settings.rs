//! Connection settings that a server offers: a client certificate, another server.

use countersign_protocol::OPAMP_PATH;
use countersign_protocol::opamp::{ConnectionSettingsOffers, OpAmpConnectionSettings, TlsCertificate};
use countersign_trust::ServerAddress;
use thiserror::Error;

use super::Session;
use crate::Secret;
use crate::client_identity::{ClientIdentity, ClientIdentityError};
use crate::ratchet::{self, Ruling, Wish};

/// Why an offer is refused, as a whole.
#[derive(Debug, Error)]
pub(super) enum OfferError {
    #[error("{}", ratchet::DENIED)]
    NotTrusted,
    #[error("Certificates are always checked; settings that ask to skip the check are refused.")]
    SkipsVerification,
    #[error("Certificates are judged by the roots of the operating system; a server cannot bring its own.")]
    OwnRoots,
    #[error("TLS 1.3 is required; settings for the version {0:?} are refused.")]
    OldTls(String),
    #[error("This version does not connect through an offered proxy.")]
    Proxy,
    #[error("Private keys are made on this computer; an offered one is not taken.")]
    PrivateKey,
    #[error("The offered certificate was not asked for in this session.")]
    NotAskedFor,
    #[error(
        "{0:?} is not the address of a management server; it must be like wss://server.example.com:8013{OPAMP_PATH}."
    )]
    Endpoint(String),
    #[error(transparent)]
    Certificate(#[from] ClientIdentityError),
}

/// What an offer amounts to.
#[derive(Debug)]
pub(super) enum Accepted {
    /// Nothing that concerns this agent.
    Nothing,
    /// A client certificate.
    Identity(Box<ClientIdentity>),
    /// Another server.
    Move { to: ServerAddress, token: Option<Secret> },
}

/// Judges an offer. It is taken as a whole or not at all.
pub(super) fn judge(
    session: &mut Session,
    offers: &ConnectionSettingsOffers,
) -> Result<Accepted, OfferError> {
    let Some(settings) = &offers.opamp else { return Ok(Accepted::Nothing) };
    check(settings)?;
    let destination = destination(settings)?.filter(|destination| *destination != session.server);
    if let Some(to) = destination {
        return match ratchet::rule(session.trust, Wish::Move) {
            Ruling::Granted => Ok(Accepted::Move { to, token: offered_token(settings) }),
            Ruling::Denied => Err(OfferError::NotTrusted),
        };
    }
    match &settings.certificate {
        Some(certificate) => accept_certificate(session, certificate),
        None => Ok(Accepted::Nothing),
    }
}

fn check(settings: &OpAmpConnectionSettings) -> Result<(), OfferError> {
    if settings.proxy.as_ref().is_some_and(|proxy| !proxy.url.is_empty()) {
        return Err(OfferError::Proxy);
    }
    let Some(tls) = &settings.tls else { return Ok(()) };
    if tls.insecure_skip_verify {
        return Err(OfferError::SkipsVerification);
    }
    if !tls.ca_pem_contents.is_empty() {
        return Err(OfferError::OwnRoots);
    }
    let allows_tls_1_3 = tls.max_version.is_empty() || tls.max_version.contains("1.3");
    if allows_tls_1_3 { Ok(()) } else { Err(OfferError::OldTls(tls.max_version.clone())) }
}

fn destination(settings: &OpAmpConnectionSettings) -> Result<Option<ServerAddress>, OfferError> {
    let text = settings.destination_endpoint.as_str();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || OfferError::Endpoint(countersign_trust::display_text(text));
    let rest = text.strip_prefix("wss://").ok_or_else(wrong)?;
    let authority = rest.strip_suffix(OPAMP_PATH).or_else(|| rest.strip_suffix('/')).unwrap_or(rest);
    ServerAddress::parse(authority).map(Some).map_err(|_| wrong())
}

/// A token for the other server travels as the header with which the agent shall come there.
fn offered_token(settings: &OpAmpConnectionSettings) -> Option<Secret> {
    let headers = &settings.headers.as_ref()?.headers;
    let value = &headers.iter().find(|header| header.key.eq_ignore_ascii_case("authorization"))?.value;
    let token = value.strip_prefix("Bearer ")?.trim();
    let fits = !token.is_empty() && token.len() <= 512 && token.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| Secret::new(token.to_owned()))
}

fn accept_certificate(session: &mut Session, certificate: &TlsCertificate) -> Result<Accepted, OfferError> {
    if let Ruling::Denied = ratchet::rule(session.trust, Wish::Enrol) {
        return Err(OfferError::NotTrusted);
    }
    if !certificate.private_key.is_empty() {
        return Err(OfferError::PrivateKey);
    }
    let pending = session.pending_identity.take().ok_or(OfferError::NotAskedFor)?;
    Ok(Accepted::Identity(Box::new(pending.complete(&certificate.cert)?)))
}

#[cfg(test)]
mod tests {
    use countersign_protocol::opamp::{Header, Headers, ProxyConnectionSettings, TlsConnectionSettings};

    use super::*;

    fn tls(change: impl FnOnce(&mut TlsConnectionSettings)) -> OpAmpConnectionSettings {
        let mut tls = TlsConnectionSettings::default();
        change(&mut tls);
        OpAmpConnectionSettings { tls: Some(tls), ..OpAmpConnectionSettings::default() }
    }

    #[test]
    fn settings_that_weaken_the_check_are_refused() {
        assert!(matches!(
            check(&tls(|tls| tls.insecure_skip_verify = true)),
            Err(OfferError::SkipsVerification)
        ));
        assert!(matches!(check(&tls(|tls| tls.ca_pem_contents = "x".to_owned())), Err(OfferError::OwnRoots)));
        assert!(matches!(
            check(&tls(|tls| tls.max_version = "TLSv1.2".to_owned())),
            Err(OfferError::OldTls(_))
        ));
        assert!(check(&tls(|tls| tls.max_version = "TLSv1.3".to_owned())).is_ok());
        let proxy = Some(ProxyConnectionSettings { url: "http://proxy".to_owned(), connect_headers: None });
        assert!(matches!(
            check(&OpAmpConnectionSettings { proxy, ..Default::default() }),
            Err(OfferError::Proxy)
        ));
    }

    #[test]
    fn destinations_are_read() {
        let table = [
            ("", Some(None)),
            ("wss://a.example:9000/v1/opamp", Some(Some("a.example:9000"))),
            ("wss://a.example", Some(Some("a.example:8013"))),
            ("wss://[::1]:9/v1/opamp", Some(Some("[::1]:9"))),
            ("ws://a.example/v1/opamp", None),
            ("https://a.example", None),
            ("wss://a.example/other", None),
            ("wss://user@a.example", None),
            ("a.example:8013", None),
        ];
        for (text, expected) in table {
            let settings =
                OpAmpConnectionSettings { destination_endpoint: text.to_owned(), ..Default::default() };
            let read = destination(&settings).ok().map(|found| found.map(|address| address.to_string()));
            assert_eq!(read, expected.map(|found| found.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn a_token_for_the_other_server_is_taken_from_the_headers() {
        let with = |value: &str| OpAmpConnectionSettings {
            headers: Some(Headers {
                headers: vec![Header { key: "authorization".to_owned(), value: value.to_owned() }],
            }),
            ..Default::default()
        };
        assert_eq!(offered_token(&with("Bearer abc")).unwrap().expose(), "abc");
        for wrong in ["abc", "Bearer ", "Bearer a b", "Bearer a\r\nX: y"] {
            assert!(offered_token(&with(wrong)).is_none(), "{wrong}");
        }
    }
}
