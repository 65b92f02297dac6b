//! A profile changes, and all connected agents apply it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::agents::{Fleet, TO_FINISH};
use super::{Scale, median};

/// Rows of a page of the list.
const ROWS: usize = 500;
/// How often a page is asked for again as long as it is not as expected.
const STEP: Duration = Duration::from_millis(20);

/// Expects the agents to be connected.
pub(crate) async fn measure(scale: Scale, fleet: &Fleet) {
    let agents = fleet.connected();
    let api = &fleet.server.api;
    let profile = api.get("/profiles").await[0].clone();
    let path = format!("/profiles/{}", profile["id"].as_str().unwrap());
    let (mut answered, mut applied, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..scale.rounds {
        let content = json!({
            "name": profile["name"],
            "invalid_certificate_action": "allow",
            "heartbeat_seconds": 60 + round,
        });
        let mut count = fleet.common.applied.subscribe();
        let wanted = *count.borrow() + agents;
        let start = Instant::now();
        let changed = api.change("PUT", &path, &content).await;
        answered.push(start.elapsed().as_secs_f64());
        tokio::time::timeout(TO_FINISH, count.wait_for(|count| *count >= wanted))
            .await
            .expect("not all agents got the profile in time")
            .unwrap();
        applied.push(start.elapsed().as_secs_f64());
        until_shown(fleet, agents, &changed["revision"]).await;
        shown.push(start.elapsed().as_secs_f64());
    }
    println!(
        "profile change, {agents} agents: answered after {:.2} s, the last agent has sent APPLIED after {:.2} s, the API says so of \
         all after {:.2} s (medians of {})",
        median(answered),
        median(applied),
        median(shown),
        scale.rounds
    );
}

/// Waits until the API says of every endpoint that it has applied this revision.
async fn until_shown(fleet: &Fleet, agents: usize, revision: &Value) {
    let deadline = Instant::now() + TO_FINISH;
    for page in 1..=agents.div_ceil(ROWS) {
        let path = format!("/endpoints?size={ROWS}&page={page}");
        loop {
            let endpoints = fleet.server.api.get(&path).await;
            let all = endpoints.as_array().unwrap().iter().all(|endpoint| {
                endpoint["profile"]["status"] == "applied" && endpoint["profile"]["revision"] == *revision
            });
            if all {
                break;
            }
            assert!(Instant::now() < deadline, "not all endpoints are shown with the profile in time");
            tokio::time::sleep(STEP).await;
        }
    }
}
