//! Named pipes. Built for Windows only, and not tried there yet.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, NamedPipeServer, ServerOptions};
use tokio::sync::Mutex;

use super::Admission;
use crate::control_socket::Instance;

/// All instances of a pipe have a client at the moment (winerror.h).
const ERROR_PIPE_BUSY: i32 = 231;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(50);

/// Either end of a connection.
#[derive(Debug)]
pub(in crate::control_socket) enum Stream {
    Server(NamedPipeServer),
    Client(NamedPipeClient),
}

/// Who is at the other end. The system has judged that: the default security descriptor of a pipe lets only its owner,
/// administrators and the system write to it, and nothing is answered before something was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::control_socket) struct Peer;

impl Peer {
    #[expect(clippy::unused_self, reason = "elsewhere it depends on the peer")]
    pub(in crate::control_socket) fn admission(self) -> Admission {
        Admission::Admitted
    }
}

/// The pipe on which the agent waits: always one instance that nobody is connected to yet.
pub(in crate::control_socket) struct Listener {
    waiting: Mutex<NamedPipeServer>,
}

impl Listener {
    pub(in crate::control_socket) fn bind(_instance: &Instance) -> io::Result<Self> {
        let mut options = ServerOptions::new();
        // Nobody else can have taken the name before.
        let first = options.first_pipe_instance(true).reject_remote_clients(true).create(name())?;
        Ok(Self { waiting: Mutex::new(first) })
    }

    pub(in crate::control_socket) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        let mut waiting = self.waiting.lock().await;
        waiting.connect().await?;
        let next = ServerOptions::new().reject_remote_clients(true).create(name())?;
        Ok((Stream::Server(std::mem::replace(&mut waiting, next)), Peer))
    }
}

/// Connects to the agent of the person. The caller limits how long it may take.
pub(in crate::control_socket) async fn connect(_directory: &Path) -> io::Result<Stream> {
    loop {
        match ClientOptions::new().open(name()) {
            Ok(client) => return Ok(Stream::Client(client)),
            Err(error) if error.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                tokio::time::sleep(BETWEEN_ATTEMPTS).await;
            }
            Err(error) => return Err(error),
        }
    }
}

fn name() -> String {
    let own = |variable| std::env::var(variable).unwrap_or_default();
    format!(r"\\.\pipe\countersign-{}-{}", own("USERDOMAIN"), own("USERNAME"))
}

/// Files that are open are not replaced there.
#[expect(clippy::unnecessary_wraps, reason = "elsewhere the system is asked")]
pub(in crate::control_socket) fn is_at(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(true)
}

mod stream {
    use std::io;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

    use super::Stream;

    impl AsyncRead for Stream {
        fn poll_read(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            buffer: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            match self.get_mut() {
                Self::Server(pipe) => Pin::new(pipe).poll_read(context, buffer),
                Self::Client(pipe) => Pin::new(pipe).poll_read(context, buffer),
            }
        }
    }

    impl AsyncWrite for Stream {
        fn poll_write(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<io::Result<usize>> {
            match self.get_mut() {
                Self::Server(pipe) => Pin::new(pipe).poll_write(context, bytes),
                Self::Client(pipe) => Pin::new(pipe).poll_write(context, bytes),
            }
        }

        fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            match self.get_mut() {
                Self::Server(pipe) => Pin::new(pipe).poll_flush(context),
                Self::Client(pipe) => Pin::new(pipe).poll_flush(context),
            }
        }

        fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
            match self.get_mut() {
                Self::Server(pipe) => Pin::new(pipe).poll_shutdown(context),
                Self::Client(pipe) => Pin::new(pipe).poll_shutdown(context),
            }
        }
    }
}
