//! Changes of which the sessions of this server may not have been told. Whoever makes a change wakes the sessions that it concerns
//! after it was carried out; when something fails in between, they are told by whoever follows the doubts.

use std::sync::Arc;

use tokio::sync::Notify;

use super::Store;

/// Whether sessions may have to look for themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Doubts(Arc<Notify>);

/// Stands for a change of which sessions have yet to be told. When it is dropped before, they look for themselves.
#[derive(Debug)]
#[must_use = "sessions look for themselves when this is dropped"]
pub(crate) struct Untold {
    doubts: Option<Doubts>,
}

impl Untold {
    /// All sessions that it concerns have been woken.
    pub(crate) fn told(mut self) {
        self.doubts = None;
    }
}

impl Drop for Untold {
    fn drop(&mut self) {
        if let Some(doubts) = &self.doubts {
            doubts.0.notify_one();
        }
    }
}

impl Store {
    /// Kept by whoever has made a change, until sessions are told of it.
    pub(crate) fn untold(&self) -> Untold {
        Untold { doubts: Some(self.doubts.clone()) }
    }

    /// Waits until there is a change of which sessions may not have been told. May be dropped while it waits; nothing is lost by
    /// that.
    pub(crate) async fn doubted(&self) {
        self.doubts.0.notified().await;
    }
}
