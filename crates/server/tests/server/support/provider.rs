//! A provider of OpenID Connect in this process: it lets everybody in, says of them what a test wants, and errs as a test wants.

mod tokens;

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use aws_lc_rs::digest::{SHA256, digest};
use axum::extract::{Form, OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as BASE64};
use countersign_protocol::Secret;
use countersign_server::{OpenIdConnectConfiguration, RoleClaims};
use percent_encoding::percent_decode_str;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use self::tokens::Keys;
pub(crate) use self::tokens::{Signed, Token};
use super::agent::SOON;

/// This server, as the provider knows it.
pub(crate) const CLIENT: &str = "countersign";
const SECRET: &str = "between the two, +only";

/// What the provider does when it is asked about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    Truth,
    /// Sends whoever asks elsewhere.
    Elsewhere,
    /// Does not stop.
    Endless,
    /// Says that it is somebody else.
    OfAnother,
}

struct Granted {
    challenge: String,
    redirect: String,
    token: Token,
}

struct Shared {
    issuer: String,
    keys: Mutex<Keys>,
    granted: Mutex<HashMap<String, Granted>>,
    about: Mutex<About>,
    /// How many codes were brought, whatever they were.
    brought: watch::Sender<usize>,
    /// Whether whoever brings one is answered.
    answers: watch::Sender<bool>,
}

/// The provider; it ends with this value.
pub(crate) struct Provider {
    shared: Arc<Shared>,
    root: CertificateDer<'static>,
    accepting: JoinHandle<()>,
    serving: JoinHandle<()>,
}

type Accepted = (TlsStream<TcpStream>, SocketAddr);

struct Tls {
    address: SocketAddr,
    accepted: mpsc::Receiver<Accepted>,
}

/// Accepts connections; browsers open some on which they say nothing, and nobody waits for those.
async fn accept(tcp: TcpListener, acceptor: TlsAcceptor, accepted: mpsc::Sender<Accepted>) {
    while let Ok((stream, peer)) = tcp.accept().await {
        let (acceptor, accepted) = (acceptor.clone(), accepted.clone());
        tokio::spawn(async move {
            let shaken = tokio::select! {
                shaken = acceptor.accept(stream) => shaken,
                () = accepted.closed() => return,
            };
            if let Ok(stream) = shaken {
                let _ = accepted.send((stream, peer)).await;
            }
        });
    }
}

impl axum::serve::Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.accepted.recv().await {
            Some(accepted) => accepted,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        Ok(self.address)
    }
}

impl Provider {
    pub(crate) async fn start() -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let root = made.cert.der().clone();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![root.clone()], key)
            .unwrap();
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = tcp.local_addr().unwrap();
        let shared = Arc::new(Shared {
            issuer: format!("https://{address}"),
            keys: Mutex::new(Keys::make(1)),
            granted: Mutex::default(),
            about: Mutex::new(About::Truth),
            brought: watch::channel(0).0,
            answers: watch::channel(true).0,
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(about))
            .route("/authorise", get(authorise))
            .route("/keys", get(keys))
            .route("/token", post(redeem))
            .with_state(Arc::clone(&shared));
        let (sender, accepted) = mpsc::channel(16);
        let accepting = tokio::spawn(accept(tcp, Arc::new(tls).into(), sender));
        let listener = Tls { address, accepted };
        let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { shared, root, accepting, serving }
    }

    /// How a server is configured whose people sign in here.
    pub(crate) fn configuration(&self) -> OpenIdConnectConfiguration {
        let one = |value: &str| vec![value.to_owned()];
        OpenIdConnectConfiguration {
            name: "Example Ltd".to_owned(),
            issuer: self.shared.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(Secret::new(SECRET.to_owned())),
            scopes: one("profile"),
            roles: RoleClaims {
                claim: "groups".to_owned(),
                administrator: one("admins"),
                operator: one("desk"),
                read_only: one("all"),
            },
            roots: Some(vec![self.root.clone()]),
            // On a busy computer, to make a key takes long.
            time_limit: std::time::Duration::from_secs(20),
            console_url: None,
        }
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// Signs from now on with keys that nobody has seen.
    pub(crate) fn renew_keys(&self) {
        let mut keys = self.shared.keys.lock().unwrap();
        *keys = keys.renewed();
    }

    pub(crate) fn tell(&self, about: About) {
        *self.shared.about.lock().unwrap() = about;
    }

    /// How many codes were brought here.
    pub(crate) fn brought(&self) -> usize {
        *self.shared.brought.borrow()
    }

    /// Waits until so many codes were brought here.
    pub(crate) async fn until_brought(&self, number: usize) {
        let mut brought = self.shared.brought.subscribe();
        let reached = brought.wait_for(|brought| *brought >= number);
        tokio::time::timeout(SOON, reached).await.expect("the provider is not asked").unwrap();
    }

    /// Lets whoever brings a code wait from now on, or answers everybody.
    pub(crate) fn let_wait(&self, wait: bool) {
        self.shared.answers.send_replace(!wait);
    }

    /// Ends it; its address is free.
    pub(crate) async fn stop(mut self) {
        self.accepting.abort();
        let _ = (&mut self.accepting).await;
    }

    /// What a good token says of somebody who was sent here with an address.
    pub(crate) fn token(&self, address: &str, subject: &str, groups: &[&str], now: OffsetDateTime) -> Token {
        self.shared.token(address, subject, groups, now)
    }

    /// Lets somebody in who was sent here with an address. Returns the code.
    pub(crate) fn grant(&self, address: &str, token: Token) -> String {
        assert!(address.starts_with(&format!("{}/authorise?", self.shared.issuer)), "{address}");
        self.shared.grant(address, token)
    }
}

