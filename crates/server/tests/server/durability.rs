//! A server that is killed in the middle of its work loses nothing that it has acknowledged.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::http::{ApiClient, try_exchange};
use crate::support::process::Installation;
use crate::support::tls;

/// How often it is killed.
const KILLS: u64 = 50;
/// How many write at the same time.
const WRITERS: usize = 4;

/// Makes tokens one after the other until the server is gone, and notes the names of those that it has acknowledged.
async fn write(api: ApiClient, writer: String, acknowledged: Arc<Mutex<BTreeSet<String>>>) {
    let Ok(mut stream) = tls::connect(api.address, None).await else { return };
    let authorization = format!("Bearer {}", api.token);
    let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
    for number in 0.. {
        let name = format!("{writer}-{number}");
        let body = json!({"name": name}).to_string();
        match try_exchange(&mut stream, "POST", "/api/v1/enrolment-tokens", &headers, Some(&body)).await {
            Ok(answer) if answer.status == 201 => {
                acknowledged.lock().unwrap().insert(name);
            }
            Ok(answer) => panic!("{} {}", answer.status, answer.body),
            Err(_) => return,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_fifty_times_loses_nothing_that_it_acknowledged() {
    let mut installation = Installation::new();
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    for kill in 0..KILLS {
        let server = installation.start().await;
        let mut writing = JoinSet::new();
        for writer in 0..WRITERS {
            let name = format!("{kill}-{writer}");
            writing.spawn(write(server.api.clone(), name, Arc::clone(&acknowledged)));
        }
        // At another moment each time: while they connect, and while they write.
        tokio::time::sleep(Duration::from_millis(20 + kill * 37 % 180)).await;
        server.kill();
        writing.join_all().await;
    }
    let server = installation.start().await;
    let kept = server.api.get("/enrolment-tokens").await;
    let kept: BTreeSet<String> =
        kept.as_array().unwrap().iter().map(|token| token["name"].as_str().unwrap().to_owned()).collect();
    let acknowledged = acknowledged.lock().unwrap().clone();
    println!("{} changes acknowledged, {} kept, {KILLS} kills", acknowledged.len(), kept.len());
    assert!(acknowledged.len() as u64 > 2 * KILLS, "too little was written: {}", acknowledged.len());
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{lost:?}");
    server.terminate();

    let file = installation.data().join("countersign.sqlite");
    let database = Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
    let ask = |text: &str| Statement::from_string(DbBackend::Sqlite, text);
    let intact = database.query_all_raw(ask("PRAGMA integrity_check")).await.unwrap();
    let intact: Vec<String> = intact.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(intact, ["ok"]);
    assert!(database.query_all_raw(ask("PRAGMA foreign_key_check")).await.unwrap().is_empty());
    // Every change with its row in the audit, and none without.
    let unmatched = "SELECT COUNT(*) FROM enrolment_tokens t FULL JOIN (SELECT subject FROM audit
                     WHERE action = 'enrolment_token.created') a ON a.subject = t.id
                     WHERE t.id IS NULL OR a.subject IS NULL";
    let unmatched = database.query_one_raw(ask(unmatched)).await.unwrap().unwrap();
    assert_eq!(unmatched.try_get_by_index::<i64>(0).unwrap(), 0);
    database.close().await.unwrap();
}
