//! Just enough HTTP/1.1 for the API and the identity.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::tls;

/// An answer.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// Sends one request and reads its answer, which must have a `Content-Length`.
pub(crate) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: Option<&str>,
) -> Response {
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let about_body =
        body.map(|body| format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{authorization}{}\r\n{}",
        about_body.unwrap_or_default(),
        body.unwrap_or_default()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = Vec::new();
    loop {
        if let Some((mut response, head, length)) = parse(&buffer) {
            while buffer.len() < head + length {
                assert_ne!(stream.read_buf(&mut buffer).await.unwrap(), 0, "the answer was cut off");
            }
            response.body = String::from_utf8(buffer[head..head + length].to_vec()).unwrap();
            return response;
        }
        assert_ne!(
            stream.read_buf(&mut buffer).await.unwrap(),
            0,
            "the connection was closed without an answer"
        );
    }
}

fn parse(buffer: &[u8]) -> Option<(Response, usize, usize)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(buffer).unwrap() else { return None };
    let header = |name: &str| {
        let found = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        found.map(|header| String::from_utf8(header.value.to_vec()).unwrap()).unwrap_or_default()
    };
    let length = header("content-length").parse().unwrap_or_default();
    let content_type = header("content-type");
    Some((Response { status: response.code.unwrap(), content_type, body: String::new() }, head, length))
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
        let mut stream = tls::connect(self.address, None).await.unwrap();
        exchange(&mut stream, method, &format!("/api/v1{path}"), Some(&self.token), body).await
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
