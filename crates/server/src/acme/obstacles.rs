//! What stands in the way of a certificate from an authority, as far as this server can tell, in plain words and within a few
//! seconds. The authority may see it otherwise: it looks from outside.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use countersign_trust::display_text;
use serde::Serialize;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use utoipa::ToSchema;
use uuid::Uuid;

use super::client::AcmeClient;
use super::probe::{Question, ask};
use super::settings::{AcmeSettings, ChallengeKind};
use super::surroundings::{Surroundings, Wish};
use crate::store::StoreError;
use crate::web::HttpPort;

/// How long the name may take to be resolved, and this server to answer itself.
const TO_RESOLVE: Duration = Duration::from_secs(5);
const TO_ANSWER: Duration = Duration::from_secs(4);
/// More addresses of a name are not tried.
const MOST_ADDRESSES: usize = 4;

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
    let question = Question { challenge: wish.challenge, domain: wish.domain, name: &name, answer: &answer };
    let mut obstacle = None;
    for address in addresses {
        let address = SocketAddr::new(*address, port);
        let why = match timeout(TO_ANSWER, ask(address, &question)).await {
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

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Arc;

    use time::OffsetDateTime;
    use tokio::net::TcpListener;

    use super::*;
    use crate::acme::{AskedPorts, Challenges};
    use crate::clock::SystemClock;
    use crate::served_certificate::{CertificateSwitch, ServerCertificate};
    use crate::store::Store;
    use crate::web::{self, AccessSwitches, HttpsAccess, PlainState, WebLimits};

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    async fn port() -> (TcpListener, SocketAddr) {
        let socket = TcpListener::bind((HERE, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        (socket, address)
    }

    /// Whether a name leads to this server is found out by asking it, as the authority does.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_name_that_leads_here_is_told_from_one_that_leads_elsewhere() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let access = AccessSwitches::new(HttpsAccess::read(&store).await.unwrap());
        let challenges = Challenges::new(store.clone(), Arc::new(SystemClock));
        let (http_socket, http) = port().await;
        let (console_socket, https) = port().await;
        let (other_socket, other) = port().await;
        let now = OffsetDateTime::now_utc();
        let built_in = ServerCertificate::generate_built_in(now).unwrap();
        let switch = Arc::new(CertificateSwitch::new(ServerCertificate::built_in(&built_in).unwrap()));
        let tls = web::tls(&switch).unwrap();
        let state = PlainState {
            challenges: challenges.clone(),
            access: access.clone(),
            https_port: 443,
            server_name: None,
        };
        let limits = WebLimits::in_force();
        let plain = web::serve_http(http_socket, state, &limits);
        let encrypted = web::serve(console_socket, tls, Some(challenges), axum::Router::new(), &limits);
        let elsewhere = axum::Router::new().fallback(async || "somebody else");
        let elsewhere = web::serve(other_socket, web::tls(&switch).unwrap(), None, elsewhere, &limits);
        let (closed_socket, closed) = port().await;
        drop(closed_socket);

        let listening = HttpPort::Listening(http);
        for (challenge, port, expected) in [
            (ChallengeKind::Http, http.port(), None),
            (ChallengeKind::TlsAlpn, https.port(), None),
            // TLS is spoken there, and nobody knows anything of a challenge.
            (ChallengeKind::TlsAlpn, other.port(), Some("other_server")),
            (ChallengeKind::TlsAlpn, http.port(), Some("other_server")),
            (ChallengeKind::Http, other.port(), Some("other_server")),
            (ChallengeKind::Http, closed.port(), Some("port_not_reachable")),
            (ChallengeKind::TlsAlpn, closed.port(), Some("port_not_reachable")),
        ] {
            let around = Surroundings {
                store: &store,
                now,
                server_name: None,
                http: &listening,
                https,
                access: access.current(),
                asked: AskedPorts { http: port, tls: port },
            };
            let wish = Wish { domain: "server.example", challenge };
            let found = reach(wish, &around, &[HERE]).await.unwrap();
            assert_eq!(found.as_ref().map(|found| found.code), expected, "{challenge:?} {port}: {found:?}");
        }
        for (handle, _) in [plain, encrypted, elsewhere] {
            handle.shutdown();
        }
    }
}
