//! Recovery files: whether one is taken, and what is kept of those that were. Pure.

use std::collections::BTreeMap;

use countersign_protocol::{
    IdentityPublicKey, InstanceUid, RecoveryAction, RecoveryDocument, RecoveryFile, RecoveryFileError,
};
use countersign_trust::{Fingerprint, InvalidCertificateAction, ServerAddress};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

/// Files of so many servers are kept in mind.
const MAXIMUM_SERVERS: usize = 16;

/// The last file that was taken, server by server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct RecoveryRecord(BTreeMap<ServerAddress, Taken>);

/// What is kept of a file that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Taken {
    id: Uuid,
    #[serde(with = "time::serde::rfc3339")]
    issued_at: OffsetDateTime,
    /// Its number among the files of the server, if that has counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    action: Option<RecoveryAction>,
}

impl RecoveryRecord {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The looser action that a file set for a server, while it holds.
    pub(crate) fn action(&self, server: &ServerAddress, now: OffsetDateTime) -> Option<RecoveryAction> {
        self.0.get(server)?.action.filter(|action| now < action.until)
    }

    /// Notes that a file was taken, for its server and for the new address.
    pub(crate) fn take(&mut self, document: &RecoveryDocument) {
        let (number, issued_at) = document.order();
        let taken = Taken { id: document.id, issued_at, number, action: document.action };
        for server in [Some(&document.server), document.new_address.as_ref()].into_iter().flatten() {
            self.0.insert(server.clone(), taken);
        }
        while self.0.len() > MAXIMUM_SERVERS {
            let oldest = self.0.iter().min_by_key(|(_, taken)| taken.issued_at);
            let Some(oldest) = oldest.map(|(server, _)| server.clone()) else { break };
            self.0.remove(&oldest);
        }
    }
}

/// What is known when a file is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    /// The server of this computer.
    pub(crate) server: Option<&'a ServerAddress>,
    /// Its identity key.
    pub(crate) identity: Option<IdentityPublicKey>,
    pub(crate) instance_uid: InstanceUid,
    pub(crate) record: &'a RecoveryRecord,
    pub(crate) now: OffsetDateTime,
}

/// Why a recovery file is not taken. The texts are for logs.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "name")]
pub enum RecoveryRefusal {
    /// It cannot be read.
    #[error("{detail}")]
    Unreadable {
        /// A whole sentence.
        detail: String,
    },
    /// It was changed, or another server signed it.
    #[error("The signature of the recovery file is not that of the server of this computer.")]
    BadSignature,
    /// It is for another server.
    #[error("The recovery file is for {server}, and this computer is not set up for that server.")]
    OtherServer {
        /// The server that it names.
        server: ServerAddress,
    },
    /// The identity of the server is not known, so that nothing shows whose file it is.
    #[error("This computer does not know the identity of {server}, so that it cannot tell whose file it is.")]
    NoIdentity {
        /// The server.
        server: ServerAddress,
    },
    /// It names a new address at which this computer knows a server with another identity: nobody takes the place of that one.
    #[error("The recovery file names the new address {server}, where this computer knows another server.")]
    OtherIdentity {
        /// The new address.
        server: ServerAddress,
    },
    /// It names other computers.
    #[error("The recovery file is for other computers.")]
    OtherComputers,
    /// Its time is over.
    #[error("The recovery file was to be used until {until}.")]
    Over {
        /// Until when it was taken.
        #[serde(with = "time::serde::rfc3339")]
        until: OffsetDateTime,
    },
    /// It was taken before.
    #[error("The recovery file has been taken already.")]
    AlreadyTaken,
    /// A newer one was taken before.
    #[error("A newer recovery file has been taken already.")]
    Older,
    /// It could not be noted that it was taken, so that it is not.
    #[error("{detail}")]
    NotKept {
        /// A whole sentence.
        detail: String,
    },
}

