//! Why a certificate authority cannot be reached, in words that say what to do. What the libraries say stays, as a detail.

use std::error::Error;
use std::io;

use countersign_trust::display_text;
use rustls::CertificateError;

use super::failure::in_full;

/// What stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Obstacle {
    /// Its certificate is from an issuer that this computer does not know.
    UnknownIssuer,
    /// Its certificate is for another name.
    OtherName,
    /// Its certificate has expired, or is not valid yet.
    OutOfDate,
    /// Its certificate is not valid for another reason.
    NotValid,
    /// What answers there speaks no TLS, or none that this server speaks.
    NoTls,
    /// The name has no address.
    NotResolved,
    /// Nothing listens there.
    Refused,
    /// No packet gets there.
    NoWay,
    TimedOut,
    Else,
}

impl Obstacle {
    /// By the causes of an error, the outermost first.
    fn of(error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        while let Some(error) = next {
            // What the HTTP client calls it when the resolver has failed; the cause has no kind of its own.
            if error.to_string().starts_with("dns error") {
                return Self::NotResolved;
            }
            if let Some(error) = error.downcast_ref::<rustls::Error>() {
                return Self::of_tls(error);
            }
            if let Some(error) = error.downcast_ref::<io::Error>() {
                // The source of such an error is that of what is in it.
                if let Some(inner) = error.get_ref() {
                    let inner = Self::of(inner);
                    return if inner == Self::Else { Self::of_kind(error.kind()) } else { inner };
                }
                return Self::of_kind(error.kind());
            }
            next = error.source();
        }
        Self::Else
    }

    fn of_tls(error: &rustls::Error) -> Self {
        use CertificateError::{
            BadSignature, Expired, ExpiredContext, NotValidForName, NotValidForNameContext, NotValidYet,
            NotValidYetContext, UnknownIssuer,
        };
        let rustls::Error::InvalidCertificate(error) = error else { return Self::NoTls };
        // The second where a root has the name of the issuer, and is another one.
        if matches!(error, UnknownIssuer | BadSignature) {
            Self::UnknownIssuer
        } else if matches!(error, NotValidForName | NotValidForNameContext { .. }) {
            Self::OtherName
        } else if matches!(error, Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }) {
            Self::OutOfDate
        } else {
            Self::NotValid
        }
    }

    fn of_kind(kind: io::ErrorKind) -> Self {
        let known = [
            (io::ErrorKind::ConnectionRefused, Self::Refused),
            (io::ErrorKind::HostUnreachable, Self::NoWay),
            (io::ErrorKind::NetworkUnreachable, Self::NoWay),
            (io::ErrorKind::TimedOut, Self::TimedOut),
        ];
        known.into_iter().find(|(known, _)| *known == kind).map_or(Self::Else, |(_, obstacle)| obstacle)
    }

    /// What happened, as the end of a sentence, and what to do, in whole sentences.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::UnknownIssuer => (
                "it shows a certificate of an issuer that is not trusted here",
                "If it is an authority of your own, give the root certificate that vouches for its directory \
                 (“directory_root_pem”); otherwise check its address.",
            ),
            Self::OtherName => ("its certificate is for another name", "Check its address."),
            Self::OutOfDate => (
                "its certificate has expired or is not valid yet",
                "Check the clock of this computer, and tell whoever runs the authority.",
            ),
            Self::NotValid => ("its certificate is not valid", "Tell whoever runs the authority."),
            Self::NoTls => ("what answers at that address speaks no HTTPS", "Check its address and port."),
            Self::NotResolved => {
                ("its name cannot be resolved", "Check its address, and the DNS of this computer.")
            }
            Self::Refused => (
                "nothing answers at that address",
                "Check its address and port, and that the authority is running.",
            ),
            Self::NoWay => ("no way leads to that address", "Check its address and the network."),
            Self::TimedOut => {
                ("there was no answer in time", "Check its address, the network, and firewalls on the way.")
            }
            Self::Else => ("the connection has failed", "Check its address and the network."),
        }
    }
}

