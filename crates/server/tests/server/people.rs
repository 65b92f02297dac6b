//! Who may do what, and for how long: roles, API tokens, signing in to the console, sessions.

use serde_json::{Value, json};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use totp_rs::{Builder, Secret};

use crate::support::Running;
use crate::support::clock::ManualClock;
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::http::ApiClient;

const NOON: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
const OTHER_PASSWORD: &str = "staple gun under water";

/// A client whose token has a role.
async fn with_role(running: &Running, role: &str) -> ApiClient {
    let made = running.api.change("POST", "/api-tokens", &json!({"name": role, "role": role})).await;
    ApiClient { token: made["token"].as_str().unwrap().to_owned(), ..running.api.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_what_its_role_permits() {
    let running = Running::start().await;
    let agent = running.agent("pc").await;
    let default = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
    let profile = json!({"name": "Default", "invalid_certificate_action": "warn", "heartbeat_seconds": 60});
    let person = json!({"name": "bert", "role": "read_only", "password": PASSWORD});
    let requests = [
        ("GET", "/endpoints".to_owned(), Value::Null, [200, 200, 200]),
        ("GET", "/profiles".to_owned(), Value::Null, [200, 200, 200]),
        ("GET", "/administrators".to_owned(), Value::Null, [403, 403, 200]),
        (
            "POST",
            format!("/endpoints/{}/commands", agent.uid),
            json!({"kind": "refresh_inventory"}),
            [403, 202, 202],
        ),
        ("PUT", format!("/endpoints/{}/profile", agent.uid), json!({"profile_id": default}), [403, 200, 200]),
        ("PUT", format!("/profiles/{default}"), profile, [403, 403, 200]),
        (
            "PUT",
            "/settings".to_owned(),
            json!({"use_ssl_certificate_for_endpoint_control": false}),
            [403, 403, 200],
        ),
        (
            "POST",
            "/api-tokens".to_owned(),
            json!({"name": "another", "role": "administrator"}),
            [403, 403, 201],
        ),
        ("POST", "/enrolment-tokens".to_owned(), json!({"name": "another"}), [403, 403, 201]),
        ("POST", "/administrators".to_owned(), person, [403, 403, 201]),
    ];
    for (index, role) in ["read_only", "operator", "administrator"].into_iter().enumerate() {
        let api = with_role(&running, role).await;
        for (method, path, body, expected) in &requests {
            let body = (!body.is_null()).then(|| body.to_string());
            let response = api.send(method, path, body.as_deref()).await;
            assert_eq!(response.status, expected[index], "{role}: {method} {path}: {}", response.body);
        }
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_over_is_refused() {
    let clock = ManualClock::at(NOON);
    let running = Running::start_with(clock.clone()).await;
    let body = json!({"name": "For one hour", "role": "read_only", "expires_at": "2026-06-01T13:00:00Z"});
    let made = running.api.change("POST", "/api-tokens", &body).await;
    let ends = ApiClient { token: made["token"].as_str().unwrap().to_owned(), ..running.api.clone() };
    let revoked = with_role(&running, "operator").await;
    assert_eq!(ends.send("GET", "/profiles", None).await.status, 200);
    clock.advance(Duration::minutes(61));
    assert_eq!(ends.send("GET", "/profiles", None).await.status, 401);

    assert_eq!(revoked.send("GET", "/profiles", None).await.status, 200);
    let tokens = running.api.get("/api-tokens").await;
    let id =
        tokens.as_array().unwrap().iter().find(|token| token["name"] == "operator").unwrap()["id"].clone();
    let path = format!("/api-tokens/{}", id.as_str().unwrap());
    assert_eq!(running.api.send("DELETE", &path, None).await.status, 204);
    assert_eq!(revoked.send("GET", "/profiles", None).await.status, 401);
    let invented = ApiClient { token: "x".repeat(43), ..running.api.clone() };
    assert_eq!(invented.send("GET", "/profiles", None).await.status, 401);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_can_administer_is_always_left() {
    let running = Running::start().await;
    Console::set_up(&running).await;
    let anna = running.api.get("/administrators").await[0]["id"].as_str().unwrap().to_owned();
    let anna = format!("/administrators/{anna}");
    // Somebody who cannot sign in, and somebody who may not administer, do not count.
    for (name, role) in [("bert", "administrator"), ("carla", "operator")] {
        let body = json!({"name": name, "role": role, "password": PASSWORD});
        running.api.change("POST", "/administrators", &body).await;
    }
    let people = running.api.get("/administrators").await;
    let bert = people.as_array().unwrap().iter().find(|person| person["name"] == "bert").unwrap();
    let bert = format!("/administrators/{}", bert["id"].as_str().unwrap());
    running.api.change("PATCH", &bert, &json!({"enabled": false})).await;
    let ways = [
        ("PATCH", Some(json!({"role": "operator"}))),
        ("PATCH", Some(json!({"enabled": false}))),
        ("DELETE", None),
    ];
    for (method, body) in &ways {
        let body = body.as_ref().map(Value::to_string);
        let response = running.api.send(method, &anna, body.as_deref()).await;
        assert_eq!(response.status, 409, "{method} {body:?}: {}", response.body);
    }
    running.api.change("PATCH", &bert, &json!({"enabled": true})).await;
    assert_eq!(running.api.send("DELETE", &anna, None).await.status, 204);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_set_up_link_works_once() {
    let running = Running::start().await;
    let link = running.server.set_up_link.as_ref().unwrap().expose();
    let path = link[link.find("/set-up/").unwrap()..].to_owned();
    let console = Console::new(&running);
    let wrong = [("name", NAME), ("password", "short"), ("again", "short")];
    assert_eq!(console.post(&path, &wrong).await.status, 422);
    assert_eq!(console.get("/set-up/another").await.status, 404);
    assert_eq!(console.get(&path).await.status, 200);
    Console::set_up(&running).await;
    let again = [("name", "eve"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(console.post(&path, &again).await.status, 404);
    assert_eq!(console.get(&path).await.status, 404);
    let running = running.restarted().await;
    assert!(running.server.set_up_link.is_none());
    assert_eq!(running.api.get("/administrators").await.as_array().unwrap().len(), 1);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_failures_make_everybody_wait_even_after_a_restart() {
    let clock = ManualClock::at(NOON);
    let running = Running::start_with(clock.clone()).await;
    let mut console = Console::set_up(&running).await;
    for attempt in 1..=5 {
        let response = console.sign_in(NAME, OTHER_PASSWORD, "").await;
        assert_eq!(response.status, 422, "attempt {attempt}");
    }
    let locked = console.sign_in(NAME, PASSWORD, "").await;
    assert_eq!(locked.status, 429);
    assert!(locked.body.contains("30 seconds"), "{}", locked.body);
    // A name that nobody has is treated alike.
    for _ in 1..=5 {
        assert_eq!(console.sign_in("nobody", PASSWORD, "").await.status, 422);
    }
    assert_eq!(console.sign_in("nobody", PASSWORD, "").await.status, 429);

    let running = running.restarted_with(clock.clone()).await;
    let mut console = Console::new(&running);
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 429);
    clock.advance(Duration::seconds(31));
    assert_eq!(console.sign_in(NAME, OTHER_PASSWORD, "").await.status, 422);
    clock.advance(Duration::seconds(31));
    assert_eq!(
        console.sign_in(NAME, PASSWORD, "").await.status,
        429,
        "the second wait is as short as the first"
    );
    clock.advance(Duration::seconds(31));
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    // Success starts the count anew.
    assert_eq!(console.sign_in(NAME, OTHER_PASSWORD, "").await.status, 422);
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_password_for_many_names_makes_the_place_wait() {
    let clock = ManualClock::at(NOON);
    let running = Running::start_with(clock.clone()).await;
    let mut console = Console::set_up(&running).await;
    for attempt in 0..30 {
        let response = console.sign_in(&format!("person-{attempt}"), OTHER_PASSWORD, "").await;
        assert_eq!(response.status, 422, "attempt {attempt}");
    }
    for name in ["another", NAME] {
        assert_eq!(console.sign_in(name, PASSWORD, "").await.status, 429, "{name}");
    }
    clock.advance(Duration::seconds(31));
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    // Somebody from there was let in, so it begins anew.
    assert_eq!(console.sign_in("another", OTHER_PASSWORD, "").await.status, 422);
    running.server.stop().await;
}

/// What an authenticator app shows.
fn one_time(secret: &str, at: OffsetDateTime) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret.as_bytes().to_vec()).build().unwrap();
    totp.generate(u64::try_from(at.unix_timestamp()).unwrap()).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_one_time_password_is_used_once() {
    let clock = ManualClock::at(NOON);
    let running = Running::start_with(clock.clone()).await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let page = console.get("/account/one-time-passwords").await.body;
    let secret = page.split_once("id=\"secret\">").unwrap().1.split_once('<').unwrap().0;
    let begin = async |one_time: &str, password: &str| {
        let fields = [("secret", secret), ("one_time_password", one_time), ("password", password)];
        console.post("/account/one-time-passwords", &fields).await.status
    };
    let first = one_time(secret, NOON);
    assert_eq!(begin(&one_time(secret, NOON + Duration::hours(1)), PASSWORD).await, 422);
    assert_eq!(begin(&first, OTHER_PASSWORD).await, 422);
    assert_eq!(begin(&first, PASSWORD).await, 303);
    assert!(!console.is_signed_in().await, "a session without the second factor goes on");

    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 422);
    assert_eq!(console.sign_in(NAME, PASSWORD, &first).await.status, 422, "it was used to set them up");
    clock.advance(Duration::seconds(30));
    let second = one_time(secret, NOON + Duration::seconds(30));
    assert_eq!(console.sign_in(NAME, PASSWORD, &second).await.status, 303);
    assert_eq!(console.sign_in(NAME, PASSWORD, &second).await.status, 422);
    assert_eq!(console.sign_in(NAME, OTHER_PASSWORD, &second).await.status, 422);
    let anna = running.api.get("/administrators").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/administrators/{anna}/one-time-passwords");
    assert_eq!(running.api.send("DELETE", &path, None).await.status, 204);
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_without_use_and_in_any_case() {
    let clock = ManualClock::at(NOON);
    let running = Running::start_with(clock.clone()).await;
    let mut console = Console::set_up(&running).await;
    assert!(!console.is_signed_in().await);
    console.sign_in(NAME, PASSWORD, "").await;
    clock.advance(Duration::minutes(29));
    assert!(console.is_signed_in().await);
    clock.advance(Duration::minutes(31));
    let response = console.get("/endpoints?search=a").await;
    assert_eq!(
        (response.status, response.header("location")),
        (303, "/sign-in?next=%2Fendpoints%3Fsearch%3Da")
    );

    // A page that is left open renews itself, which is no use.
    console.sign_in(NAME, PASSWORD, "").await;
    clock.advance(Duration::minutes(20));
    assert_eq!(console.get_by_itself("/").await.status, 200);
    clock.advance(Duration::minutes(11));
    assert_eq!(console.get_by_itself("/").await.status, 303);

    console.sign_in(NAME, PASSWORD, "").await;
    for _ in 0..35 {
        clock.advance(Duration::minutes(20));
        assert!(console.is_signed_in().await);
    }
    clock.advance(Duration::minutes(20));
    assert!(!console.is_signed_in().await, "half a day is over");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_end_with_the_password_and_by_signing_out() {
    let running = Running::start().await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let mut elsewhere = console.clone();
    elsewhere.sign_in(NAME, PASSWORD, "").await;
    let change = [("old", PASSWORD), ("new", OTHER_PASSWORD), ("again", OTHER_PASSWORD)];
    assert_eq!(console.post("/account/password", &change).await.status, 303);
    assert!(!console.is_signed_in().await && !elsewhere.is_signed_in().await);
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 422);
    console.sign_in(NAME, OTHER_PASSWORD, "").await;
    elsewhere.sign_in(NAME, OTHER_PASSWORD, "").await;
    assert_eq!(console.post("/sign-out", &[]).await.header("location"), "/sign-in");
    assert!(!console.is_signed_in().await && elsewhere.is_signed_in().await);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_cannot_use_a_session() {
    let running = Running::start().await;
    let mut console = Console::set_up(&running).await;
    let signed_in = console.sign_in(NAME, PASSWORD, "").await;
    let cookie = signed_in.headers("set-cookie").next().unwrap();
    let attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
    assert!(cookie.starts_with("__Host-countersign="), "{cookie}");
    assert_eq!(attributes, ["Path=/", "Max-Age=43200", "Secure", "HttpOnly", "SameSite=Lax"]);
    for (headers, status) in [
        (&[("Sec-Fetch-Site", "cross-site")][..], 403),
        (&[("Sec-Fetch-Site", "same-site")], 403),
        (&[("Origin", "https://evil.example")], 403),
        (&[("Origin", "null")], 403),
        (&[("Origin", "https://localhost"), ("Sec-Fetch-Site", "same-origin")], 303),
    ] {
        let response = console.post_with("/endpoint-profiles", headers, &[("name", "Branch")]).await;
        assert_eq!(response.status, status, "{headers:?}");
    }
    // A link from elsewhere does lead to a page.
    assert!(console.is_signed_in().await);
    for next in ["//evil.example", "https://evil.example/", "/\\evil.example", "/a\r\nSet-Cookie: x=y"] {
        let fields = [("name", NAME), ("password", PASSWORD), ("next", next)];
        let response = console.post("/sign-in", &fields).await;
        assert_eq!((response.status, response.header("location")), (303, "/"), "{next:?}");
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_overwrites_what_somebody_else_has_changed() {
    let running = Running::start().await;
    let id = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/profiles/{id}");
    let tag = running.api.send("GET", &path, None).await.header("etag").to_owned();
    let put = async |tag: &str, seconds: u16| {
        let body =
            json!({"name": "Default", "invalid_certificate_action": "warn", "heartbeat_seconds": seconds});
        running.api.send_with("PUT", &path, &[("If-Match", tag)], Some(&body.to_string())).await
    };
    let changed = put(&tag, 60).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(put(&tag, 70).await.status, 412);
    assert_eq!(put("rubbish", 70).await.status, 400);
    assert_eq!(running.api.get(&path).await["heartbeat_seconds"], 60);
    assert_eq!(put(changed.header("etag"), 80).await.status, 200);
    assert_eq!(put("*", 90).await.status, 200);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_says_how_long_it_is_and_where_it_goes_on() {
    let running = Running::start().await;
    for host in ["pc-1", "pc-2", "pc-3", "server"] {
        running.agent(host).await;
    }
    let names = |body: &Value| -> Vec<String> {
        body.as_array().unwrap().iter().map(|row| row["host_name"].as_str().unwrap().to_owned()).collect()
    };
    let first = running.api.send("GET", "/endpoints?search=pc&size=2", None).await;
    assert_eq!(first.header("total-count"), "3");
    assert_eq!(names(&first.json()), ["pc-1", "pc-2"]);
    let link = first.header("link");
    let next = link.strip_prefix("</api/v1").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    let second = running.api.send("GET", next, None).await;
    assert_eq!(names(&second.json()), ["pc-3"]);
    assert_eq!(second.header("link"), "</api/v1/endpoints?search=pc&size=2&page=1>; rel=\"prev\"");
    running.server.stop().await;
}