/// What was taken, for whoever opened the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryTaken {
    /// The server that it helps with: at its new address, if it names one.
    pub server: ServerAddress,
    /// The certificate that is let through.
    pub certificate: Option<Fingerprint>,
    /// The action until [`RecoveryTaken::until`].
    pub action: Option<InvalidCertificateAction>,
    /// When the last of it ends; none when the file only names a new address.
    #[serde(with = "time::serde::rfc3339::option")]
    pub until: Option<OffsetDateTime>,
}

/// Judges a file.
pub(crate) fn judge(text: &str, facts: &Facts<'_>) -> Result<RecoveryDocument, RecoveryRefusal> {
    let file = RecoveryFile::read(text).map_err(|error| refusal(&error))?;
    let server = file.claimed_server().map_err(|error| refusal(&error))?;
    if facts.server != Some(&server) {
        return Err(RecoveryRefusal::OtherServer { server });
    }
    let identity = facts.identity.ok_or(RecoveryRefusal::NoIdentity { server })?;
    let document = file.verify(&identity).map_err(|error| refusal(&error))?;
    if !document.is_for(&facts.instance_uid) {
        return Err(RecoveryRefusal::OtherComputers);
    }
    match facts.record.0.get(&document.server) {
        Some(taken) if taken.id == document.id => return Err(RecoveryRefusal::AlreadyTaken),
        Some(taken) if document.order() <= (taken.number, taken.issued_at) => {
            return Err(RecoveryRefusal::Older);
        }
        Some(_) | None => {}
    }
    if facts.now >= document.expires_at {
        return Err(RecoveryRefusal::Over { until: document.expires_at });
    }
    Ok(document)
}