/// Why something cannot be done, of which `what` is the beginning of a sentence: the reason, what to do, and in the end what the
/// libraries said.
pub(super) fn in_words(what: &str, error: &(dyn Error + 'static)) -> String {
    let (reason, remedy) = Obstacle::of(error).words();
    let detail = display_text(&in_full(error));
    format!("{what}: {reason}. {remedy} In detail: {}.", detail.trim_end_matches('.'))
}

/// As [`in_words`], of what the library for authorities says; none when it is not about the connection.
pub(super) fn of_library(what: &str, error: &instant_acme::Error) -> Option<String> {
    // Its own source is that of what is in it.
    let instant_acme::Error::Other(inner) = error else { return None };
    let inner: &(dyn Error + 'static) = inner.as_ref();
    (Obstacle::of(inner) != Obstacle::Else).then(|| in_words(what, inner))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::PrivatePkcs8KeyDer;
    use rustls::{AlertDescription, ServerConfig};
    use std::sync::Arc;
    use tokio::net::TcpListener;

    use super::*;
    use crate::acme::client::AcmeClient;
    use crate::served_certificate::provider;

    #[test]
    fn each_kind_of_obstacle_is_told_from_others() {
        let invalid = |error| rustls::Error::InvalidCertificate(error);
        let in_io = |error| io::Error::new(io::ErrorKind::InvalidData, error);
        for (error, expected) in [
            (in_io(invalid(CertificateError::UnknownIssuer)), Obstacle::UnknownIssuer),
            (io::Error::other(in_io(invalid(CertificateError::UnknownIssuer))), Obstacle::UnknownIssuer),
            (in_io(invalid(CertificateError::NotValidForName)), Obstacle::OtherName),
            (in_io(invalid(CertificateError::Expired)), Obstacle::OutOfDate),
            (in_io(invalid(CertificateError::BadSignature)), Obstacle::UnknownIssuer),
            (in_io(invalid(CertificateError::Revoked)), Obstacle::NotValid),
            (in_io(rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)), Obstacle::NoTls),
            (io::ErrorKind::ConnectionRefused.into(), Obstacle::Refused),
            (io::ErrorKind::NetworkUnreachable.into(), Obstacle::NoWay),
            (io::Error::new(io::ErrorKind::TimedOut, "late"), Obstacle::TimedOut),
            (io::Error::other("dns error"), Obstacle::NotResolved),
            (io::ErrorKind::ConnectionReset.into(), Obstacle::Else),
        ] {
            assert_eq!(Obstacle::of(&error), expected, "{error:?}");
            let said = of_library("It", &instant_acme::Error::Other(error.into()));
            assert_eq!(said.is_some(), expected != Obstacle::Else, "{said:?}");
        }
    }

    /// A server that nobody knows, for one connection.
    async fn unknown_authority() -> std::net::SocketAddr {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key.into())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            // The client ends it.
            assert!(acceptor.accept(stream).await.is_err());
        });
        address
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_reached_is_said_to_be_so_in_words() {
        let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let unknown = unknown_authority().await;
        let mut another_root = rcgen::CertificateParams::default();
        another_root.distinguished_name.push(rcgen::DnType::CommonName, "Another");
        let another_root = another_root.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().pem();
        for (url, expected) in [
            (format!("https://{unused}/directory"), ["nothing answers at that address", "In detail: "]),
            (
                format!("https://localhost:{}/directory", unknown.port()),
                ["“directory_root_pem”", "UnknownIssuer"],
            ),
        ] {
            let client = AcmeClient::new(Some(&another_root)).unwrap();
            let said = client.directory(&url).await.unwrap_err().to_string();
            for part in expected {
                assert!(said.contains(part), "{url}: {said}");
            }
            assert!(
                said.starts_with("The directory of the certificate authority cannot be read: "),
                "{said}"
            );
        }
    }
}
