//! The SSL certificate from a certificate authority: ordered, renewed and refused, by an authority that looks for itself.

use std::sync::Arc;
use std::time::Duration;

use countersign_server::{Clock as _, Server, SystemClock};
use countersign_trust::{Fingerprint, ServerAddress};
use serde_json::{Value, json};
use tempfile::TempDir;
use time::OffsetDateTime;
use tokio::time::Instant;

use crate::rehearsals::{judge, judgement, valid};
use crate::support::agent::Connection;
use crate::support::authority::{CUSTOMERS, REJECTED};
use crate::support::clock::ManualClock;
use crate::support::configuration;
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::gate::Gate;
use crate::support::http::ApiClient;
use crate::support::pebble::{Pebble, PebbleOptions, free_port};
use crate::support::site::{AUTOMATED, DOMAIN, Site, TO_ISSUE, until};

const PAGE: &str = "/system-settings/server/automated";
const DAY: time::Duration = time::Duration::days(1);

fn failure(automated: &Value) -> String {
    automated["last_failure"]["text"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_issued_by_either_challenge_and_agents_find_it_valid() {
    let site = Site::start().await;
    let roots = site.pebble.roots().await;
    let mut before = String::new();
    for challenge in ["http-01", "tls-alpn-01"] {
        let automated = site.issued(&site.wish(challenge)).await;
        assert_eq!(automated["challenge"], challenge);
        let certificate = site.api.get("/ssl-certificate").await;
        assert_eq!(certificate["source"], "acme", "{certificate:#}");
        assert_eq!((&certificate["valid"], &certificate["names"]), (&json!(true), &json!([DOMAIN])));
        assert_eq!(certificate["fingerprint"], automated["fingerprint"]);
        assert_ne!(certificate["fingerprint"], before, "it is another certificate");
        certificate["fingerprint"].as_str().unwrap().clone_into(&mut before);
        // Two thirds of ninety days.
        let at = |name: &str| {
            let text = automated[name].as_str().unwrap();
            OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
        };
        let left = at("not_after") - at("next_attempt");
        assert!((29 * DAY..=31 * DAY).contains(&left), "{automated:#}");
        assert_eq!(automated["renewal_source"], "lifetime", "this authority has no opinion");
    }
    site.use_ssl_certificate().await;
    assert!(site.judged(&roots, OffsetDateTime::now_utc()).await.is_valid());
    // Who asks for HTTP is not mixed up with authorities, and nothing of a challenge is left.
    assert_eq!(site.api.get("/health").await["status"], "ok");
    let keys = site.api.get("/audit").await.to_string();
    assert!(!keys.contains("PRIVATE KEY") && keys.contains("automated_certificate.changed"), "{keys}");
    let overview = site.api.get("/overview").await["attention"].to_string();
    assert!(!overview.contains("certificate"), "{overview}");
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_before_it_ends_and_agents_only_connect_again() {
    // The authority has a clock of its own: its certificate is not of the future here.
    let clock = ManualClock::at(OffsetDateTime::now_utc() + time::Duration::minutes(5));
    let week = Duration::from_hours(6 * 24);
    let site = Site::start_with(|options| options.validity = week, Arc::clone(&clock) as _).await;
    let roots = site.pebble.roots().await;
    let first = site.issued(&site.wish("http-01")).await;
    site.use_ssl_certificate().await;
    let mut agent = site.agent().await;
    // Not before the time: a third of six days is left at the end of the fourth.
    clock.advance(3 * DAY);
    agent.settled().await;
    assert_eq!(site.api.get(AUTOMATED).await["fingerprint"], first["fingerprint"]);
    clock.advance(DAY + time::Duration::hours(1));
    // Nobody is shown it before the agents have judged it.
    let asked = judge(&mut agent).await;
    assert_eq!(site.api.get("/ssl-certificate").await["fingerprint"], first["fingerprint"]);
    agent.send_custom(&judgement(&asked, valid(), Some(Vec::new()))).await;
    let second = site.until(|automated| automated["fingerprint"] != first["fingerprint"]).await;
    assert_eq!(second["last_failure"], Value::Null, "{second:#}");
    // The live session ends, so that the agent judges the new certificate; it finds it valid, and asks nobody.
    assert_eq!(agent.ending().await.1, Some(1012));
    let judged = site.judged(&roots, clock.now()).await;
    assert!(judged.is_valid(), "{judged:?}");
    assert_eq!(judged.fingerprint.unwrap().to_string(), second["fingerprint"].as_str().unwrap());
    site.agent().await.settled().await;
    let listed = site.api.get("/certificates").await;
    let sources: Vec<&Value> = listed.as_array().unwrap().iter().map(|one| &one["source"]).collect();
    assert_eq!(sources, ["acme", "acme", "built_in"], "the one before is kept");
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_fails_is_tried_again_and_somebody_is_told_in_time() {
    let clock = ManualClock::at(OffsetDateTime::now_utc() + time::Duration::minutes(5));
    let site = Site::start_with(|_| {}, Arc::clone(&clock) as _).await;
    site.issued(&site.wish("http-01")).await;
    site.use_ssl_certificate().await;
    let Site { server, api, pebble, directory, .. } = site;
    // The authority is gone.
    drop(pebble);
    let attention = async || api.get("/overview").await["attention"].to_string();
    let failed = async |times: u64| until(&api, |automated| automated["failures"] == times).await;
    clock.advance(60 * DAY);
    let once = failed(1).await;
    assert_eq!((&once["cause"], &once["last_failure"]["kind"]), (&json!("renewal"), &json!("passing")));
    assert!(once["next_attempt"].as_str() > once["last_attempt"].as_str(), "{once:#}");
    // What fails once may pass.
    assert!(!attention().await.contains("SSL certificate"), "{}", attention().await);
    clock.advance(time::Duration::minutes(2));
    failed(2).await;
    let soon = attention().await;
    assert!(
        soon.contains(
            "The SSL certificate expires in 29 days, and no new one from the certificate authority has taken"
        ) && soon.contains("cannot be reached: nothing answers at that address."),
        "{soon}"
    );
    assert!(soon.contains("\"soon\"") && !soon.contains("\"now\""), "{soon}");
    clock.advance(21 * DAY);
    failed(3).await;
    let now = attention().await;
    assert!(now.contains("expires in 8 days") && now.contains("\"now\""), "{now}");
    // It is still served: it is valid.
    assert_eq!(api.get("/ssl-certificate").await["served"], true);
    server.stop().await;
    drop(directory);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_authority_refuses_is_said_in_its_own_words_too() {
    let site = Site::start().await;
    let mut wish = site.wish("http-01");
    wish["domain"] = json!(REJECTED);
    let asked = site.api.change("PUT", AUTOMATED, &wish).await;
    assert!(
        asked["warnings"].to_string().contains("Agents reach this server as server.example"),
        "{asked:#}"
    );
    let automated = site.until(|automated| automated["last_failure"] != Value::Null).await;
    let failure = &automated["last_failure"];
    assert_eq!(failure["problem_type"], "urn:ietf:params:acme:error:rejectedIdentifier", "{failure:#}");
    assert!(failure["text"].as_str().unwrap().contains("issues no certificate for this name"), "{failure:#}");
    assert!(failure["detail"].as_str().unwrap().contains(REJECTED), "{failure:#}");
    // It would be refused again.
    assert_eq!((&automated["stage"], &automated["next_attempt"]), (&json!("resting"), &Value::Null));
    let attention = site.api.get("/overview").await["attention"].to_string();
    assert!(attention.contains("issues no certificate for this name"), "{attention}");

    let mut console = Console::at(site.server.console);
    console.set_up_at(site.server.set_up_link.as_ref().unwrap().expose()).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let page = console.get(PAGE).await.body;
    assert!(page.contains("urn:ietf:params:acme:error:rejectedIdentifier"), "{page}");
    assert!(page.contains("issues no certificate for this name") && page.contains("Given up"), "{page}");
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_reads_the_terms_agrees_and_imports_in_the_console() {
    let site = Site::start().await;
    let mut console = Console::at(site.server.console);
    console.set_up_at(site.server.set_up_link.as_ref().unwrap().expose()).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let first = console.get(PAGE).await.body;
    assert!(first.contains("acme-v02.api.letsencrypt.org") && !first.contains("Schedule"), "{first}");
    let (url, root) = (site.pebble.directory.clone(), site.pebble.directory_root.clone());
    let directory = |url: &str| vec![("directory_url", url.to_owned()), ("directory_root_pem", root.clone())];
    let send = async |path: &str, fields: &[(&str, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        console.post(&format!("{PAGE}{path}"), &fields).await
    };
    let wrong = send("/directory", &directory("http://localhost/")).await;
    assert_eq!((wrong.status, wrong.body.contains("begins with https://")), (422, true), "{}", wrong.body);
    let terms = "data:text/plain,Do%20what%20thou%20wilt";
    let shown = send("/directory", &directory(&url)).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(shown.body.contains(terms) && shown.body.contains("I agree to the terms"), "{}", shown.body);
    // What is no address of the web is no link.
    assert!(!shown.body.contains(&format!("href=\"{terms}")), "{}", shown.body);

    let mut fields = directory(&url);
    for (name, value) in [
        ("domain", DOMAIN),
        ("email", "admin@server.example"),
        ("challenge", "tls-alpn-01"),
        ("terms", terms),
    ] {
        fields.push((name, value.to_owned()));
    }
    let refused = send("", &fields).await;
    assert_eq!((refused.status, refused.body.contains("Nobody has agreed")), (422, true), "{}", refused.body);
    assert!(refused.body.contains("admin@server.example"), "what was typed stays: {}", refused.body);
    fields.push(("agreed", "yes".to_owned()));
    fields.push(("auto_renew", "yes".to_owned()));
    let checked = send("/check", &fields).await;
    assert!(checked.body.contains("What stands in the way") && checked.body.contains("cannot be resolved"));
    let asked = send("", &fields).await;
    assert_eq!((asked.status, asked.header("location")), (303, PAGE), "{}", asked.body);
    let automated = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!((&automated["auto_renew"], &automated["last_failure"]), (&json!(true), &Value::Null));
    let page = console.get(PAGE).await.body;
    assert!(
        page.contains("when a third of the lifetime is left") && page.contains("Nothing is being done"),
        "{page}"
    );
    let listed = console.get("/system-settings/server").await.body;
    assert!(listed.contains(DOMAIN), "{listed}");

    // The switches of the server.
    let saved =
        console.post("/system-settings/server/access", &[("remote", "yes"), ("redirect", "yes")]).await;
    assert_eq!(saved.header("location"), "/system-settings/server", "{}", saved.body);
    assert_eq!(site.api.get("/settings").await["redirect_http_to_https"], true);
    for path in ["/order", "/remove"] {
        assert_eq!(send(path, &[]).await.header("location"), PAGE);
    }
    assert!(!console.get(PAGE).await.body.contains("Schedule"));
    let audit = console.get("/system-settings/audit-log").await.body;
    assert!(audit.contains("Asked a certificate authority for the SSL certificate"), "{audit}");
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_in_the_middle_carries_on_with_the_same_order() {
    let site = Site::start().await;
    let gate = Gate::before(&site.pebble).await;
    let mut wish = site.wish("http-01");
    wish["directory_url"] = json!(gate.directory);
    let first = site.issued(&wish).await["fingerprint"].clone();
    assert_eq!(gate.orders().len(), 1);
    // It is ordered, and the authority hears no answer yet.
    gate.keep_challenges_back();
    site.api.change("POST", &format!("{AUTOMATED}/order"), &json!({})).await;
    gate.have_been_kept_back(1).await;
    assert_eq!(site.api.get(AUTOMATED).await["stage"], "ordered");
    let orders = gate.orders();
    assert_eq!(orders.len(), 2);
    let site = site.restarted().await;
    gate.have_been_kept_back(2).await;
    assert_eq!(site.api.get(AUTOMATED).await["stage"], "ordered");
    let before = gate.times_asked(&orders[1]);
    gate.pass_challenges_on();
    let automated = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!(automated["last_failure"], Value::Null, "{automated:#}");
    assert_ne!(automated["fingerprint"], first);
    assert_eq!(gate.orders(), orders, "nothing was ordered anew");
    assert!(before > 0 && gate.times_asked(&orders[1]) > before, "the order was asked for");
    assert_eq!(site.api.get("/ssl-certificate").await["fingerprint"], automated["fingerprint"]);
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_serves_its_customers_only_is_told_whose_customer_this_is() {
    let site = Site::start_with(|options| options.customers_only = true, Arc::new(SystemClock)).await;
    let mut wish = site.wish("http-01");
    let directory = json!({
        "directory_url": site.pebble.directory,
        "directory_root_pem": site.pebble.directory_root,
    });
    let said = site.api.change("POST", &format!("{AUTOMATED}/directory"), &directory).await;
    assert_eq!(said["external_account_required"], true, "{said:#}");
    site.api.change("PUT", AUTOMATED, &wish).await;
    let automated = site.until(|automated| automated["last_failure"] != Value::Null).await;
    assert!(failure(&automated).contains("whose customer this server is"), "{automated:#}");

    let (key_id, hmac_key) = CUSTOMERS[0];
    wish["external_account"] = json!({"key_id": key_id, "hmac_key": CUSTOMERS[1].1});
    site.api.change("PUT", AUTOMATED, &wish).await;
    let automated = site.until(|automated| automated["stage"] == "resting").await;
    assert_ne!(automated["last_failure"], Value::Null, "the key of another customer: {automated:#}");

    wish["external_account"] = json!({"key_id": key_id, "hmac_key": hmac_key});
    let automated = site.issued(&wish).await;
    assert_eq!(automated["external_account_key_id"], key_id);
    assert!(!automated.to_string().contains(hmac_key), "{automated:#}");
    // The key is kept, and need not be given again; another key ID needs its own.
    wish["external_account"] = json!({"key_id": key_id});
    site.issued(&wish).await;
    wish["external_account"] = json!({"key_id": CUSTOMERS[1].0});
    let refused = site.api.send("PUT", AUTOMATED, Some(&wish.to_string())).await;
    assert_eq!((refused.status, refused.body.contains("HMAC key")), (422, true), "{}", refused.body);
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_agents_would_not_find_valid_is_kept_and_not_served() {
    let site = Site::start().await;
    let mut wish = site.wish("http-01");
    wish["domain"] = json!("other.example");
    site.api.change("PUT", AUTOMATED, &wish).await;
    let automated = site.until(|automated| automated["stage"] == "resting").await;
    assert!(failure(&automated).contains("(name_mismatch)"), "{automated:#}");
    assert_eq!(site.api.send("GET", "/ssl-certificate", None).await.status, 404);
    let listed = site.api.get("/certificates").await;
    assert_eq!((&listed[0]["source"], &listed[0]["state"]), (&json!("acme"), &json!("candidate")));

    // Without agreement to the terms nothing is asked at all.
    let mut wish = site.wish("http-01");
    wish["agreed_terms"] = Value::Null;
    site.api.send("DELETE", AUTOMATED, None).await;
    site.api.change("PUT", AUTOMATED, &wish).await;
    let automated = site.until(|automated| automated["stage"] == "resting").await;
    assert!(failure(&automated).contains("nobody has agreed"), "{automated:#}");
    let obstacles = site.api.change("POST", &format!("{AUTOMATED}/check"), &wish).await.to_string();
    for code in ["no_agreement", "name_not_resolved", "redirect_off", "only_loopback", "other_http_port"] {
        assert!(obstacles.contains(code), "{code}: {obstacles}");
    }
    // What can be asked is refused in words.
    for (name, value, expected) in [
        ("email", json!("nobody"), "no e-mail address"),
        ("domain", json!("*.example"), "wildcard"),
        ("domain", json!("192.0.2.1"), "no domain"),
        ("directory_url", json!("http://a.example"), "begins with https://"),
        ("directory_root_pem", json!("none"), "no PEM with certificates"),
        ("external_account", json!({"key_id": "a", "hmac_key": "?"}), "not Base64"),
        ("challenge", json!("dns-01"), "challenge"),
    ] {
        let mut wrong = wish.clone();
        wrong[name] = value;
        let refused = site.api.send("PUT", AUTOMATED, Some(&wrong.to_string())).await;
        assert_eq!(refused.status, 422, "{name}: {}", refused.body);
        assert!(refused.body.contains(expected), "{name}: {}", refused.body);
    }
    assert_eq!(site.api.send("DELETE", AUTOMATED, None).await.status, 204);
    assert_eq!(site.api.send("GET", AUTOMATED, None).await.status, 404);
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_may_ask_another_server_of_the_database() {
    let (first, second) = (free_port(), free_port());
    let tls_port = free_port();
    // The authority looks for the second server only.
    let pebble = Pebble::start(&PebbleOptions::for_ports(second, tls_port)).await;
    let url = crate::support::postgresql::new_database();
    let url = countersign_server::DatabaseUrl::new(countersign_protocol::Secret::new(url)).unwrap();
    let mut servers = Vec::new();
    let mut directories: Vec<TempDir> = Vec::new();
    for (http, console) in [(first, free_port()), (second, tls_port)] {
        let directory = tempfile::tempdir().unwrap();
        let mut configuration = configuration(directory.path());
        configuration.database_url = Some(url.clone());
        // What is sealed in the database, all of them have to open.
        configuration.key_file = directories.first().map(|first| first.path().join("data/sealing-key"));
        configuration.http_address = Some(([127, 0, 0, 1], http).into());
        configuration.console_address = ([127, 0, 0, 1], console).into();
        configuration.server_name = Some(ServerAddress::new(DOMAIN, 8013).unwrap().host().clone());
        let roots = pebble.operating_system().await;
        servers.push(Server::start_among(configuration, Arc::new(SystemClock), roots).await.unwrap());
        directories.push(directory);
    }
    let token = servers[0].new_tokens.clone().unwrap().administrator.expose().to_owned();
    let api = ApiClient { address: servers[0].console, token };
    for challenge in ["http-01", "tls-alpn-01"] {
        let wish = json!({
            "domain": DOMAIN,
            "email": "admin@server.example",
            "directory_url": pebble.directory,
            "directory_root_pem": pebble.directory_root,
            "challenge": challenge,
            "agreed_terms": "data:text/plain,Do%20what%20thou%20wilt",
        });
        api.change("PUT", AUTOMATED, &wish).await;
        let automated = until(&api, |automated| automated["stage"] == "resting").await;
        assert_eq!(automated["last_failure"], Value::Null, "{automated:#}");
    }
    // Both show it.
    let on = json!({"use_ssl_certificate_for_endpoint_control": true});
    api.change("PUT", "/settings", &on).await;
    let fingerprint = api.get("/ssl-certificate").await["fingerprint"].as_str().unwrap().to_owned();
    let deadline = Instant::now() + TO_ISSUE;
    for server in &servers {
        let shown = async || {
            Fingerprint::of(&Connection::open(server.telemetry, None).await.certificate()).to_string()
        };
        while shown().await != fingerprint {
            assert!(Instant::now() < deadline, "{} does not show it", server.telemetry);
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    for server in servers {
        server.stop().await;
    }
}
