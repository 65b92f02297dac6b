//! The HTTP port, and who may use the HTTPS port.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use countersign_server::Server;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::support::configuration;
use crate::support::http::{ApiClient, Response, exchange};
use crate::support::tls;

/// A server with an HTTP port, if it can be had.
async fn start(http: SocketAddr) -> (Server, ApiClient, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut configuration = configuration(directory.path());
    configuration.http_address = Some(http);
    let server = Server::start(configuration).await.unwrap();
    let token = server.new_tokens.clone().unwrap().administrator.expose().to_owned();
    let api = ApiClient { address: server.console, token };
    (server, api, directory)
}

async fn ask(http: SocketAddr, method: &str, path: &str) -> Response {
    let mut stream = TcpStream::connect(http).await.unwrap();
    exchange(&mut stream, method, path, &[("Connection", "close")], None).await
}

async fn set(api: &ApiClient, name: &str, on: bool) -> Value {
    let settings = json!({"use_ssl_certificate_for_endpoint_control": false, name: on});
    api.change("PUT", "/settings", &settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_http_port_sends_to_https_when_that_is_set_and_does_nothing_else() {
    let (server, api, _directory) = start(([127, 0, 0, 1], 0).into()).await;
    let http = server.http.unwrap();
    let challenge = "/.well-known/acme-challenge/a-token_of_nobody";
    assert_eq!(api.get("/settings").await["redirect_http_to_https"], false);
    for (method, path) in [("GET", "/"), ("GET", "/api/v1/health"), ("POST", "/sign-in"), ("GET", challenge)]
    {
        assert_eq!(ask(http, method, path).await.status, 404, "{method} {path}");
    }
    assert_eq!(set(&api, "redirect_http_to_https", true).await["redirect_http_to_https"], true);
    let port = server.console.port();
    for path in ["/", "/endpoints?connection=online", "//elsewhere.example/", "/.well-known/acme-challenge/"]
    {
        let sent = ask(http, "GET", path).await;
        assert_eq!(
            (sent.status, sent.header("location")),
            (307, &*format!("https://localhost:{port}{path}")),
            "{path}"
        );
    }
    // Certificate authorities are never sent elsewhere, and nobody is who sends something.
    assert_eq!(ask(http, "GET", challenge).await.status, 404);
    assert_eq!(ask(http, "POST", "/sign-in").await.status, 405);
    let audit = api.get("/audit").await.to_string();
    assert!(audit.contains("redirect_http_to_https"), "{audit}");
    assert_eq!(set(&api, "redirect_http_to_https", false).await["redirect_http_to_https"], false);
    assert_eq!(ask(http, "GET", "/").await.status, 404);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_given_the_http_port_works_without_it_and_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (server, api, _directory) = start(taken.local_addr().unwrap()).await;
    assert_eq!(server.http, None);
    let wish = json!({
        "domain": "localhost",
        "email": "admin@server.example",
        "directory_url": "https://localhost:1/none",
        "agreed_terms": "https://localhost/terms",
    });
    let found = api.change("POST", "/ssl-certificate/automated/check", &wish).await;
    let text = found.to_string();
    assert!(text.contains("http_port_unavailable") && text.contains("Perhaps another program"), "{text}");
    assert_eq!(found[0]["kind"], "stops", "{text}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_remote_access_this_computer_still_gets_in() {
    let (server, api, _directory) = start(([127, 0, 0, 1], 0).into()).await;
    assert_eq!(api.get("/settings").await["remote_https_access"], true);
    assert_eq!(set(&api, "remote_https_access", false).await["remote_https_access"], false);
    assert_eq!(api.get("/settings").await["remote_https_access"], false);
    // What is not said stays.
    set(&api, "redirect_http_to_https", true).await;
    assert_eq!(api.get("/settings").await["remote_https_access"], false);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_asks_for_a_challenge_and_nothing_else_is_taken_for_an_authority() {
    let (server, _api, _directory) = start(([127, 0, 0, 1], 0).into()).await;
    let connect = async |protocols: &[&str]| {
        let mut tls = (*tls::configuration(None, &[&rustls::version::TLS13])).clone();
        tls.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        tls::connect_with(server.console, Arc::new(tls)).await
    };
    // Nobody has ordered a certificate.
    assert!(connect(&["acme-tls/1"]).await.is_err());
    for protocols in [&["acme-tls/1", "http/1.1"][..], &["http/1.1"], &[]] {
        let mut stream = connect(protocols).await.unwrap();
        let chosen = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
        assert_eq!(chosen.as_deref(), (!protocols.is_empty()).then_some(&b"http/1.1"[..]), "{protocols:?}");
        let health = exchange(&mut stream, "GET", "/health", &[], None).await;
        assert_eq!(health.status, 200, "{protocols:?}");
    }
    server.stop().await;
}
