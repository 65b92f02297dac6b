//! Signing in at a provider of OpenID Connect.

use serde_json::{Value, json};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use tokio::net::TcpListener;

use crate::support::Running;
use crate::support::clock::ManualClock;
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::http::{Response, exchange};
use crate::support::provider::{About, Provider, Signed, Token, parameter};
use crate::support::tls;

pub(crate) const NOON: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);
const BEGIN: &str = "/sign-in/openid-connect?next=%2Fendpoints%3Fsearch%3Da";
const ANSWER: &str = "/sign-in/openid-connect/answer";

/// What is different in a token.
type Change = Box<dyn Fn(&mut Token)>;

/// A browser that was sent to the provider.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) console: std::net::SocketAddr,
    pub(crate) cookie: String,
    /// Where it was sent.
    pub(crate) address: String,
}

pub(crate) fn cookie(response: &Response, name: &str) -> Option<String> {
    let set = response.headers("set-cookie").find(|set| set.starts_with(&format!("{name}=")))?;
    set.split(';').next().map(str::to_owned)
}

pub(crate) async fn get(console: std::net::SocketAddr, path: &str, cookie: &str) -> Response {
    let mut stream = tls::connect(console, None).await.unwrap();
    exchange(&mut stream, "GET", path, &[("Cookie", cookie), ("Sec-Fetch-Site", "cross-site")], None).await
}

impl Browser {
    pub(crate) async fn begin(running: &Running) -> Self {
        let console = running.server.console;
        let answer = get(console, BEGIN, "").await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        let set = answer.headers("set-cookie").next().unwrap();
        assert!(set.starts_with("__Host-countersign-sign-in="), "{set}");
        assert!(set.ends_with("; Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"), "{set}");
        let cookie = set.split(';').next().unwrap().to_owned();
        let address = answer.header("location").to_owned();
        let expected = format!("https://localhost:{}{ANSWER}", console.port());
        assert_eq!(parameter(&address, "redirect_uri"), expected);
        Self { console, cookie, address }
    }

    /// Comes back with a code and the state that it was sent with.
    pub(crate) async fn end(&self, code: &str) -> Response {
        self.end_with(&format!("code={code}&state={}", parameter(&self.address, "state"))).await
    }

    pub(crate) async fn end_with(&self, query: &str) -> Response {
        get(self.console, &format!("{ANSWER}?{query}"), &self.cookie).await
    }
}

pub(crate) async fn start(provider: &Provider, clock: &std::sync::Arc<ManualClock>) -> Running {
    let configuration = provider.configuration();
    Running::start_configured(clock.clone(), |server| server.openid_connect = Some(configuration)).await
}

/// Signs in as somebody with groups; returns the answer.
pub(crate) async fn sign_in(
    running: &Running,
    provider: &Provider,
    subject: &str,
    groups: &[&str],
    now: OffsetDateTime,
) -> Response {
    let browser = Browser::begin(running).await;
    let code = provider.grant(&browser.address, provider.token(&browser.address, subject, groups, now));
    browser.end(&code).await
}

pub(crate) fn assert_refused(what: &str, response: &Response, status: u16, says: &str) {
    assert_eq!(response.status, status, "{what}: {}", response.body);
    assert!(response.body.contains(says), "{what}: {}", response.body);
    assert!(cookie(response, "__Host-countersign").is_none(), "{what}: somebody is signed in");
}

