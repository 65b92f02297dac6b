//! The link with which the first administrator makes an account. Every start of a server without administrators makes one.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use countersign_protocol::Secret;

use crate::store::tokens::{generate, hash};
use crate::store::{Store, StoreError};

/// What the link has to show, as long as there are no administrators.
#[derive(Debug)]
pub(crate) struct SetUpLink {
    hash: Mutex<Option<String>>,
    /// Where the link lies if it could not be shown.
    file: PathBuf,
}

/// Whether a set-up link is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkStanding {
    /// It is.
    Good,
    /// It is of an earlier start, was used, or is no link of this server.
    Over,
}

impl SetUpLink {
    /// Makes the link if nobody can sign in yet; returns what it shows. One of an earlier start does not stay in the file.
    pub(crate) async fn prepare(store: &Store, file: PathBuf) -> Result<(Self, Option<Secret>), StoreError> {
        let link = Self { hash: Mutex::default(), file };
        link.end();
        if store.has_administrators().await? {
            return Ok((link, None));
        }
        let token = generate()?;
        Ok((Self { hash: Mutex::new(Some(hash(token.expose()))), ..link }, Some(token)))
    }

    /// Judges a link. Hashes are compared, so that the time of the comparison tells nothing about the token.
    pub(crate) fn standing(&self, token: &str) -> LinkStanding {
        let kept = self.hash.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_deref() == Some(hash(token).as_str()) { LinkStanding::Good } else { LinkStanding::Over }
    }

    /// Ends the link: it was used.
    pub(crate) fn end(&self) {
        *self.hash.lock().unwrap_or_else(PoisonError::into_inner) = None;
        match std::fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(file = %self.file.display(), %error, "a set-up link that is over could not be removed");
            }
            Ok(()) | Err(_) => {}
        }
    }
}
