//! What the servers of this process have logged.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Mutex, Once, PoisonError};

use tracing_subscriber::EnvFilter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static KEPT: Once = Once::new();

/// Keeps what is logged from now on.
pub(crate) fn keep() {
    KEPT.call_once(|| {
        tracing_subscriber::fmt()
            .with_ansi(false)
            .with_env_filter(EnvFilter::new("countersign_server=info"))
            .with_writer(|| Keeper)
            .init();
    });
}

/// The lines about one connection, in order.
pub(crate) fn about(peer: SocketAddr) -> Vec<String> {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    let log = String::from_utf8_lossy(&log);
    log.lines().filter(|line| line.contains(&format!("peer={peer} "))).map(str::to_owned).collect()
}

struct Keeper;

impl Write for Keeper {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(written);
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
