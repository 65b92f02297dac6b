//! The store on each of its databases: what holds on SQLite holds on PostgreSQL.

mod absence;
mod acme;
mod agents;
mod answers;
mod at_once;
mod former_certificates;
mod history;
mod lists;
mod nodes;
mod people;
mod retention;
mod scan;
mod sealed;
mod steps;
mod turns;

use countersign_protocol::{InstanceUid, ProxyFallback, Secret};
use countersign_trust::{InvalidCertificateAction, RememberOptions};
use serde_json::json;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::datetime;
use uuid::Uuid;

use super::{Actor, Change, DatabaseLocation, Introduction, ProfileChange, Reports, Store};
use crate::database_url::DatabaseUrl;
use crate::key_file::KeyFile;

#[path = "../../../tests/server/support/postgresql.rs"]
mod postgresql;

const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sqlite,
    PostgreSql,
}

/// A database of a test.
struct TestDatabase {
    location: DatabaseLocation,
    url: Option<String>,
    directory: TempDir,
}

impl TestDatabase {
    fn new(kind: Kind) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = (kind == Kind::PostgreSql).then(postgresql::new_database);
        let location = match &url {
            Some(url) => (&DatabaseUrl::new(Secret::new(url.clone())).unwrap()).into(),
            None => directory.path().into(),
        };
        Self { location, url, directory }
    }

    /// A server's store. On PostgreSQL there may be several.
    async fn open(&self) -> Store {
        self.open_plain().await.sealed_with(&self.key_file()).await.unwrap()
    }

    /// As it was before anything was sealed.
    async fn open_plain(&self) -> Store {
        Store::open(self.location.clone()).await.unwrap()
    }

    fn key_file(&self) -> KeyFile {
        KeyFile::of(self.directory.path(), None)
    }
}

/// Makes tests of functions that take the kind of database, one for each kind.
macro_rules! on_each_database {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            use crate::store::tests::Kind;

            #[tokio::test(flavor = "multi_thread")]
            async fn sqlite() {
                super::$name(Kind::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread")]
            async fn postgresql() {
                super::$name(Kind::PostgreSql).await;
            }
        })+
    };
}
pub(crate) use on_each_database;

fn change(action: &'static str) -> Change {
    Change { actor: Actor::Server, at: NOW, action, subject: "test".to_owned(), detail: json!({}) }
}

fn profile(name: &str) -> ProfileChange {
    ProfileChange {
        name: name.to_owned(),
        invalid_certificate_action: InvalidCertificateAction::Warn,
        heartbeat_seconds: 30,
        remember: RememberOptions::default(),
        proxy_fallback: ProxyFallback::default(),
    }
}

/// An endpoint of this name that is connected; returns its session.
async fn connected(store: &Store, id: InstanceUid, host: &str) -> Uuid {
    let session = Uuid::now_v7();
    let introduction = Introduction { host_name: host.to_owned(), ..Introduction::default() };
    let profile = store.default_profile(NOW).await.unwrap().document.id;
    store.introduce(id, session, &introduction, &Reports::default(), profile, NOW).await.unwrap();
    session
}
