//! The few HTTP requests that come before a session: the proof of the identity, and the WebSocket upgrade.

use std::io;
use std::net::SocketAddr;

use countersign_protocol::identity::EXPORTER_LABEL;
use countersign_protocol::{ChannelBinding, IDENTITY_PATH, InstanceUid, OPAMP_PATH};
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::Telemetry;
use super::allowance::TooMuch;
use super::socket::Socket;
use crate::authority::{ClientKey, endpoint_of};
use crate::served_certificate::Generation;
use crate::store::{KeyStanding, StoreError};

/// The longest request head, in bytes.
const MAXIMUM_HEAD_BYTES: usize = 8 * 1024;
/// The most header fields.
const MAXIMUM_HEADERS: usize = 64;
/// The most requests before the upgrade.
const MAXIMUM_REQUESTS: usize = 8;

/// A connection that may hold a session.
pub(crate) struct Admission {
    pub(crate) socket: Socket<TlsStream<TcpStream>>,
    pub(crate) peer: SocketAddr,
    pub(crate) credential: Credential,
    /// Of the certificate that the peer was shown, or an earlier one.
    pub(crate) generation: Generation,
}

/// What let a connection in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A client certificate of this endpoint, with this key.
    Certificate(InstanceUid, ClientKey),
    /// An enrolment token.
    Token,
}

