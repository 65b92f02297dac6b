//! What programs see that watch the server.

use serde_json::json;

use crate::support::Running;
use crate::support::http::exchange;
use crate::support::tls;

pub(crate) async fn get(
    running: &Running,
    path: &str,
    token: Option<&str>,
) -> crate::support::http::Response {
    let mut stream = tls::connect(running.server.console, None).await.unwrap();
    let authorization = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> =
        authorization.iter().map(|value| ("Authorization", value.as_str())).collect();
    exchange(&mut stream, "GET", path, &headers, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_holders_of_a_token() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    agent.settled().await;
    let input = json!({"name": "Prometheus", "role": "read_only"});
    let token = running.api.change("POST", "/api-tokens", &input).await["token"].as_str().unwrap().to_owned();
    for wrong in [None, Some("wrong")] {
        assert_eq!(get(&running, "/metrics", wrong).await.status, 401);
    }
    let answer = get(&running, "/metrics", Some(&token)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.content_type.starts_with("application/openmetrics-text"), "{}", answer.content_type);
    for line in [
        "countersign_sessions 1",
        "countersign_endpoints_online 1",
        "countersign_endpoints_offline 0",
        "countersign_servers 1",
        "countersign_opened_sessions_total 1",
        "countersign_endpoints_by_standing{standing=\"unknown\"} 1",
        "# EOF",
    ] {
        assert!(answer.body.lines().any(|found| found == line), "“{line}” is missing in: {}", answer.body);
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_ask_whether_it_works() {
    let running = Running::start().await;
    for path in ["/health", "/api/v1/health"] {
        let answer = get(&running, path, None).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"status": "ok"})));
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_the_database_is_gone_and_works_again_once_it_is_back() {
    use crate::support::postgresql;
    let (first, second) = Running::start_two().await;
    let url = std::fs::read_to_string(first.directory.path().join("database")).unwrap();
    let name = url.split('/').nth(3).unwrap().split('?').next().unwrap();
    let postgres = url.replace(name, "postgres");
    postgresql::execute(&postgres, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false"));
    let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    postgresql::execute(&postgres, &end);
    for running in [&first, &second] {
        let answer = get(running, "/health", None).await;
        assert_eq!(answer.status, 503, "{}", answer.body);
        assert!(answer.body.contains("does not answer"), "{}", answer.body);
    }
    postgresql::execute(&postgres, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"));
    for running in [&first, &second] {
        assert_eq!(get(running, "/health", None).await.status, 200);
        running.api.get("/overview").await;
    }
    // They tell each other again what they change.
    let mut agent = second.agent("desk").await;
    agent.profile(&second.server.identity).await;
    let path = format!("/profiles/{}", first.api.get("/profiles").await[0]["id"].as_str().unwrap());
    let body = json!({"name": "Default", "invalid_certificate_action": "warn", "heartbeat_seconds": 7});
    first.api.change("PUT", &path, &body).await;
    assert_eq!(agent.profile(&second.server.identity).await.heartbeat_seconds, 7);
    first.server.stop().await;
    second.server.stop().await;
}
