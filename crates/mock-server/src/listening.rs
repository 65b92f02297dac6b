//! One address, and what answers there now.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use countersign_mock_server::catalogue::{Answer, Entry};
use countersign_mock_server::stranger::{Identity, Stranger, identity_key};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

/// How many connections are open at once at an address that speaks no TLS.
const AT_ONCE: usize = 32;
/// How long such a connection is kept.
const TO_LEAVE: Duration = Duration::from_mins(1);
/// The alert protocol_version (RFC 8446, section 6.2), as a server of TLS 1.2 answers a client of 1.3 only.
const PROTOCOL_VERSION_ALERT: [u8; 7] = [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x46];

/// Something answers at an address, until this is dropped.
pub(crate) struct Listening {
    listener: Arc<TcpListener>,
    address: SocketAddr,
    answering: Answering,
}

/// What answers ends when this is dropped, and its connections with it.
enum Answering {
    /// Speaks the whole protocol, as a server of its own that knows no enrolled computer and has no profiles.
    Server {
        _server: Stranger,
    },
    Something {
        _task: AbortOnDropHandle<()>,
    },
}

impl Listening {
    /// Starts on this computer's own address; port 0 is any that is free.
    pub(crate) async fn start(entry: &Entry, port: u16) -> io::Result<Self> {
        let listener = Arc::new(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?);
        let address = listener.local_addr()?;
        let answering = Answering::start(Arc::clone(&listener), &entry.answer);
        Ok(Self { listener, address, answering })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets something else answer, and ends the connections that there are.
    pub(crate) fn show(&mut self, entry: &Entry) {
        self.answering = Answering::start(Arc::clone(&self.listener), &entry.answer);
    }
}

impl Answering {
    fn start(listener: Arc<TcpListener>, answer: &Answer) -> Self {
        match answer {
            Answer::Certificate(pair) => {
                let identity = Identity::Own(identity_key());
                Self::Server { _server: Stranger::listen(listener, pair, identity, Vec::new()) }
            }
            Answer::PlainText => Self::saying(listener, b"220 mail.example.com ESMTP\r\n", Before::Anything),
            Answer::OldTls => Self::saying(listener, &PROTOCOL_VERSION_ALERT, Before::Nothing),
            Answer::Silence => Self::saying(listener, b"", Before::Anything),
        }
    }

    fn saying(listener: Arc<TcpListener>, words: &'static [u8], before: Before) -> Self {
        Self::Something { _task: AbortOnDropHandle::new(tokio::spawn(say(listener, words, before))) }
    }
}

/// When something is said.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// Before the client says anything.
    Anything,
    /// After the client has said something.
    Nothing,
}

async fn say(listener: Arc<TcpListener>, words: &'static [u8], before: Before) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut open = JoinSet::new();
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((stream, _)) = listener.accept().await else { return };
        open.spawn(async move {
            let _place = place;
            let _ = tokio::time::timeout(TO_LEAVE, talk(stream, words, before)).await;
        });
        while open.try_join_next().is_some() {}
    }
}

async fn talk(mut stream: TcpStream, words: &[u8], before: Before) -> io::Result<()> {
    let mut heard = [0; 4096];
    if before == Before::Nothing && stream.read(&mut heard).await? == 0 {
        return Ok(());
    }
    stream.write_all(words).await?;
    while stream.read(&mut heard).await? > 0 {}
    Ok(())
}
