//! Asks the server, on the very connection, to prove its identity key.

use std::io;
use std::time::Duration;

use countersign_protocol::identity::EXPORTER_LABEL;
use countersign_protocol::{ChannelBinding, IDENTITY_PATH, IdentityProof, IdentityPublicKey};
use countersign_trust::ServerAddress;
use thiserror::Error;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// How long the server may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The longest answer, head and body, in bytes.
const MAXIMUM_ANSWER_BYTES: usize = 8 * 1024;
/// The most header fields.
const MAXIMUM_HEADERS: usize = 32;

/// Why the exchange did not work. A server that merely proves nothing is no error.
#[derive(Debug, Error)]
pub(crate) enum IdentityExchangeError {
    #[error("the connection broke: {0}")]
    Connection(#[from] io::Error),
    #[error("the server did not answer in time")]
    TimedOut,
    #[error("the server's answer is not what a management server answers: {0}")]
    Protocol(String),
}

/// Returns the key that the server proved on this connection, if any.
pub(crate) async fn prove(
    stream: &mut TlsStream<TcpStream>,
    server: &ServerAddress,
) -> Result<Option<IdentityPublicKey>, IdentityExchangeError> {
    let binding = stream
        .get_ref()
        .1
        .export_keying_material([0; 32], EXPORTER_LABEL, None)
        .map(ChannelBinding::new)
        .map_err(|error| IdentityExchangeError::Protocol(error.to_string()))?;
    let body = match tokio::time::timeout(LIMIT, ask(stream, server)).await {
        Ok(body) => body?,
        Err(_) => return Err(IdentityExchangeError::TimedOut),
    };
    let Some(body) = body else { return Ok(None) };
    let proof: IdentityProof =
        serde_json::from_slice(&body).map_err(|error| IdentityExchangeError::Protocol(error.to_string()))?;
    match proof.verify(&binding) {
        Ok(key) => Ok(Some(key)),
        Err(error) => {
            tracing::warn!(%server, %error, "the server's proof of its identity does not hold; it counts as none");
            Ok(None)
        }
    }
}

async fn ask(
    stream: &mut TlsStream<TcpStream>,
    server: &ServerAddress,
) -> Result<Option<Vec<u8>>, IdentityExchangeError> {
    let request = format!(
        "GET {IDENTITY_PATH} HTTP/1.1\r\nHost: {server}\r\nAccept: application/json\r\nUser-Agent: countersign\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        if let Some(read) = parse(&answer).map_err(IdentityExchangeError::Protocol)? {
            return Ok(read);
        }
        if answer.len() >= MAXIMUM_ANSWER_BYTES {
            return Err(IdentityExchangeError::Protocol(format!(
                "it is longer than {MAXIMUM_ANSWER_BYTES} bytes"
            )));
        }
        if stream.read_buf(&mut answer).await? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
    }
}

/// The body of a complete answer; inside, none when the status is not 200. Outside, none when more is to come.
#[expect(
    clippy::option_option,
    reason = "incomplete, complete without a body of interest, and complete with one"
)]
fn parse(answer: &[u8]) -> Result<Option<Option<Vec<u8>>>, String> {
    let mut headers = [httparse::EMPTY_HEADER; MAXIMUM_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(answer) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("it is no HTTP: {error}")),
    };
    let mut length = None;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            length =
                std::str::from_utf8(header.value).ok().and_then(|text| text.trim().parse::<usize>().ok());
        }
    }
    // Without its length the end of the answer, and so the beginning of the session, would be a guess.
    let length = length.ok_or("it has no Content-Length")?;
    let Some(end) = head.checked_add(length).filter(|end| *end <= MAXIMUM_ANSWER_BYTES) else {
        return Err(format!("it is longer than {MAXIMUM_ANSWER_BYTES} bytes"));
    };
    match answer.len() {
        received if received < end => Ok(None),
        received if received > end => Err("more follows than was asked for".to_owned()),
        _ if response.code == Some(200) => Ok(Some(Some(answer[head..end].to_vec()))),
        _ => Ok(Some(None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read() {
        type Expected = Result<Option<Option<&'static [u8]>>, &'static str>;
        let table: [(&[u8], Expected); 7] = [
            (b"", Ok(None)),
            (b"HTTP/1.1 200 OK\r\nContent-Le", Ok(None)),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{", Ok(None)),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", Ok(Some(Some(b"{}")))),
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", Ok(Some(None))),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}x", Err("more follows")),
            (b"SSH-2.0-OpenSSH_9.2\r\n", Err("no HTTP")),
        ];
        for (answer, expected) in table {
            match (parse(answer), expected) {
                (Ok(read), Ok(expected)) => {
                    assert_eq!(read, expected.map(|body| body.map(<[u8]>::to_vec)), "{answer:?}");
                }
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (read, expected) => panic!("{answer:?}: {read:?}, expected {expected:?}"),
            }
        }
    }

    #[test]
    fn lengths_are_bounded() {
        for length in ["8192", "18446744073709551615", "-1", "x"] {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            assert!(parse(answer.as_bytes()).is_err(), "{length}");
        }
    }
}