/// Why a connection did not get as far as a session.
#[derive(Debug, Error)]
pub(crate) enum HttpError {
    #[error("the connection broke: {0}")]
    Io(#[from] io::Error),
    #[error("what came is no HTTP request: {0}")]
    Malformed(#[from] httparse::Error),
    #[error("the request head is longer than {MAXIMUM_HEAD_BYTES} bytes")]
    TooLong,
    #[error("more than {MAXIMUM_REQUESTS} requests came")]
    TooMany,
    #[error("the TLS library exports no keying material: {0}")]
    Exporter(rustls::Error),
    #[error("not let in: {0}")]
    NotLetIn(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A request head, as far as it matters.
#[derive(Debug, Default, PartialEq, Eq)]
struct Head {
    method: String,
    path: String,
    token: Option<String>,
    websocket_key: Option<String>,
    upgrade: bool,
    has_body: bool,
    length: usize,
}

/// Answers requests until the upgrade. Nothing when the peer leaves before it.
pub(crate) async fn serve(
    mut stream: TlsStream<TcpStream>,
    peer: SocketAddr,
    generation: Generation,
    telemetry: &Telemetry,
) -> Result<Option<Box<Admission>>, HttpError> {
    let mut buffer = Vec::with_capacity(1024);
    for _ in 0..MAXIMUM_REQUESTS {
        let Some(head) = read_head(&mut stream, &mut buffer).await? else { return Ok(None) };
        buffer.drain(..head.length);
        if head.method != "GET" || head.has_body {
            respond(&mut stream, "405 Method Not Allowed", "text/plain", b"Only GET is possible here.\n")
                .await?;
            return Ok(None);
        }
        match head.path.as_str() {
            IDENTITY_PATH => prove_identity(&mut stream, telemetry).await?,
            OPAMP_PATH => {
                let (socket, credential) = upgrade(stream, peer, telemetry, &head, buffer).await?;
                return Ok(Some(Box::new(Admission { socket, peer, credential, generation })));
            }
            _ => respond(&mut stream, "404 Not Found", "text/plain", b"There is nothing here.\n").await?,
        }
    }
    Err(HttpError::TooMany)
}

async fn read_head(
    stream: &mut TlsStream<TcpStream>,
    buffer: &mut Vec<u8>,
) -> Result<Option<Head>, HttpError> {
    loop {
        if let Some(head) = parse(buffer)? {
            return Ok(Some(head));
        }
        if buffer.len() >= MAXIMUM_HEAD_BYTES {
            return Err(HttpError::TooLong);
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

fn parse(buffer: &[u8]) -> Result<Option<Head>, httparse::Error> {
    let mut headers = [httparse::EMPTY_HEADER; MAXIMUM_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let httparse::Status::Complete(length) = request.parse(buffer)? else { return Ok(None) };
    let mut head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        path: request.path.unwrap_or_default().to_owned(),
        length,
        ..Head::default()
    };
    for header in request.headers.iter() {
        let value = std::str::from_utf8(header.value).unwrap_or_default().trim();
        match header.name.to_ascii_lowercase().as_str() {
            "authorization" => {
                head.token = value.strip_prefix("Bearer ").map(|token| token.trim().to_owned());
            }
            "upgrade" => head.upgrade = value.eq_ignore_ascii_case("websocket"),
            "sec-websocket-key" => head.websocket_key = Some(value.to_owned()),
            "content-length" => head.has_body |= value != "0",
            "transfer-encoding" => head.has_body = true,
            _ => {}
        }
    }
    Ok(Some(head))
}

async fn respond(
    stream: &mut TlsStream<TcpStream>,
    status: &str,
    content_type: &str,
    body: &[u8],
) -> Result<(), HttpError> {
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\r\n",
        body.len()
    )
    .into_bytes();
    // In one piece: some WebSocket clients show only as much of a refusal as comes with its head.
    answer.extend_from_slice(body);
    stream.write_all(&answer).await?;
    Ok(stream.flush().await?)
}

async fn prove_identity(stream: &mut TlsStream<TcpStream>, telemetry: &Telemetry) -> Result<(), HttpError> {
    let binding = stream
        .get_ref()
        .1
        .export_keying_material([0; 32], EXPORTER_LABEL, None)
        .map(ChannelBinding::new)
        .map_err(HttpError::Exporter)?;
    let proof = telemetry.identity.prove(&binding);
    let body = serde_json::to_vec(&proof).map_err(io::Error::from)?;
    respond(stream, "200 OK", "application/json", &body).await
}

async fn upgrade(
    mut stream: TlsStream<TcpStream>,
    peer: SocketAddr,
    telemetry: &Telemetry,
    head: &Head,
    read_ahead: Vec<u8>,
) -> Result<(Socket<TlsStream<TcpStream>>, Credential), HttpError> {
    let Some(key) = head.websocket_key.as_ref().filter(|_| head.upgrade) else {
        respond(
            &mut stream,
            "426 Upgrade Required",
            "text/plain",
            b"OpAMP is spoken over a WebSocket here.\n",
        )
        .await?;
        return Err(HttpError::NotLetIn("no WebSocket upgrade was asked for"));
    };
    let credential = match authenticate(&stream, peer, telemetry, head).await? {
        Ok(credential) => credential,
        Err(Refusal::Never(reason)) => {
            respond(&mut stream, "401 Unauthorized", "text/plain", reason.as_bytes()).await?;
            return Err(HttpError::NotLetIn(reason));
        }
        Err(Refusal::Later(TooMuch { retry_after }, reason)) => {
            let seconds = retry_after.whole_seconds().max(0) + 1;
            let status = format!("503 Service Unavailable\r\nRetry-After: {seconds}");
            respond(&mut stream, &status, "text/plain", reason.as_bytes()).await?;
            return Err(HttpError::NotLetIn(reason));
        }
    };
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {}\r\n\r\n",
        derive_accept_key(key.as_bytes())
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.flush().await?;
    Ok((Socket::new(stream, read_ahead).await, credential))
}

/// Why a connection is not let in, as a sentence for the administrator of the endpoint.
enum Refusal {
    /// It will not be with what it has shown.
    Never(&'static str),
    /// There is too much of it at the moment.
    Later(TooMuch, &'static str),
}

/// Inside, why the connection is not let in.
async fn authenticate(
    stream: &TlsStream<TcpStream>,
    peer: SocketAddr,
    telemetry: &Telemetry,
    head: &Head,
) -> Result<Result<Credential, Refusal>, HttpError> {
    let now = telemetry.clock.now();
    let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
    if let Some(certificate) = certificate {
        let Some((endpoint, key)) = endpoint_of(certificate).zip(ClientKey::of(certificate)) else {
            return Ok(Err(Refusal::Never("The client certificate names no endpoint.")));
        };
        // Before the database is asked.
        if let Err(too_much) = telemetry.endpoint_limits.session(endpoint, now) {
            telemetry.metrics.sent_away.inc();
            return Ok(Err(Refusal::Later(too_much, "This endpoint comes too often.\n")));
        }
        return Ok(match telemetry.store.accept_client_key(endpoint, &key).await? {
            KeyStanding::Accepted => Ok(Credential::Certificate(endpoint, key)),
            KeyStanding::Deregistered => Err(Refusal::Never("This endpoint was deregistered.")),
            KeyStanding::Unknown => Err(Refusal::Never("This endpoint is not known to the server.")),
            KeyStanding::Superseded => Err(Refusal::Never(
                "This client certificate is no longer accepted: it is not the one that was issued last.",
            )),
        });
    }
    let Some(token) = &head.token else {
        return Ok(Err(Refusal::Never("Neither a client certificate nor an enrolment token was shown.")));
    };
    if !telemetry.store.accepts_enrolment_token(token, now).await? {
        return Ok(Err(Refusal::Never("The enrolment token is not known, has expired or was revoked.")));
    }
    Ok(match telemetry.newcomers.admit(peer.ip(), now) {
        Ok(()) => Ok(Credential::Token),
        Err(too_much) => Err(Refusal::Later(too_much, "Too many agents enrol from your network at once.\n")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        let text =
            b"GET /v1/opamp HTTP/1.1\r\nHost: a\r\nAUTHORIZATION: Bearer abc \r\nUpgrade: WebSocket\r\n\
                     Sec-WebSocket-Key: k\r\n\r\nrest";
        let head = parse(text).unwrap().unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str()), ("GET", "/v1/opamp"));
        assert_eq!(head.token.as_deref(), Some("abc"));
        assert!(head.upgrade && !head.has_body);
        assert_eq!(&text[head.length..], b"rest");
        assert!(parse(b"GET / HTTP/1.1\r\nHost").unwrap().is_none());
        assert!(parse(b"\x16\x03\x01\x00\xff").is_err());
        assert!(parse(b"GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\n").unwrap().unwrap().has_body);
    }
}
