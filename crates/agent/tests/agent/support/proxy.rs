//! Proxies that relay, or do not, as the test says, and keep what they were sent. Also used by the unit tests.
// Each of the two uses other parts of it.
#![allow(dead_code)]

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a proxy does with everybody who comes.
#[derive(Clone, Debug)]
pub(crate) enum Script {
    /// Relays to the port that it is asked for on this computer, whatever the name; with a login if one is given.
    Relay { login: Option<(&'static str, &'static str)> },
    /// Says that it relays, says this as if it were the server, and is silent.
    RelaysNothingBut(&'static [u8]),
    /// Answers this, whatever it was asked, and hangs up.
    Answer(Vec<u8>),
    /// Answers this again and again.
    Endless(&'static [u8]),
    /// SOCKS only: accepts everybody and answers the request with this code.
    Reply(u8),
    /// Says nothing.
    Silent,
    /// Hangs up as soon as it has been asked.
    HangUp,
}

/// What one who came has sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Before the proxy relayed.
    pub(crate) asked: Vec<u8>,
    /// Whom it was to relay to, as it was asked.
    pub(crate) target: Option<String>,
    /// To the server.
    pub(crate) relayed: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Kind {
    Http,
    Socks,
}

/// A proxy. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct TestProxy {
    /// Its address as settings name it.
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Arc<Mutex<Seen>>>>>,
    task: JoinHandle<()>,
}

impl Drop for TestProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestProxy {
    pub(crate) async fn http(script: Script) -> Self {
        Self::start(Kind::Http, script).await
    }

    pub(crate) async fn socks(script: Script) -> Self {
        Self::start(Kind::Socks, script).await
    }

    async fn start(kind: Kind, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = match kind {
            Kind::Http => "http",
            Kind::Socks => "socks5",
        };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<Arc<Mutex<Seen>>>>> = Arc::default();
        let all = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = Arc::<Mutex<Seen>>::default();
                all.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&own));
                let client = Client { stream, seen: own };
                let script = script.clone();
                tokio::spawn(async move {
                    // One that hangs up early is part of many tests.
                    let _ = match kind {
                        Kind::Http => client.http(script).await,
                        Kind::Socks => client.socks(script).await,
                    };
                });
            }
        });
        Self { url, seen, task }
    }

    /// Ends it, and returns when nobody listens any more. Who is relayed already goes on.
    pub(crate) async fn stop(mut self) {
        self.task.abort();
        // An end by force is what was wanted.
        let _ = (&mut self.task).await;
    }

    /// What everybody who came has sent, in their order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().map(|one| one.lock().unwrap_or_else(PoisonError::into_inner).clone()).collect()
    }
}

struct Client {
    stream: TcpStream,
    seen: Arc<Mutex<Seen>>,
}

