//! The page *Endpoints* and the list of the API, with many rows in the database.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use countersign_protocol::{CertificateReport, ReportedDecision, SessionTrust};
use countersign_trust::InvalidCertificateAction;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::version::TLS13;
use sea_orm::{ConnectionTrait as _, Database, Statement};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::server::Server;
use super::support::http::{Response, exchange};
use super::support::tls;
use super::{Scale, median};

const NAME: &str = "anna";
const PASSWORD: &str = "correct horse battery";
/// How long one request may take.
const TO_ANSWER: Duration = Duration::from_secs(30);
/// What no request should reach.
const TARGET_MILLISECONDS: f64 = 100.0;

/// Rows that differ in what lists are searched, filtered and sorted by, with reports as long as real ones.
const ROWS: &str = "
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
    INSERT INTO endpoints (id, profile_id, service_name, host_name, agent_version, os, capabilities, inventory,
        certificate_report, certificate_reported_at, profile_status, enrolled_at, last_seen, offline_reason, deregistered,
        certificate_key, session, standing, node, custom_capabilities, certificate_found)
    SELECT printf('0192%04x-%04x-7000-8000-%012x', n / 65536, n % 65536, n * 7919),
        (SELECT p.id FROM endpoint_profiles p
            WHERE (SELECT COUNT(*) FROM endpoint_profiles q WHERE q.id < p.id) = n % (SELECT COUNT(*) FROM endpoint_profiles)),
        'countersign', printf('desk-%06d', n * 7919 % ?1), printf('1.%d.%d', n % 7, n % 11), 'Debian GNU/Linux 12 (bookworm)',
        47367, ?2, ?3, 1760000000000000 + n, CASE n % 50 WHEN 0 THEN 'failed' WHEN 1 THEN 'pending' ELSE 'applied' END,
        1760000000000000 + n, 1760000000000000 + n * 7919 % ?1 * 1000000, 'the connection was lost', FALSE,
        printf('%064x', n), CASE WHEN n % 5 < 4 THEN printf('0192ffff-0000-7000-8000-%012x', n) END,
        CASE n % 20 WHEN 0 THEN 'refused' WHEN 1 THEN 'asked' WHEN 2 THEN 'unknown' WHEN 3 THEN 'identified'
            WHEN 4 THEN 'remembered' ELSE 'valid' END,
        NULL, 'com.countersign.certificate', ?4
    FROM numbers";

pub(crate) async fn measure(scale: Scale) {
    let server = Server::start().await;
    let profiles = ["Strict", "Kiosks", "Servers"];
    for name in profiles {
        let profile = json!({"name": name, "invalid_certificate_action": "warn"});
        server.api.change("POST", "/profiles", &profile).await;
    }
    let account = json!({"name": NAME, "role": "administrator", "password": PASSWORD});
    server.api.change("POST", "/administrators", &account).await;
    add_rows(&server, scale.rows).await;
    let profile = server.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
    let cookie = sign_in(&server).await;
    let authorization = format!("Bearer {}", server.api.token);
    println!(
        "list of endpoints, {} rows, server time from request to answer (medians of {}):",
        scale.rows, scale.requests
    );
    let console = Place { path: "/endpoints", credential: ("Cookie", &cookie), rows: 50 };
    let api = Place { path: "/api/v1/endpoints", credential: ("Authorization", &authorization), rows: 100 };
    let wanted = "online=true";
    measure_place(scale, &server, &console, "connection=online", &profile).await;
    measure_place(scale, &server, &api, wanted, &profile).await;
}

/// Where the list is to be had.
struct Place<'a> {
    path: &'static str,
    credential: (&'static str, &'a str),
    /// Of one page.
    rows: usize,
}

