//! How often strangers make this server ask the provider at which people sign in, and what becomes of those who lose their roles.

use futures_util::future::join_all;
use serde_json::{Value, json};
use time::Duration;

use crate::openid_connect::{Browser, NOON, assert_refused, cookie, get, sign_in, start};
use crate::support::clock::ManualClock;
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::provider::Provider;

/// So often a minute one network has the provider asked.
const FROM_ONE_NETWORK: usize = 30;
/// For so many at a time.
const AT_A_TIME: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn one_network_has_the_provider_asked_so_often_a_minute() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    let browser = Browser::begin(&running).await;
    // To find out about itself, the provider was asked once; after that, who only begins costs it nothing.
    for _ in 0..FROM_ONE_NETWORK {
        Browser::begin(&running).await;
    }
    for attempt in 1..FROM_ONE_NETWORK {
        let refused = browser.end(&format!("made-up-{attempt}")).await;
        assert_refused(&attempt.to_string(), &refused, 422, "invalid_grant");
    }
    let granted = provider.grant(&browser.address, provider.token(&browser.address, "anna", &["all"], NOON));
    let refused = browser.end(&granted).await;
    assert_refused("too often", &refused, 429, "It is possible again in 3 seconds");
    assert_eq!(cookie(&refused, "__Host-countersign-sign-in"), None, "the attempt is not over");
    assert!(refused.body.contains("name=\"password\""), "the sign-in page is not shown");
    assert_eq!(provider.brought(), FROM_ONE_NETWORK - 1, "the provider was asked all the same");
    // What does not fit costs nothing, and the password is another way.
    let stranger = Browser { cookie: String::new(), ..browser.clone() };
    assert_refused("no cookie", &stranger.end(&granted).await, 422, "was not begun in this browser");
    let mut console = Console::set_up(&running).await;
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    // The page is loaded again.
    clock.advance(Duration::seconds(3));
    assert_eq!(browser.end(&granted).await.status, 303);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_many_are_on_their_way_the_next_is_told_at_once() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    let browser = Browser::begin(&running).await;
    provider.let_wait(true);
    let waiting: Vec<_> = (0..AT_A_TIME)
        .map(|number| {
            let browser = browser.clone();
            tokio::spawn(async move { browser.end(&format!("made-up-{number}")).await })
        })
        .collect();
    provider.until_brought(AT_A_TIME).await;
    let code = provider.grant(&browser.address, provider.token(&browser.address, "anna", &["all"], NOON));
    let refused = browser.end(&code).await;
    assert_refused("busy", &refused, 503, "Load this page again in a few seconds");
    assert_eq!(provider.brought(), AT_A_TIME);
    provider.let_wait(false);
    for answer in join_all(waiting).await {
        assert_refused("made up", &answer.unwrap(), 422, "invalid_grant");
    }
    assert_eq!(browser.end(&code).await.status, 303);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_role_any_more_has_no_session_any_more() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    let console = running.server.console;
    let mut sessions = Vec::new();
    for who in ["anna", "anna", "bert"] {
        let signed_in = sign_in(&running, &provider, who, &["desk"], NOON).await;
        sessions.push(cookie(&signed_in, "__Host-countersign").unwrap());
    }
    let lives = async || {
        let mut lives = Vec::new();
        for session in &sessions {
            lives.push(get(console, "/account", session).await.status);
        }
        lives
    };
    assert_eq!(lives().await, [200, 200, 200]);
    for _ in 0..2 {
        let refused = sign_in(&running, &provider, "anna", &["other"], NOON).await;
        assert_refused("no role", &refused, 403, "nothing that gives you a role");
        assert_eq!(lives().await, [303, 303, 200]);
    }
    // Whoever was never here leaves no trace.
    let refused = sign_in(&running, &provider, "eve", &["other"], NOON).await;
    assert_refused("no role", &refused, 403, "nothing that gives you a role");
    let audit = running.api.get("/audit").await;
    let ended: Vec<&Value> = audit
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["action"] == "administrator.sessions_ended")
        .collect();
    assert_eq!(ended.len(), 1, "{audit}");
    let detail = json!({"name": "annaofExample", "sessions": 2, "by": provider.issuer()});
    assert_eq!((&ended[0]["actor"], &ended[0]["detail"]), (&json!("annaofExample"), &detail));
    // The account is there for the day on which a role is given again.
    assert_eq!(sign_in(&running, &provider, "anna", &["all"], NOON).await.status, 303);
    running.server.stop().await;
}
