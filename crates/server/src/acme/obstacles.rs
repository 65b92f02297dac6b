//! What stands in the way of a certificate from an authority, as far as this server can tell, in plain words and within a few
//! seconds. The authority may see it otherwise: it looks from outside.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use countersign_trust::{Host, display_text};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::Serialize;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use utoipa::ToSchema;
use uuid::Uuid;

use super::challenge::{ALPN, proves};
use super::client::AcmeClient;
use super::settings::{AcmeSettings, ChallengeKind};
use crate::served_certificate::provider;
use crate::store::{Store, StoreError};
use crate::web::{HttpPort, HttpsAccess};

/// How long the name may take to be resolved, and this server to answer itself.
const TO_RESOLVE: Duration = Duration::from_secs(5);
const TO_ANSWER: Duration = Duration::from_secs(4);
/// More addresses of a name are not tried.
const MOST_ADDRESSES: usize = 4;
/// An answer of this server is shorter, in bytes.
const LONGEST_ANSWER: u64 = 4096;

/// How much it stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ObstacleKind {
    /// No certificate can be had, or it would not be of use.
    Stops,
    /// It may be right, or look otherwise to the authority.
    MayStop,
    /// Good to know.
    Note,
}

/// Something that stands in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Obstacle {
    pub(crate) kind: ObstacleKind,
    /// A word for programs.
    pub(crate) code: &'static str,
    /// What it is and what to do, in whole sentences.
    pub(crate) text: String,
}

impl Obstacle {
    fn new(kind: ObstacleKind, code: &'static str, text: impl Into<String>) -> Self {
        Self { kind, code, text: text.into() }
    }
}

/// What a certificate is to be had for, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'wish> {
    pub(crate) domain: &'wish str,
    pub(crate) challenge: ChallengeKind,
}

/// Where the server stands.
pub(crate) struct Surroundings<'server> {
    pub(crate) store: &'server Store,
    pub(crate) now: OffsetDateTime,
    pub(crate) server_name: Option<&'server Host>,
    pub(crate) http: &'server HttpPort,
    pub(crate) https: SocketAddr,
    pub(crate) access: HttpsAccess,
    /// The ports on which authorities ask: 80 and 443 (RFC 8555, section 8.3; RFC 8737, section 3).
    pub(crate) asked: AskedPorts,
}

/// On which ports authorities ask.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedPorts {
    pub(crate) http: u16,
    pub(crate) tls: u16,
}

impl AskedPorts {
    /// Those of the standards.
    pub(crate) const STANDARD: Self = Self { http: 80, tls: 443 };
}

/// Whether the authority has terms to which nobody has agreed.
pub(crate) async fn no_agreement(settings: &AcmeSettings) -> Option<Obstacle> {
    let read = async {
        AcmeClient::new(settings.directory_root_pem.as_deref())?.directory(&settings.directory_url).await
    };
    match timeout(TO_ANSWER, read).await {
        Ok(Ok(directory)) => directory.meta.terms_of_service.map(|terms| {
            Obstacle::new(
                ObstacleKind::Stops,
                "no_agreement",
                format!(
                    "Nobody has agreed to the terms of service of the certificate authority yet: {}.",
                    display_text(&terms)
                ),
            )
        }),
        Ok(Err(error)) => {
            Some(Obstacle::new(ObstacleKind::MayStop, "authority_not_reachable", error.to_string()))
        }
        Err(_) => Some(Obstacle::new(
            ObstacleKind::MayStop,
            "authority_not_reachable",
            format!(
                "The certificate authority did not answer within {} seconds. Check its address and the network.",
                TO_ANSWER.as_secs()
            ),
        )),
    }
}

/// What stands in the way, what stops everything first.
pub(crate) async fn obstacles(
    wish: Wish<'_>,
    around: &Surroundings<'_>,
) -> Result<Vec<Obstacle>, StoreError> {
    let mut found = of_settings(wish, around);
    match resolve(wish.domain).await {
        Err(why) => found.push(Obstacle::new(
            ObstacleKind::MayStop,
            "name_not_resolved",
            format!(
                "The name {} cannot be resolved from this computer ({why}). The certificate authority has to find a public \
                 address under it: check its DNS records.",
                wish.domain
            ),
        )),
        Ok(addresses) => {
            found.extend(of_addresses(wish, &addresses).await);
            found.extend(reach(wish, around, &addresses).await?);
        }
    }
    found.sort_by_key(|obstacle| obstacle.kind);
    Ok(found)
}

