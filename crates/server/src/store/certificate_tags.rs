//! What administrators saw when they commit or remove a certificate, as a tag: it is done only while that is still so.
//!
//! What a certificate is for the server is one half of it. The other is what is in use now, because that is what another one
//! takes the place of, and because a certificate that agents are shown is another matter than one that only the console shows.

use sea_orm::ConnectionTrait;

use super::assignment_tags::check_tag;
use super::certificates::{committed, find};
use super::entity::server_certificate::Model;
use super::settings::is_on;
use super::{Setting, Store, StoreError};

/// Stands for a certificate that is not there.
const NONE: &str = "none";

impl Store {
    /// What one certificate is, and which are in use; without an identifier that of the SSL certificate. Read it before the
    /// certificate: then a change in between makes the tag too old, and never too new.
    pub(crate) async fn tag_of_certificate(&self, id: Option<uuid::Uuid>) -> Result<String, StoreError> {
        let row = match id {
            Some(id) => Some(find(&self.database, id).await?),
            None => committed(&self.database).await?,
        };
        tag(&self.database, row.as_ref()).await
    }
}

async fn tag(database: &impl ConnectionTrait, row: Option<&Model>) -> Result<String, StoreError> {
    let state = row.map_or(NONE, |row| row.state.as_str());
    let ssl = committed(database).await?.map_or_else(|| NONE.to_owned(), |row| row.id);
    let shown_to = if is_on(database, Setting::UseSslCertificate).await? { "agents" } else { "console" };
    Ok(format!("{state}.{ssl}.{shown_to}"))
}

/// Refuses what was meant for a certificate that is something else now, or beside others than are in use now.
pub(super) async fn check_certificate(
    transaction: &impl ConnectionTrait,
    row: Option<&Model>,
    expected: Option<&str>,
) -> Result<(), StoreError> {
    let Some(expected) = expected else { return Ok(()) };
    let present = tag(transaction, row).await?;
    check_tag(Some(expected), &present, || "use of the certificates".to_owned())
}