impl Shared {
    fn token(&self, address: &str, subject: &str, groups: &[&str], now: OffsetDateTime) -> Token {
        let claims = json!({
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": subject,
            "exp": now.unix_timestamp() + 300,
            "iat": now.unix_timestamp(),
            "nonce": parameter(address, "nonce"),
            "preferred_username": format!("{subject} of Example"),
            "groups": groups,
        });
        Token { signed: Signed::WithRsa, claims }
    }

    fn grant(&self, address: &str, token: Token) -> String {
        for (name, expected) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("scope", "openid profile"),
            ("code_challenge_method", "S256"),
        ] {
            assert_eq!(parameter(address, name), expected, "{address}");
        }
        let mut granted = self.granted.lock().unwrap();
        let code = format!("code-{}", granted.len());
        let (challenge, redirect) =
            (parameter(address, "code_challenge"), parameter(address, "redirect_uri"));
        granted.insert(code.clone(), Granted { challenge, redirect, token });
        code
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.accepting.abort();
        self.serving.abort();
    }
}

/// A parameter of an address, decoded.
pub(crate) fn parameter(address: &str, name: &str) -> String {
    let query = address.split_once('?').unwrap().1;
    let found = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default();
    percent_decode_str(&found.replace('+', " ")).decode_utf8().unwrap().into_owned()
}

async fn about(State(shared): State<Arc<Shared>>) -> Response {
    let issuer = &shared.issuer;
    let mut said = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorise"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
    });
    let about = *shared.about.lock().unwrap();
    match about {
        About::Truth => {}
        About::Elsewhere => return Redirect::temporary("/keys").into_response(),
        About::Endless => said["more"] = "x".repeat(1024 * 1024).into(),
        About::OfAnother => said["issuer"] = "https://another.example".into(),
    }
    Json(said).into_response()
}

/// The page on which people sign in: here, nobody has to prove anything.
async fn authorise(State(shared): State<Arc<Shared>>, OriginalUri(address): OriginalUri) -> Html<String> {
    let address = address.to_string();
    let token = shared.token(&address, "anna", &["admins"], OffsetDateTime::now_utc());
    let code = shared.grant(&address, token);
    let back = format!("{}?state={}", parameter(&address, "redirect_uri"), parameter(&address, "state"));
    Html(format!(
        "<!doctype html><title>Example Ltd</title><a id=\"enter\" href=\"{back}&amp;code={code}\">Let me in</a> \
         <a id=\"refuse\" href=\"{back}&amp;error=access_denied\">Do not</a>"
    ))
}

async fn keys(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.keys.lock().unwrap().shown())
}

fn error(code: &str) -> Response {
    let said = json!({"error": code, "error_description": "the\u{202e} code is <b>over</b>"});
    (StatusCode::BAD_REQUEST, Json(said)).into_response()
}

async fn redeem(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Response {
    shared.brought.send_modify(|brought| *brought += 1);
    let mut answers = shared.answers.subscribe();
    answers.wait_for(|answers| *answers).await.unwrap();
    let field = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let authorization = headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap());
    // RFC 6749, section 2.3.1: as in a form.
    let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:between+the+two%2C+%2Bonly")));
    if authorization != Some(expected.as_str()) {
        return error("invalid_client");
    }
    let granted = shared.granted.lock().unwrap().remove(&field("code"));
    let Some(granted) = granted else { return error("invalid_grant") };
    let challenge = BASE64.encode(digest(&SHA256, field("code_verifier").as_bytes()));
    if challenge != granted.challenge || field("redirect_uri") != granted.redirect {
        return error("invalid_grant");
    }
    Json(json!({
        "access_token": "nobody-needs-it",
        "token_type": "Bearer",
        "id_token": shared.keys.lock().unwrap().sign(&granted.token),
    }))
    .into_response()
}