/// What can be told without the network.
fn of_settings(wish: Wish<'_>, around: &Surroundings<'_>) -> Vec<Obstacle> {
    use ObstacleKind::{MayStop, Note, Stops};
    let mut found = Vec::new();
    match around.server_name {
        Some(name) if name.to_string() != wish.domain => found.push(Obstacle::new(
            Stops,
            "other_name",
            format!(
                "Agents reach this server as {name}, and would find a certificate for {} not valid. Ask for a certificate for \
                 {name}, or change “server_name” in the configuration.",
                wish.domain
            ),
        )),
        Some(_) => {}
        None => found.push(Obstacle::new(
            Note,
            "no_server_name",
            "The name by which agents reach this server is not set (“server_name” in the configuration): the certificate is \
             judged by the domain that is asked for.",
        )),
    }
    match wish.challenge {
        ChallengeKind::Http => match around.http {
            HttpPort::Off => found.push(Obstacle::new(
                Stops,
                "no_http_port",
                "This server does not listen for HTTP, so that HTTP-01 cannot work. Set “http_address” in the configuration \
                 (0.0.0.0:80, for example), or choose TLS-ALPN-01.",
            )),
            HttpPort::Unavailable { address, reason } => found.push(Obstacle::new(
                Stops,
                "http_port_unavailable",
                format!("The HTTP port {address} cannot be had, and HTTP-01 cannot work without it. {reason}"),
            )),
            HttpPort::Listening(address) if address.port() != around.asked.http => found.push(Obstacle::new(
                Note,
                "other_http_port",
                format!(
                    "This server listens for HTTP on port {}. The certificate authority asks on port {}, which has to lead here.",
                    address.port(),
                    around.asked.http
                ),
            )),
            HttpPort::Listening(_) => {}
        },
        ChallengeKind::TlsAlpn if around.https.port() != around.asked.tls => found.push(Obstacle::new(
            Note,
            "other_https_port",
            format!(
                "This server listens for HTTPS on port {}. The certificate authority asks on port {}, which has to lead here \
                 without TLS being ended on the way.",
                around.https.port(),
                around.asked.tls
            ),
        )),
        ChallengeKind::TlsAlpn => {}
    }
    if wish.challenge == ChallengeKind::TlsAlpn && around.https.ip().is_loopback() {
        found.push(only_loopback("HTTPS", MayStop));
    }
    if let (ChallengeKind::Http, HttpPort::Listening(address)) = (wish.challenge, around.http)
        && address.ip().is_loopback()
    {
        found.push(only_loopback("HTTP", MayStop));
    }
    if !around.access.is_remote() {
        found.push(Obstacle::new(
            Note,
            "remote_https_access_off",
            "Remote HTTPS access is off: nobody but this computer can use the console. Certificate authorities are answered all \
             the same.",
        ));
    }
    if !around.access.redirects() {
        found.push(Obstacle::new(
            Note,
            "redirect_off",
            "Redirect HTTP request to HTTPS is off: whoever opens the name of this server without https:// finds nothing. \
             Certificate authorities are answered all the same.",
        ));
    }
    found
}

fn only_loopback(what: &str, kind: ObstacleKind) -> Obstacle {
    let text = format!(
        "This server listens for {what} on this computer only, so that no certificate authority reaches it."
    );
    Obstacle::new(kind, "only_loopback", text)
}

async fn resolve(domain: &str) -> Result<Vec<IpAddr>, String> {
    // Fully qualified, so that the domains in which this computer searches do not count.
    let name = if domain.contains('.') { format!("{domain}.:0") } else { format!("{domain}:0") };
    match timeout(TO_RESOLVE, tokio::net::lookup_host(name)).await {
        Err(_) => Err(format!("no answer within {} seconds", TO_RESOLVE.as_secs())),
        Ok(Err(error)) => Err(display_text(&error.to_string())),
        Ok(Ok(found)) => {
            let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
            addresses.dedup();
            addresses.truncate(MOST_ADDRESSES);
            if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
        }
    }
}