async fn measure_place(scale: Scale, server: &Server, place: &Place<'_>, online: &str, profile: &str) {
    let middle = scale.rows / place.rows / 2;
    let one = scale.rows / 3;
    let profile = format!("profile={profile}");
    let cases = [
        ("first page", String::new()),
        ("middle page", format!("page={middle}")),
        ("last page", "page=1000000".to_owned()),
        ("search, one found", format!("search={one:06}")),
        ("search, many found", "search=desk-0".to_owned()),
        ("search, none found", "search=laptop".to_owned()),
        ("connected", online.to_owned()),
        ("connected, middle page", format!("{online}&page={}", middle * 4 / 5)),
        ("refused", "standing=refused".to_owned()),
        ("one profile", profile.clone()),
        ("one profile, connected, search", format!("{profile}&{online}&search=desk-00")),
        ("by last seen", "order=last_seen".to_owned()),
        ("by last seen, middle page", format!("order=last_seen&page={middle}")),
        ("by version", "order=agent_version".to_owned()),
        ("by version, middle page", format!("order=agent_version&page={middle}")),
        ("by trust", "order=standing".to_owned()),
        ("by trust, middle page", format!("order=standing&page={middle}")),
        ("by last seen, refused, search", "order=last_seen&standing=refused&search=desk-0".to_owned()),
    ];
    let mut stream = connect(server).await;
    let mut slowest: f64 = 0.0;
    for (what, query) in cases {
        let path = format!("{}?{query}", place.path);
        let mut times = Vec::new();
        for _ in 0..scale.requests {
            let start = Instant::now();
            let response = ask(&mut stream, &path, &[place.credential]).await;
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            assert_eq!(response.status, 200, "{path}: {}", response.body);
        }
        let time = median(times);
        slowest = slowest.max(time);
        println!("  {}, {what}: {time:.1} ms", place.path);
    }
    println!("  {}: slowest {slowest:.1} ms, which should be under {TARGET_MILLISECONDS} ms", place.path);
}

/// Adds endpoints to the database of a server.
pub(crate) async fn add_rows(server: &Server, rows: usize) {
    let file = server.installation.data().join("countersign.sqlite");
    let database = Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
    let inventory = json!({
        "host_name": "desk-000000", "os_type": "linux", "os_description": "Debian GNU/Linux 12 (bookworm)",
        "kernel_version": "6.1.0-37-amd64", "architecture": "amd64", "user": "anna",
        "addresses": ["192.0.2.17", "2001:db8::17"], "agent_version": "1.2.3", "uptime_seconds": 86_400,
        "memory_bytes": 17_179_869_184_u64, "processors": 8,
    });
    let assessment = server.api.get("/built-in-certificate").await["assessment"].clone();
    let report = CertificateReport {
        assessment: serde_json::from_value(assessment.clone()).unwrap(),
        action: InvalidCertificateAction::Allow,
        trust: SessionTrust::Identified,
        decision: ReportedDecision::AllowedByProfile,
        judged_at: None,
    };
    let report = serde_json::to_string(&report).unwrap();
    let found = ["server", "fingerprint", "problems"].map(|field| (field, assessment[field].clone()));
    let found = json!({"assessment": BTreeMap::from(found), "decision": ReportedDecision::AllowedByProfile});
    let values = [
        i64::try_from(rows).unwrap().into(),
        inventory.to_string().into(),
        report.into(),
        found.to_string().into(),
    ];
    let statement = Statement::from_sql_and_values(database.get_database_backend(), ROWS, values);
    database.execute_raw(statement).await.unwrap();
    database.close().await.unwrap();
}

async fn connect(server: &Server) -> TlsStream<TcpStream> {
    tls::connect_with(server.api.address, tls::configuration(None, &[&TLS13])).await.unwrap()
}

async fn ask(stream: &mut TlsStream<TcpStream>, path: &str, headers: &[(&str, &str)]) -> Response {
    let answer = exchange(stream, "GET", path, headers, None);
    tokio::time::timeout(TO_ANSWER, answer).await.expect("a request was not answered in time")
}

/// Signs in to the console, and returns what the browser shows for that.
async fn sign_in(server: &Server) -> String {
    let password = utf8_percent_encode(PASSWORD, NON_ALPHANUMERIC);
    let form = format!("name={NAME}&password={password}&one_time_password=");
    let headers = [("Sec-Fetch-Site", "same-origin"), ("Content-Type", "application/x-www-form-urlencoded")];
    let mut stream = connect(server).await;
    let response = exchange(&mut stream, "POST", "/sign-in", &headers, Some(&form)).await;
    let cookies = response.headers("set-cookie");
    let cookie = cookies.filter_map(|cookie| cookie.split(';').next());
    cookie.into_iter().find(|cookie| cookie.starts_with("__Host-countersign=")).unwrap().to_owned()
}