fn find(people: &Value, name: &str) -> Value {
    people.as_array().unwrap().iter().find(|person| person["name"] == name).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_provider_lets_in_has_the_role_of_their_groups() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    let page = get(running.server.console, "/sign-in?next=%2Fendpoints%3Fsearch%3Da", "").await.body;
    assert!(page.contains(&format!("href=\"{BEGIN}\">Sign in with Example Ltd</a>")), "{page}");

    let signed_in = sign_in(&running, &provider, "ümit", &["desk", "other"], NOON).await;
    assert_eq!(
        (signed_in.status, signed_in.header("location")),
        (303, "/endpoints?search=a"),
        "{}",
        signed_in.body
    );
    let session = cookie(&signed_in, "__Host-countersign").unwrap();
    assert_eq!(cookie(&signed_in, "__Host-countersign-sign-in").unwrap(), "__Host-countersign-sign-in=");
    let account = get(running.server.console, "/account", &session).await;
    assert!(
        account.body.contains("You sign in at") && !account.body.contains("New password"),
        "{}",
        account.body
    );
    assert_eq!(get(running.server.console, "/system-settings/administrators", &session).await.status, 403);

    let person = find(&running.api.get("/administrators").await, "ümitofExample");
    assert_eq!((&person["role"], &person["provider"]), (&json!("operator"), &json!(provider.issuer())));
    // Another name and other groups, the same person.
    let browser = Browser::begin(&running).await;
    let mut token = provider.token(&browser.address, "ümit", &["admins"], NOON);
    token.signed = Signed::WithEc;
    token.claims["preferred_username"] = "another".into();
    let code = provider.grant(&browser.address, token);
    assert_eq!(browser.end(&code).await.status, 303);
    let people = running.api.get("/administrators").await;
    assert_eq!(people.as_array().unwrap().len(), 1);
    assert_eq!((&people[0]["id"], &people[0]["role"]), (&person["id"], &json!("administrator")));
    assert_eq!(get(running.server.console, "/system-settings/administrators", &session).await.status, 200);

    let audit = running.api.get("/audit").await;
    let of_person = audit.as_array().unwrap().iter().filter(|change| change["subject"] == person["id"]);
    let actions: Vec<&str> = of_person.map(|change| change["action"].as_str().unwrap()).collect();
    let signed_in = "administrator.signed_in";
    assert_eq!(actions, [signed_in, "administrator.role_changed", signed_in, "administrator.created"]);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_always_somebody_who_can_sign_in_with_a_password() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    // Whoever comes first from the provider does not end the set-up.
    assert_eq!(sign_in(&running, &provider, "anna", &["admins"], NOON).await.status, 303);
    let mut console = Console::set_up(&running).await;
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    assert_eq!(console.sign_in("annaofExample", PASSWORD, "").await.status, 422);
    assert_eq!(console.sign_in("annaofExample", "", "").await.status, 422);
    let people = running.api.get("/administrators").await;
    let path = |name: &str| format!("/administrators/{}", find(&people, name)["id"].as_str().unwrap());
    for (name, body, status) in [
        (NAME, json!({"enabled": false}), 409),
        (NAME, json!({"role": "operator"}), 409),
        ("annaofExample", json!({"role": "operator"}), 409),
        ("annaofExample", json!({"password": PASSWORD}), 409),
        ("annaofExample", json!({"enabled": false}), 200),
    ] {
        let answer = running.api.send("PATCH", &path(name), Some(&body.to_string())).await;
        assert_eq!(answer.status, status, "{name} {body} {}", answer.body);
    }
    let refused = sign_in(&running, &provider, "anna", &["admins"], NOON).await;
    assert_refused("disabled", &refused, 403, "Your account on this server is switched off");
    // Somebody else who is called the same is somebody else.
    let browser = Browser::begin(&running).await;
    let mut token = provider.token(&browser.address, "another", &["all"], NOON);
    token.claims["preferred_username"] = NAME.into();
    let code = provider.grant(&browser.address, token);
    assert_eq!(browser.end(&code).await.status, 303);
    let made = find(&running.api.get("/administrators").await, "anna-2");
    assert_eq!(made["role"], "read_only");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_for_this_sign_in_lets_nobody_in() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    let other = Browser::begin(&running).await;
    let claim = |name: &'static str, value: Value| {
        move |token: &mut Token| {
            token.claims[name] = value.clone();
        }
    };
    let signed = |signed: Signed| move |token: &mut Token| token.signed = signed;
    let expired = json!(NOON.unix_timestamp() - 1);
    let nonce = json!(parameter(&other.address, "nonce"));
    let cases: Vec<(&str, Change, u16, &str)> = vec![
        ("nonce of another", Box::new(claim("nonce", nonce)), 502, "belongs to another sign-in"),
        ("no nonce", Box::new(claim("nonce", Value::Null)), 502, "belongs to another sign-in"),
        ("audience", Box::new(claim("aud", json!("another"))), 502, "for somebody else"),
        ("audiences", Box::new(claim("aud", json!(["countersign", "another"]))), 502, "for somebody else"),
        ("issuer", Box::new(claim("iss", json!("https://another.example"))), 502, "from somebody else"),
        ("expired", Box::new(claim("exp", expired)), 502, "has expired"),
        (
            "key of another",
            Box::new(signed(Signed::ByAnother)),
            502,
            "the signature of the ID token is wrong",
        ),
        ("other content", Box::new(signed(Signed::ForOther)), 502, "the signature of the ID token is wrong"),
        ("algorithm none", Box::new(signed(Signed::NotAtAll)), 502, "not signed in a way"),
        ("client secret", Box::new(signed(Signed::WithSecret)), 502, "not signed in a way"),
        ("no role", Box::new(claim("groups", json!(["other"]))), 403, "nothing that gives you a role"),
        ("no groups", Box::new(claim("groups", Value::Null)), 403, "nothing that gives you a role"),
        ("no person", Box::new(claim("sub", json!(""))), 502, "no identifier"),
        ("long person", Box::new(claim("sub", json!("x".repeat(256)))), 502, "no identifier"),
    ];
    for (what, change, status, says) in cases {
        let browser = Browser::begin(&running).await;
        let mut token = provider.token(&browser.address, "eve", &["admins"], NOON);
        change(&mut token);
        let code = provider.grant(&browser.address, token);
        assert_refused(what, &browser.end(&code).await, status, says);
    }
    assert_eq!(running.api.get("/administrators").await, json!([]));
    // The same without a change.
    assert_eq!(sign_in(&running, &provider, "eve", &["admins"], NOON).await.status, 303);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_where_a_sign_in_began_does_it_end() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    let (browser, other) = (Browser::begin(&running).await, Browser::begin(&running).await);
    let grant = |browser: &Browser, now| {
        provider.grant(&browser.address, provider.token(&browser.address, "anna", &["all"], now))
    };
    let code = grant(&browser, NOON);
    let (state, others) = (parameter(&browser.address, "state"), parameter(&other.address, "state"));
    let not_here = "was not begun in this browser";
    for (what, query) in [
        ("another state", format!("code={code}&state={others}")),
        ("no state", format!("code={code}")),
        ("another provider", format!("code={code}&state={state}&iss=https%3A%2F%2Fanother.example")),
        ("a made-up error", "error=access_denied&error_description=Call+0900".to_owned()),
    ] {
        let refused = browser.end_with(&query).await;
        assert_refused(what, &refused, 422, not_here);
        assert!(!refused.body.contains("0900"), "{what}");
    }
    let stranger = Browser { cookie: String::new(), ..browser.clone() };
    assert_refused("no cookie", &stranger.end(&code).await, 422, not_here);
    let stranger = Browser { cookie: other.cookie.clone(), ..browser.clone() };
    assert_refused("the cookie of another", &stranger.end(&code).await, 422, not_here);
    // The code of another, in one's own browser, does not fit what was sent.
    let refused = other.end(&code).await;
    assert_refused("the code of another", &refused, 422, "invalid_grant (the");
    assert!(
        refused.body.contains("&#60;b&#62;over") && !refused.body.contains('\u{202e}'),
        "{}",
        refused.body
    );
    let error = format!("error=access_denied&error_description=a%3Cb%3E&state={state}");
    let refused = browser.end_with(&error).await;
    assert_refused("refused there", &refused, 422, "refused: access_denied (a&#60;b&#62;)");

    let code = grant(&browser, NOON);
    assert_eq!(browser.end(&code).await.status, 303);
    assert_refused("once more", &browser.end(&code).await, 422, "invalid_grant");
    let late = Browser::begin(&running).await;
    clock.advance(Duration::minutes(10));
    let code = grant(&late, NOON + Duration::minutes(10));
    assert_refused("late", &late.end(&code).await, 422, not_here);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_provider_says_about_itself_is_kept_for_a_while_and_asked_again_for_new_keys() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let running = start(&provider, &clock).await;
    assert_eq!(sign_in(&running, &provider, "anna", &["all"], NOON).await.status, 303);
    provider.tell(About::Elsewhere);
    assert_eq!(
        sign_in(&running, &provider, "anna", &["all"], NOON).await.status,
        303,
        "it is asked each time"
    );
    provider.tell(About::Truth);
    provider.renew_keys();
    let refused = sign_in(&running, &provider, "anna", &["all"], NOON).await;
    assert_refused("new keys at once", &refused, 502, "with a key that it does not show");
    clock.advance(Duration::minutes(1));
    let now = NOON + Duration::minutes(1);
    assert_eq!(sign_in(&running, &provider, "anna", &["all"], now).await.status, 303);

    for (about, says) in [
        (About::Elsewhere, "HTTP status code 307"),
        (About::Endless, "is longer than 1048576 bytes"),
        (About::OfAnother, "unexpected issuer URI"),
    ] {
        clock.advance(Duration::hours(1));
        provider.tell(about);
        let refused = get(running.server.console, BEGIN, "").await;
        assert_refused(says, &refused, 502, says);
        assert!(refused.body.contains("name=\"password\""), "the sign-in page is not shown");
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_answer_is_named_in_time_and_the_password_works() {
    let (clock, provider) = (ManualClock::at(NOON), Provider::start().await);
    let mut configuration = provider.configuration();
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    configuration.issuer = format!("https://{}", silent.local_addr().unwrap());
    configuration.time_limit = std::time::Duration::from_secs(1);
    let running =
        Running::start_configured(clock.clone(), |server| server.openid_connect = Some(configuration)).await;
    let begun = std::time::Instant::now();
    let refused = get(running.server.console, BEGIN, "").await;
    assert_refused("slow", &refused, 502, "127.0.0.1 has not answered within 1 seconds");
    assert!(begun.elapsed() < std::time::Duration::from_secs(15), "{:?}", begun.elapsed());
    drop(silent);
    let refused = get(running.server.console, BEGIN, "").await;
    assert_refused("down", &refused, 502, "127.0.0.1 cannot be reached");
    let mut console = Console::set_up(&running).await;
    assert_eq!(console.sign_in(NAME, PASSWORD, "").await.status, 303);
    running.server.stop().await;

    // Whoever shows another certificate than the configured root has issued is not the provider.
    let (stranger, clock) = (Provider::start().await, ManualClock::at(NOON));
    let mut configuration = stranger.configuration();
    configuration.roots = provider.configuration().roots;
    let running =
        Running::start_configured(clock, |server| server.openid_connect = Some(configuration)).await;
    let refused = get(running.server.console, BEGIN, "").await;
    assert_refused("another root", &refused, 502, "invalid peer certificate");
    running.server.stop().await;
    provider.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_finds_its_way_to_the_provider_and_back() {
    let provider = Provider::start().await;
    let configuration = provider.configuration();
    let running = Running::start_configured(std::sync::Arc::new(countersign_server::SystemClock), |server| {
        server.openid_connect = Some(configuration);
    })
    .await;
    let console = format!("https://localhost:{}", running.server.console.port());
    let browser = crate::support::chromium::Chromium::start().await;
    let button = "a[href^='/sign-in/openid-connect']";
    browser.go(&format!("{console}/endpoints?search=a")).await;
    browser.until_at("/sign-in?next=").await;
    assert_eq!(browser.text(button).await, "Sign in with Example Ltd");
    browser.click(button).await;
    browser.until_at(&format!("{}/authorise", provider.issuer())).await;
    browser.click("#enter").await;
    browser.until_at(&format!("{console}/endpoints?search=a")).await;
    browser.go(&format!("{console}/system-settings/administrators")).await;
    let people = browser.text("table").await;
    assert!(
        people.contains("annaofExample") && people.contains(&format!("At {}", provider.issuer())),
        "{people}"
    );
    // What is wrong with the pages of the provider is not the server's.
    let complaints = async || {
        let mut found = browser.complaints().await;
        found.retain(|complaint| !complaint.starts_with(provider.issuer()));
        found
    };
    assert_eq!(complaints().await, [""; 0]);

    browser.click("form[action='/sign-out'] button").await;
    browser.until_at("/sign-in").await;
    browser.click(button).await;
    browser.until_at("/authorise").await;
    browser.click("#refuse").await;
    browser.until_at(ANSWER).await;
    let alert = browser.text(".alert").await;
    assert!(alert.contains("The sign-in service refused: access_denied"), "{alert}");
    let complaints = complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("status of 422")), "{complaints:?}");
    browser.end().await;
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_nothing_leads_there() {
    let running = Running::start().await;
    let page = get(running.server.console, "/sign-in", "").await.body;
    assert!(!page.contains("openid-connect"), "{page}");
    for path in [BEGIN, ANSWER] {
        assert_eq!(get(running.server.console, path, "").await.status, 404, "{path}");
    }
    running.server.stop().await;
}
