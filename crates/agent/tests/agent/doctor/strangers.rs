//! What may answer instead of a management server.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::support::SOON;

/// How a stranger behaves.
#[derive(Clone, Copy, Debug)]
pub(super) enum Manner {
    /// Speaks first, as mail servers do.
    Greets,
    /// Answers with a line of HTTP.
    AnswersInText,
    /// Hangs up at the first word.
    HangsUp,
    /// Never says a word.
    Silent,
}

/// A server without TLS.
pub(super) struct Stranger {
    pub(super) port: u16,
    task: JoinHandle<()>,
}

impl Stranger {
    pub(super) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let task = tokio::spawn(async move {
            let mut silent = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut buffer = [0; 1024];
                match manner {
                    Manner::Greets => {
                        let _ = stream.write_all(b"220 mail.example ESMTP\r\n").await;
                        let _ = stream.read(&mut buffer).await;
                    }
                    Manner::AnswersInText => {
                        let _ = stream.read(&mut buffer).await;
                        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
                    }
                    Manner::HangsUp => {
                        let _ = stream.read(&mut buffer).await;
                    }
                    Manner::Silent => silent.push(stream),
                }
            }
        });
        Self { port, task }
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A real server that speaks TLS 1.2 and nothing newer.
pub(super) struct OldServer {
    pub(super) port: u16,
    _process: Child,
}

impl OldServer {
    pub(super) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate =
            rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
        std::fs::write(path("certificate.pem"), certificate.pem()).unwrap();
        let mut process = Command::new("openssl")
            .args(["s_server", "-tls1_2", "-naccept", "10", "-accept", "127.0.0.1:0"])
            .arg("-key")
            .arg(path("key.pem"))
            .arg("-cert")
            .arg(path("certificate.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("openssl is to be installed");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = tokio::time::timeout(SOON, async {
            loop {
                let line = lines.next_line().await.unwrap().expect("openssl ended");
                if let Some(address) = line.strip_prefix("ACCEPT ") {
                    break address.rsplit(':').next().unwrap().parse().unwrap();
                }
            }
        });
        let port = port.await.expect("openssl does not listen");
        // Whatever it says later must have somewhere to go.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { port, _process: process }
    }
}

/// A port at which nothing listens.
pub(super) async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Short, for a test that waits for it to pass.
pub(super) const SHORT: Duration = Duration::from_millis(300);