fn refusal(error: &RecoveryFileError) -> RecoveryRefusal {
    match error {
        RecoveryFileError::BadSignature => RecoveryRefusal::BadSignature,
        RecoveryFileError::Malformed { .. } | RecoveryFileError::Schema { .. } => {
            RecoveryRefusal::Unreadable { detail: countersign_trust::display_text(&error.to_string()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_protocol::{IdentityKeyPair, RecoveredEndpoints};
    use time::Duration;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-27 12:00 UTC);

    fn file(server: &str, issued_at: OffsetDateTime) -> RecoveryDocument {
        let until = issued_at + Duration::days(7);
        RecoveryDocument {
            action: Some(RecoveryAction { action: InvalidCertificateAction::Warn, until }),
            ..RecoveryDocument::new(server.parse().unwrap(), issued_at, Duration::days(14))
        }
    }

    #[test]
    fn a_file_is_taken_once_and_only_by_those_it_is_for() {
        use RecoveryRefusal::{
            AlreadyTaken, BadSignature, NoIdentity, Older, OtherComputers, OtherServer, Over,
        };
        let (own, stranger) =
            (IdentityKeyPair::generate().unwrap().0, IdentityKeyPair::generate().unwrap().0);
        let server: ServerAddress = "a.example".parse().unwrap();
        let other: ServerAddress = "b.example".parse().unwrap();
        let instance_uid = InstanceUid::generate();
        let (before, after) = (file("a.example", NOW - Duration::HOUR), file("a.example", NOW));
        let mut record = RecoveryRecord::default();
        record.take(&before);
        let named =
            |uid| RecoveryDocument { endpoints: RecoveredEndpoints::Named([uid].into()), ..after.clone() };
        let table = [
            ("good", &after, &own, Some(&own), NOW, None),
            ("for this computer", &named(instance_uid), &own, Some(&own), NOW, None),
            // A clock that is wrong may be why the server is refused.
            ("from the future", &file("a.example", NOW + Duration::days(300)), &own, Some(&own), NOW, None),
            ("for others", &named(InstanceUid::generate()), &own, Some(&own), NOW, Some(OtherComputers)),
            ("by a stranger", &after, &stranger, Some(&own), NOW, Some(BadSignature)),
            ("no identity", &after, &own, None, NOW, Some(NoIdentity { server: server.clone() })),
            ("again", &before, &own, Some(&own), NOW, Some(AlreadyTaken)),
            ("older", &file("a.example", NOW - Duration::HOUR * 2), &own, Some(&own), NOW, Some(Older)),
            (
                "elsewhere",
                &file("b.example", NOW),
                &own,
                Some(&own),
                NOW,
                Some(OtherServer { server: other }),
            ),
            (
                "too late",
                &after,
                &own,
                Some(&own),
                NOW + Duration::days(14),
                Some(Over { until: NOW + Duration::days(14) }),
            ),
        ];
        for (what, document, signer, identity, now, expected) in table {
            let identity = identity.map(IdentityKeyPair::public_key);
            let facts = Facts { server: Some(&server), identity, instance_uid, record: &record, now };
            let judged = judge(&document.sign(signer).unwrap().to_text(), &facts);
            assert_eq!(judged.as_ref().err(), expected.as_ref(), "{what}");
            assert!(judged.is_err() || judged.as_ref() == Ok(document), "{what}");
        }
        let facts = Facts {
            server: Some(&server),
            identity: Some(own.public_key()),
            instance_uid,
            record: &record,
            now: NOW,
        };
        assert!(matches!(judge("?", &facts), Err(RecoveryRefusal::Unreadable { .. })));
        assert_eq!(
            record.action(&server, NOW).map(|action| action.action),
            Some(InvalidCertificateAction::Warn)
        );
        assert_eq!(record.action(&server, NOW + Duration::days(7)), None);
    }

    #[test]
    fn files_are_taken_in_the_order_in_which_the_server_made_them_whatever_its_clock_said() {
        let key = IdentityKeyPair::generate().unwrap().0;
        let server: ServerAddress = "a.example".parse().unwrap();
        let made =
            |number, days| RecoveryDocument { number, ..file("a.example", NOW + Duration::days(days)) };
        for (what, last, next, is_taken) in [
            ("the clock was in the future", made(Some(7), 1500), made(Some(8), 0), true),
            ("the clock was in the past", made(Some(7), -1500), made(Some(8), 0), true),
            ("made before, by a clock in the future", made(Some(8), 0), made(Some(7), 1500), false),
            ("the same number", made(Some(8), 0), made(Some(8), 0), false),
            ("the server counts now, and its clock is right again", made(None, 1500), made(Some(1), 0), true),
            ("of before the server counted", made(Some(1), 0), made(None, 1500), false),
            ("neither is counted", made(None, 0), made(None, 1), true),
            ("neither is counted, and it is older", made(None, 1), made(None, 0), false),
        ] {
            let mut record = RecoveryRecord::default();
            record.take(&last);
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<RecoveryRecord>(&text).unwrap(), record);
            let facts = Facts {
                server: Some(&server),
                identity: Some(key.public_key()),
                instance_uid: InstanceUid::generate(),
                record: &record,
                now: NOW,
            };
            let judged = judge(&next.sign(&key).unwrap().to_text(), &facts);
            assert_eq!(judged, if is_taken { Ok(next) } else { Err(RecoveryRefusal::Older) }, "{what}");
        }
    }

    #[test]
    fn the_record_is_bounded_and_outlasts_the_agent() {
        let mut record = RecoveryRecord::default();
        for number in 0..40 {
            let mut document = file(&format!("s{number}.example"), NOW + Duration::hours(number));
            document.new_address = Some("new.example".parse().unwrap());
            record.take(&document);
        }
        assert_eq!(record.0.len(), MAXIMUM_SERVERS);
        assert!(record.0.contains_key(&"s39.example".parse().unwrap()));
        assert!(record.0.contains_key(&"new.example".parse().unwrap()));
        let text = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<RecoveryRecord>(&text).unwrap(), record);
    }
}