impl Client {
    fn note(&self, note: impl FnOnce(&mut Seen)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    async fn http(mut self, script: Script) -> std::io::Result<()> {
        let mut asked = Vec::new();
        while !asked.ends_with(b"\r\n\r\n") {
            asked.push(self.stream.read_u8().await?);
        }
        // Whoever sends more without waiting for the answer is found out.
        let mut more = [0; 1024];
        let early = tokio::time::timeout(Duration::from_millis(50), self.stream.read(&mut more)).await;
        asked.extend_from_slice(&more[..early.map_or(Ok(0), |read| read)?]);
        let text = String::from_utf8_lossy(&asked).into_owned();
        let target = text.strip_prefix("CONNECT ").and_then(|rest| rest.split(' ').next()).map(str::to_owned);
        self.note(|seen| {
            seen.asked = asked;
            seen.target.clone_from(&target);
        });
        match script {
            Script::Relay { login } => {
                if let Some((user, password)) = login
                    && !text.contains(&format!(
                        "\r\nProxy-Authorization: Basic {}\r\n",
                        base64(&format!("{user}:{password}"))
                    ))
                {
                    return self
                        .say(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 4\r\n\r\nno!\n")
                        .await;
                }
                let port = target.as_deref().and_then(|target| target.rsplit(':').next()?.parse().ok());
                self.relay(port.unwrap(), b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await
            }
            Script::RelaysNothingBut(bytes) => {
                let answer =
                    [b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n", bytes]
                        .concat();
                self.say(&answer).await?;
                self.wait().await
            }
            rude @ (Script::Answer(_)
            | Script::Endless(_)
            | Script::Reply(_)
            | Script::Silent
            | Script::HangUp) => self.misbehave(rude).await,
        }
    }

    async fn socks(mut self, script: Script) -> std::io::Result<()> {
        let mut greeting = [0; 2];
        self.stream.read_exact(&mut greeting).await?;
        let mut methods = vec![0; usize::from(greeting[1])];
        self.stream.read_exact(&mut methods).await?;
        self.note(|seen| seen.asked = [greeting.as_slice(), &methods].concat());
        match script {
            Script::Relay { login: Some(_) } if !methods.contains(&2) => return self.say(&[5, 0xFF]).await,
            Script::Relay { login: Some((user, password)) } => {
                self.say(&[5, 2]).await?;
                let mut parts = Vec::new();
                assert_eq!(self.stream.read_u8().await?, 1);
                for _ in 0..2 {
                    let mut part = vec![0; usize::from(self.stream.read_u8().await?)];
                    self.stream.read_exact(&mut part).await?;
                    parts.push(part);
                }
                self.note(|seen| seen.asked.extend(parts.concat()));
                if parts != [user.as_bytes(), password.as_bytes()] {
                    return self.say(&[1, 1]).await;
                }
                self.say(&[1, 0]).await?;
            }
            Script::Relay { login: None } | Script::Reply(_) | Script::RelaysNothingBut(_) => {
                self.say(&[5, 0]).await?;
            }
            rude @ (Script::Answer(_) | Script::Endless(_) | Script::Silent | Script::HangUp) => {
                return self.misbehave(rude).await;
            }
        }
        let mut request = [0; 4];
        self.stream.read_exact(&mut request).await?;
        assert_eq!(request[..3], [5, 1, 0]);
        let host = match request[3] {
            1 => {
                let mut address = [0; 4];
                self.stream.read_exact(&mut address).await?;
                std::net::Ipv4Addr::from(address).to_string()
            }
            3 => {
                let mut name = vec![0; usize::from(self.stream.read_u8().await?)];
                self.stream.read_exact(&mut name).await?;
                String::from_utf8(name).unwrap()
            }
            other => panic!("the address type {other}"),
        };
        let port = self.stream.read_u16().await?;
        self.note(|seen| seen.target = Some(format!("{host}:{port}")));
        match script {
            Script::Reply(code) => self.say(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await,
            Script::RelaysNothingBut(bytes) => {
                self.say(&[&[5, 0, 0, 3, 1, b'x', 0, 0], bytes].concat()).await?;
                self.wait().await
            }
            Script::Relay { .. } => self.relay(port, &[5, 0, 0, 1, 127, 0, 0, 1, 0, 0]).await,
            Script::Answer(_) | Script::Endless(_) | Script::Silent | Script::HangUp => Ok(()),
        }
    }

    async fn misbehave(mut self, script: Script) -> std::io::Result<()> {
        match script {
            Script::Answer(bytes) => self.say(&bytes).await,
            Script::Endless(bytes) => loop {
                self.say(bytes).await?;
            },
            Script::Silent => self.wait().await,
            Script::HangUp | Script::Relay { .. } | Script::RelaysNothingBut(_) | Script::Reply(_) => Ok(()),
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes).await
    }

    async fn wait(&mut self) -> std::io::Result<()> {
        self.stream.read_u8().await.map(|_| ())
    }

    async fn relay(mut self, port: u16, answer: &[u8]) -> std::io::Result<()> {
        let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
        self.say(answer).await?;
        let Self { mut stream, seen } = self;
        let (mut from_client, mut to_client) = stream.split();
        let (mut from_server, mut to_server) = server.split();
        let there = async {
            let mut bytes = [0; 4096];
            loop {
                let read = from_client.read(&mut bytes).await?;
                if read == 0 {
                    return to_server.shutdown().await;
                }
                seen.lock().unwrap_or_else(PoisonError::into_inner).relayed.extend_from_slice(&bytes[..read]);
                to_server.write_all(&bytes[..read]).await?;
            }
        };
        let back = async {
            tokio::io::copy(&mut from_server, &mut to_client).await?;
            to_client.shutdown().await
        };
        tokio::try_join!(there, back).map(|_| ())
    }
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}
