//! Just enough HTTP/1.1 for the API and the identity.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::{answers, tls};

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Response {
    /// All headers of this name, in small letters.
    pub(crate) fn headers<'response>(
        &'response self,
        name: &'response str,
    ) -> impl Iterator<Item = &'response str> {
        self.headers.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// The first header of this name, in small letters; empty when there is none.
    pub(crate) fn header<'response>(&'response self, name: &'response str) -> &'response str {
        self.headers(name).next().unwrap_or_default()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// Sends one request and reads its answer.
pub(crate) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Response {
    try_exchange(stream, method, path, headers, body).await.unwrap()
}

/// As [`exchange`], with a server that may end meanwhile.
pub(crate) async fn try_exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> io::Result<Response> {
    exchange_bytes(stream, method, path, headers, body.map(str::as_bytes)).await
}

/// As [`try_exchange`], with a body that need not be text.
pub(crate) async fn exchange_bytes<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&[u8]>,
) -> io::Result<Response> {
    let length = body.map(|body| format!("Content-Length: {}\r\n", body.len())).unwrap_or_default();
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n{headers}{length}\r\n");
    stream.write_all(&[request.as_bytes(), body.unwrap_or_default()].concat()).await?;
    // TLS keeps what the socket did not take, and reading would not send it.
    stream.flush().await?;
    let mut buffer = Vec::new();
    loop {
        if let Some((mut response, head, length)) = parse(&buffer) {
            if response.header("transfer-encoding") == "chunked" {
                loop {
                    if let Some(body) = joined(&buffer[head..]) {
                        response.body = String::from_utf8(body).unwrap();
                        return Ok(response);
                    }
                    more(stream, &mut buffer).await?;
                }
            }
            while buffer.len() < head + length {
                more(stream, &mut buffer).await?;
            }
            response.body = String::from_utf8(buffer[head..head + length].to_vec()).unwrap();
            return Ok(response);
        }
        more(stream, &mut buffer).await?;
    }
}

/// What came in chunks (RFC 9112, section 7.1), once the last one is there.
fn joined(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|bytes| bytes == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        let chunk = chunks.get(end + 2..end + 2 + length + 2)?;
        if length == 0 {
            return Some(body);
        }
        body.extend_from_slice(&chunk[..length]);
        chunks = &chunks[end + 2 + length + 2..];
    }
}

async fn more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<()> {
    match stream.read_buf(buffer).await? {
        0 => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the connection was closed before the answer was complete",
        )),
        _ => Ok(()),
    }
}

fn parse(buffer: &[u8]) -> Option<(Response, usize, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(buffer).unwrap() else { return None };
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).unwrap();
    let headers =
        response.headers.iter().map(|header| (header.name.to_ascii_lowercase(), text(header.value)));
    let mut parsed = Response {
        status: response.code.unwrap(),
        content_type: String::new(),
        headers: headers.collect(),
        body: String::new(),
    };
    parsed.content_type = parsed.header("content-type").to_owned();
    let length = parsed.header("content-length").parse().unwrap_or_default();
    Some((parsed, head, length))
}

/// The API as an administrator uses it.
#[derive(Clone, Debug)]
pub(crate) struct ApiClient {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
}

impl ApiClient {
    /// Sends a request to a path below `/api/v1`.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&str>) -> Response {
        self.send_with(method, path, &[], body).await
    }

    /// Sends a request with more headers.
    pub(crate) async fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Response {
        let mut stream = tls::connect(self.address, None).await.unwrap();
        let authorization = format!("Bearer {}", self.token);
        let mut headers = headers.to_vec();
        headers.push(("Authorization", &authorization));
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let path = format!("/api/v1{path}");
        let response = exchange(&mut stream, method, &path, &headers, body).await;
        answers::note(method, &path, &response);
        response
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.send("GET", path, None).await;
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    }

    /// Sends JSON and expects success.
    pub(crate) async fn change(&self, method: &str, path: &str, body: &Value) -> Value {
        let response = self.send(method, path, Some(&body.to_string())).await;
        assert!((200..300).contains(&response.status), "{} {}", response.status, response.body);
        response.json()
    }
}
