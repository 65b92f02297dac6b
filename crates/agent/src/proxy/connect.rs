//! HTTP CONNECT (RFC 9110, section 9.3.6).

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::answer::{self, Answer, MAXIMUM_HEADER_BYTES, Progress};
use super::challenge::Challenge;
use super::{Destination, Failure, ProxyAuthenticationProblem, ProxyLogin, Relayed};
use crate::Secret;

/// How many bytes are looked at, at once.
const CHUNK_BYTES: usize = 1024;

/// Asks the proxy at the other end to relay to the destination. Reads nothing of what the server sends.
pub(super) async fn connect(
    stream: &mut TcpStream,
    destination: &Destination,
    login: Option<&ProxyLogin>,
) -> Result<Relayed, Failure> {
    stream
        .write_all(request(destination, login).expose().as_bytes())
        .await
        .map_err(|error| Failure::broken(&error))?;
    let answer = final_answer(stream).await?;
    match answer.status {
        200..=299 => Ok(Relayed::Yes),
        407 => match answer.challenge {
            Challenge::Basic => Ok(Relayed::LoginWanted),
            Challenge::Other(offered) if offered.is_empty() => Err(refused(&answer.status_text)),
            Challenge::Other(offered) => {
                Err(Failure::Authentication(ProxyAuthenticationProblem::MethodNotSupported { offered }))
            }
        },
        // What tinyproxy answers to a wrong password.
        401 if login.is_some() => Ok(Relayed::LoginWanted),
        _ => Err(refused(&answer.status_text)),
    }
}

fn refused(status_text: &str) -> Failure {
    Failure::Refused(format!("it answered {status_text}"))
}

/// The request as bytes, which may hold a password.
fn request(destination: &Destination, login: Option<&ProxyLogin>) -> Secret {
    let authority = destination.authority();
    let mut request =
        format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: countersign\r\n");
    if let Some(login) = login {
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(login.basic_credentials().expose());
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    Secret::new(request)
}

/// The first answer that is not an interim one (1xx).
async fn final_answer(stream: &mut TcpStream) -> Result<Answer, Failure> {
    let mut left = MAXIMUM_HEADER_BYTES;
    loop {
        let answer = next_answer(stream, &mut left).await?;
        if !(100..=199).contains(&answer.status) {
            return Ok(answer);
        }
    }
}

/// Takes one header, at most `left` bytes, from the connection, and not a byte of what follows.
async fn next_answer(stream: &mut TcpStream, left: &mut usize) -> Result<Answer, Failure> {
    let mut header = Vec::new();
    let mut chunk = [0; CHUNK_BYTES];
    loop {
        let seen = stream.peek(&mut chunk).await.map_err(|error| Failure::broken(&error))?;
        if seen == 0 {
            return Err(Failure::Closed);
        }
        let taken_before = header.len();
        header.extend_from_slice(&chunk[..seen]);
        let (take, answer) = match answer::read(&header) {
            Progress::Complete { length, answer } => (length.saturating_sub(taken_before), Some(answer)),
            Progress::Incomplete => (seen, None),
            Progress::NotHttp(what) => return Err(Failure::Refused(what.to_owned())),
        };
        *left = left
            .checked_sub(take)
            .ok_or_else(|| Failure::Refused("the header of its answer is too long".to_owned()))?;
        stream.read_exact(&mut chunk[..take]).await.map_err(|error| Failure::broken(&error))?;
        if let Some(answer) = answer {
            return Ok(answer);
        }
    }
}
