//! What a change would do, with many endpoints in the database.

use std::time::Instant;

use serde_json::json;

use super::endpoints_page::add_rows;
use super::server::Server;
use super::{Scale, median};

pub(crate) async fn measure(scale: Scale) {
    let server = Server::start().await;
    for name in ["Strict", "Kiosks", "Servers"] {
        let profile = json!({"name": name, "invalid_certificate_action": "warn"});
        server.api.change("POST", "/profiles", &profile).await;
    }
    add_rows(&server, scale.rows).await;
    let profiles = server.api.get("/profiles").await;
    let profiles: Vec<_> = profiles.as_array().unwrap().iter().map(|profile| &profile["id"]).collect();
    let certificate = json!({"change": "certificate", "certificate": "built-in"});
    let one = json!({"change": "action", "profiles": [profiles[0]], "invalid_certificate_action": "deny"});
    let all = json!({"change": "action", "profiles": profiles, "invalid_certificate_action": "deny"});
    println!("pre-flight, {} rows (medians of {}):", scale.rows, scale.rounds);
    for (what, query, change) in [
        ("a certificate", "", &certificate),
        ("a certificate, middle page", "?page=400", &certificate),
        ("the action of one profile", "", &one),
        ("the action of all profiles", "", &all),
    ] {
        let mut times = Vec::new();
        let mut counts = serde_json::Value::Null;
        for _ in 0..scale.rounds {
            let start = Instant::now();
            let found = server.api.change("POST", &format!("/pre-flight{query}"), change).await;
            times.push(start.elapsed().as_secs_f64());
            counts = found["counts"].clone();
        }
        println!("  {what}: {:.2} s, {counts}", median(times));
    }
}