/// Whether the name leads to this computer.
async fn of_addresses(wish: Wish<'_>, addresses: &[IpAddr]) -> Option<Obstacle> {
    for address in addresses {
        // Only addresses of this computer can be taken.
        if UdpSocket::bind((*address, 0)).await.is_ok() {
            return None;
        }
    }
    let listed: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    Some(Obstacle::new(
        ObstacleKind::MayStop,
        "address_of_another_host",
        format!(
            "{} is {}, which is no address of this computer. That is right if a router or load balancer there passes the \
             connections on to this server.",
            wish.domain,
            listed.join(", ")
        ),
    ))
}

/// Asks this server as an authority would, with an answer that only it knows.
async fn reach(
    wish: Wish<'_>,
    around: &Surroundings<'_>,
    addresses: &[IpAddr],
) -> Result<Option<Obstacle>, StoreError> {
    let listens = wish.challenge == ChallengeKind::TlsAlpn || matches!(around.http, HttpPort::Listening(_));
    if !listens {
        return Ok(None);
    }
    let token = format!("probe-{}", Uuid::now_v7().simple());
    let answer = Uuid::now_v7().simple().to_string();
    let (port, name) = match wish.challenge {
        ChallengeKind::Http => (around.asked.http, token),
        // A name of its own, so that an order that is under way is not disturbed.
        ChallengeKind::TlsAlpn => (around.asked.tls, format!("{token}.{}", wish.domain)),
    };
    around.store.keep_acme_challenge(wish.challenge, &name, &answer, around.now).await?;
    let mut obstacle = None;
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let asked = async {
            match wish.challenge {
                ChallengeKind::Http => ask_http(address, wish.domain, &name, &answer).await,
                ChallengeKind::TlsAlpn => ask_tls(address, &name, &answer).await,
            }
        };
        let why = match timeout(TO_ANSWER, asked).await {
            Ok(Ok(true)) => continue,
            Ok(Ok(false)) => {
                obstacle = Some(Obstacle::new(
                    ObstacleKind::MayStop,
                    "other_server",
                    format!(
                        "On port {port} of {} ({}) something else than this server answers. Check where it leads.",
                        wish.domain,
                        address.ip()
                    ),
                ));
                break;
            }
            Ok(Err(error)) => display_text(&error.to_string()),
            Err(_) => format!("no answer within {} seconds", TO_ANSWER.as_secs()),
        };
        obstacle = Some(Obstacle::new(
            ObstacleKind::MayStop,
            "port_not_reachable",
            format!(
                "Port {port} of {} ({}) cannot be reached from this computer ({why}). The certificate authority has to reach it: \
                 check firewalls and routers. Some routers do not lead back to the network from which they are asked; then it may \
                 work from outside.",
                wish.domain,
                address.ip()
            ),
        ));
        break;
    }
    around.store.forget_acme_challenge(wish.challenge, &name, &answer).await?;
    Ok(obstacle)
}

async fn ask_http(address: SocketAddr, host: &str, token: &str, answer: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "GET /.well-known/acme-challenge/{token} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut said = Vec::new();
    stream.take(LONGEST_ANSWER).read_to_end(&mut said).await?;
    Ok(said.starts_with(b"HTTP/1.1 200") && said.ends_with(answer.as_bytes()))
}

async fn ask_tls(address: SocketAddr, name: &str, answer: &str) -> std::io::Result<bool> {
    let mut tls = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(LooksOnly))
        .with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let name = ServerName::try_from(name.to_owned()).map_err(std::io::Error::other)?;
    let stream = TcpStream::connect(address).await?;
    // That no TLS comes about tells that somebody else is there.
    let Ok(stream) = TlsConnector::from(Arc::new(tls)).connect(name, stream).await else { return Ok(false) };
    let (_, connection) = stream.get_ref();
    let leaf = connection.peer_certificates().and_then(|chain| chain.first());
    Ok(connection.alpn_protocol() == Some(ALPN) && leaf.is_some_and(|leaf| proves(leaf, answer)))
}

/// Takes any certificate: it is only looked at, and nothing is sent. Whoever is in between could pass the question on, as for the
/// authority itself.
#[derive(Debug)]
struct LooksOnly;

impl ServerCertVerifier for LooksOnly {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        provider().signature_verification_algorithms.supported_schemes()
    }
}
