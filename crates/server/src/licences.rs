//! Which licence is in force: that of the file that was uploaded, as long as it is the publisher's, or else the built-in
//! evaluation licence.

use std::sync::{Mutex, PoisonError};

use countersign_protocol::{Licence, LicenceDocument, LicenceError, LicenceFile, PublisherPublicKey};

/// Reads licence files. What was read last is remembered: every session is told of the licence.
#[derive(Debug)]
pub(crate) struct Licences {
    publisher: Option<PublisherPublicKey>,
    last: Mutex<Option<(String, Licence)>>,
}

impl Licences {
    /// With the key whose signatures count.
    pub(crate) fn signed_by(publisher: Option<PublisherPublicKey>) -> Self {
        Self { publisher, last: Mutex::default() }
    }

    /// Reads a file that somebody wants to upload.
    pub(crate) fn read(&self, text: &str) -> Result<LicenceDocument, LicenceError> {
        LicenceFile::read(text)?.verify(self.publisher.as_ref())
    }

    /// The licence in force, from the text of the file that is kept.
    pub(crate) fn in_force(&self, kept: Option<&str>) -> Licence {
        let Some(text) = kept else { return Licence::evaluation() };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, licence)) = last.as_ref()
            && known == text
        {
            return licence.clone();
        }
        let licence = match self.read(text) {
            Ok(document) => document.to_licence(),
            Err(error) => {
                tracing::warn!(%error, "the licence that was uploaded cannot be used; the evaluation licence holds");
                Licence::evaluation()
            }
        };
        *last = Some((text.to_owned(), licence.clone()));
        licence
    }
}
