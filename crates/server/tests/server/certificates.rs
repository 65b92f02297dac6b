//! The SSL certificate and the built-in one: what is taken, what is shown to agents, and when.

use countersign_trust::Fingerprint;
use futures_util::future::join_all;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

use crate::support::Running;
use crate::support::agent::{Agent, Connection};
use crate::support::http::Response;

/// Where certificates are uploaded that agents would not find valid: no computer trusts the authorities of the tests.
pub(crate) const CONFIRMED: &str = "/ssl-certificate?if_not_valid=commit";

/// A certificate with a key that is too small; rcgen makes none.
const SMALL: &str = "-----BEGIN CERTIFICATE-----
MIICBDCCAW2gAwIBAgIUUpnTyRGis/sA6nt83dyRp0erVPAwDQYJKoZIhvcNAQEL
BQAwFDESMBAGA1UEAwwJbG9jYWxob3N0MB4XDTI2MTEyNDE2NTkzNFoXDTM2MTEy
MTE2NTkzNFowFDESMBAGA1UEAwwJbG9jYWxob3N0MIGfMA0GCSqGSIb3DQEBAQUA
A4GNADCBiQKBgQC7IpY5ufeUOyhJnSB70lmilMCV1W3bFsuOynew9WCLs7+ho0Uk
1HjZubBOOYH7oTTShsR8jJp6KElSDogFxVRMiVD53N61doUH14PI1a0tA/Vqy+lN
i7hW0ska/ApupWyNLtw97MFCD39h3o3Frzr6KBSK6n6p6KtvrsoOmGvSqwIDAQAB
o1MwUTAdBgNVHQ4EFgQUOFwb/SADubwtHIzxZE0ChbpFkZ4wHwYDVR0jBBgwFoAU
OFwb/SADubwtHIzxZE0ChbpFkZ4wDwYDVR0TAQH/BAUwAwEB/zANBgkqhkiG9w0B
AQsFAAOBgQBdA7ccGtb9RXSqE+X7+ENWneBR3NICCsSEMODFLjGnsA+Qd7aC8wIg
wg80xJ2GbvPrQoOi8JWNwJER88xleYPe9i9OK4a5KwBf3lk6d9N0ZeRwuwj5Ftmr
6KA/6zKFIloSQ7yP2MJRrL5pyFBQb6bjZNX/I2GhtHycyfsGRlFBHQ==
-----END CERTIFICATE-----
";

/// A certificate for `localhost` from an authority of its own, and everything around it.
pub(crate) struct Made {
    leaf: String,
    leaf_key: String,
    authority: String,
}

/// Valid from yesterday until so many days from now.
pub(crate) fn made(days: i64) -> Made {
    let now = OffsetDateTime::now_utc();
    let authority_key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = parameters.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(parameters, authority_key);
    let leaf_key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    parameters.not_before = now - Duration::days(30);
    parameters.not_after = now + Duration::days(days);
    let leaf = parameters.signed_by(&leaf_key, &issuer).unwrap().pem();
    Made { leaf, leaf_key: leaf_key.serialize_pem(), authority }
}

impl Made {
    pub(crate) fn upload(&self) -> Value {
        json!({"certificate_pem": format!("{}{}", self.leaf, self.authority), "private_key_pem": self.leaf_key})
    }
}

fn kinds(view: &Value) -> Vec<&str> {
    let problems = view["assessment"]["problems"].as_array().unwrap();
    problems.iter().map(|problem| problem["kind"].as_str().unwrap()).collect()
}

/// The fingerprint of the certificate that an agent is shown now.
async fn shown(running: &Running) -> String {
    let connection = Connection::open(running.server.telemetry, None).await;
    Fingerprint::of(&connection.certificate()).to_string()
}

async fn use_ssl_certificate(running: &Running, on: bool) -> Response {
    let body = json!({"use_ssl_certificate_for_endpoint_control": on}).to_string();
    running.api.send("PUT", "/settings", Some(&body)).await
}

/// That the answer is a problem with this status, whose sentence names what is wrong.
pub(crate) fn assert_problem(name: &str, response: &Response, status: u16, expected: &str) {
    assert_eq!(response.status, status, "{name}: {}", response.body);
    assert_eq!(response.content_type, "application/problem+json", "{name}: {}", response.body);
    let problem = response.json();
    assert_eq!(problem["status"], status, "{name}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(expected), "{name}: {detail}");
    let command_at_the_end = detail.contains("for example with: ");
    assert!(detail.ends_with('.') || command_at_the_end, "{name}: no sentence: {detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_shown_is_refused_with_the_reason_and_changes_nothing() {
    let running = Running::start().await;
    let (good, other) = (made(30), made(30));
    let chain = format!("{}{}", good.leaf, good.authority);
    let upload = |certificate: &str, key: &str| {
        json!({"certificate_pem": certificate, "private_key_pem": key}).to_string()
    };
    let cases = [
        (
            "the key of another",
            upload(&chain, &other.leaf_key),
            422,
            "The private key belongs to none of the certificates",
        ),
        ("no PEM", upload("certificate", &good.leaf_key), 422, "is neither a PKCS#12 file nor"),
        ("the key as certificate", upload(&good.leaf_key, &good.leaf_key), 422, "There is no certificate"),
        ("no key in PEM", upload(&chain, "key"), 422, "is neither a PKCS#12 file nor"),
        ("the certificate as key", upload(&chain, &chain), 422, "There is no private key"),
        ("a cut certificate", upload(&good.leaf.replace("MII", "MI"), &good.leaf_key), 422, "is damaged"),
        ("an empty certificate", upload("", &good.leaf_key), 422, "There is no certificate"),
        ("nothing but spaces", upload(" ", ""), 422, "Nothing was given"),
        (
            "no END line",
            upload(good.leaf.split("-----END").next().unwrap(), &good.leaf_key),
            422,
            "it has no END line",
        ),
        ("no Base64", upload(&good.leaf.replace("MII", "M!I"), &good.leaf_key), 422, "is not Base64"),
        ("RSA of 1024 bits", upload(SMALL, &good.leaf_key), 422, "belongs to none of the certificates"),
        ("no key", json!({"certificate_pem": chain}).to_string(), 422, "There is no private key"),
        (
            "neither",
            json!({"password": "a"}).to_string(),
            422,
            "Send “certificate_pem” and “private_key_pem”",
        ),
        ("no PKCS#12", json!({"pkcs12": "AAAA"}).to_string(), 422, "is neither a PKCS#12 file nor"),
        ("PKCS#12, not Base64", json!({"pkcs12": "?"}).to_string(), 422, "“pkcs12” is not Base64"),
        (
            "a number",
            json!({"certificate_pem": 1, "private_key_pem": ""}).to_string(),
            422,
            "certificate_pem",
        ),
        (
            "something else",
            json!({"certificate_pem": chain, "private_key_pem": good.leaf_key, "name": "a"}).to_string(),
            422,
            "name",
        ),
        ("no JSON", "certificate".to_owned(), 400, "JSON"),
        ("10 MB", upload(&"-".repeat(10_000_000), ""), 413, "it may have 1048576 bytes (1 MiB)"),
        ("over 1 MiB", upload(&"-".repeat(1024 * 1024), ""), 413, "it may have 1048576 bytes (1 MiB)"),
    ];
    let built_in = shown(&running).await;
    for (name, body, status, expected) in cases {
        let response = running.api.send("PUT", "/ssl-certificate", Some(&body)).await;
        assert_problem(name, &response, status, expected);
    }
    for (name, method, path, body, status, expected) in [
        ("no certificate yet", "GET", "/ssl-certificate", None, 404, "There is no SSL certificate"),
        ("nothing to remove", "DELETE", "/ssl-certificate", None, 404, "There is no SSL certificate"),
        (
            "nothing to use",
            "PUT",
            "/settings",
            Some("{\"use_ssl_certificate_for_endpoint_control\": true}"),
            409,
            "There is no SSL certificate to use",
        ),
        (
            "neither on nor off",
            "PUT",
            "/settings",
            Some("{}"),
            422,
            "use_ssl_certificate_for_endpoint_control",
        ),
        ("another method", "POST", "/ssl-certificate", Some("{}"), 405, "does not take this HTTP method"),
    ] {
        assert_problem(name, &running.api.send(method, path, body).await, status, expected);
    }
    assert_eq!(shown(&running).await, built_in);
    let audit = running.api.get("/audit").await.to_string();
    assert!(!audit.contains("ssl_certificate") && !audit.contains("settings.changed"), "{audit}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_taken_with_what_agents_will_find_wrong_with_it() {
    let running = Running::start().await;
    for (certificate, expired) in [(made(30), false), (made(-1), true)] {
        let mut view = running.api.change("PUT", CONFIRMED, &certificate.upload()).await;
        let warnings = view.as_object_mut().unwrap().remove("warnings").unwrap();
        let warning = warnings[0].as_str().unwrap();
        assert!(warning.starts_with("Agents will find this certificate not valid ("), "{warning}");
        assert_eq!(warning.contains("The certificate expired on "), expired, "{warning}");
        let kinds = kinds(&view);
        assert_eq!(kinds.contains(&"expired"), expired, "{kinds:?}");
        assert!(!kinds.contains(&"name_mismatch"), "{kinds:?}");
        // No computer trusts the authority of this test.
        assert!(kinds.iter().any(|kind| *kind != "expired"), "{kinds:?}");
        assert_eq!(
            (&view["served"], &view["valid"], &warnings[1]),
            (&json!(false), &json!(false), &Value::Null)
        );
        assert_eq!(running.api.get("/ssl-certificate").await, view);
    }
    let built_in = running.api.get("/built-in-certificate").await;
    assert!(kinds(&built_in).contains(&"name_mismatch"), "{built_in:#}");
    assert_eq!((&built_in["served"], &built_in["added_at"]), (&json!(true), &Value::Null));
    // An expired certificate is shown when that is asked for: agents decide what to make of it.
    assert_eq!(use_ssl_certificate(&running, true).await.status, 200);
    let view = running.api.get("/ssl-certificate").await;
    assert_eq!((&view["served"], &view["fingerprint"]), (&json!(true), &json!(shown(&running).await)));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_exchanged_without_a_restart() {
    let running = Running::start().await;
    let built_in = shown(&running).await;
    assert_eq!(running.api.get("/built-in-certificate").await["fingerprint"], built_in);
    let mut agent = running.agent("desk").await;

    // Uploaded, and not used yet.
    let (first, second) = (made(30), made(30));
    let first_view = running.api.change("PUT", CONFIRMED, &first.upload()).await;
    agent.settled().await;
    assert_eq!(shown(&running).await, built_in);

    let steps: [(&str, &str, Value, Option<&Value>); 5] = [
        ("PUT", "/settings", json!({"use_ssl_certificate_for_endpoint_control": true}), Some(&first_view)),
        ("PUT", CONFIRMED, second.upload(), None),
        ("PUT", "/settings", json!({"use_ssl_certificate_for_endpoint_control": false}), None),
        ("PUT", "/settings", json!({"use_ssl_certificate_for_endpoint_control": true}), None),
        ("PUT", CONFIRMED, first.upload(), Some(&first_view)),
    ];
    let mut before = built_in.clone();
    for (step, (method, path, body, expected)) in steps.into_iter().enumerate() {
        running.api.change(method, path, &body).await;
        assert_eq!(agent.ending().await, (None, Some(1012)), "step {step}");
        let endpoint = running.endpoint(agent.uid, |endpoint| endpoint["online"] == false).await;
        assert_eq!(endpoint["offline_reason"], "the server's certificate was changed");
        let now = shown(&running).await;
        assert_ne!(now, before, "step {step}");
        if let Some(expected) = expected {
            assert_eq!(expected["fingerprint"], now, "step {step}");
        }
        // The console shows it whether agents are shown it or not.
        let console = Connection::open(running.api.address, None).await;
        let ssl = running.api.get("/ssl-certificate").await;
        assert_eq!(ssl["fingerprint"], Fingerprint::of(&console.certificate()).to_string(), "step {step}");
        let uses =
            if ssl["served"] == true { json!(["endpoint_control", "console"]) } else { json!(["console"]) };
        assert_eq!(ssl["in_use_by"], uses, "step {step}");
        before = now;
        agent = running.agent("desk").await;
    }

    // What changes nothing ends no session.
    running.api.change("PUT", CONFIRMED, &first.upload()).await;
    assert_eq!(use_ssl_certificate(&running, true).await.status, 200);
    let refused = running.api.send("DELETE", "/ssl-certificate", None).await;
    assert_problem("in use", &refused, 409, "is used for endpoint control");
    agent.settled().await;

    // A restart changes nothing either.
    drop(agent);
    let running = running.restarted().await;
    assert_eq!(shown(&running).await, before);
    let mut agent = Agent::with_token(running.server.telemetry, &running.enrolment_token, "desk").await;
    assert_eq!(use_ssl_certificate(&running, false).await.status, 200);
    assert_eq!(agent.ending().await, (None, Some(1012)));
    assert_eq!(shown(&running).await, built_in);
    let mut agent = running.agent("desk").await;
    assert_eq!(running.api.send("DELETE", "/ssl-certificate", None).await.status, 204);
    assert_eq!(running.api.send("GET", "/ssl-certificate", None).await.status, 404);
    agent.settled().await;
    assert_eq!(shown(&running).await, built_in);
    let audit = running.api.get("/audit").await.to_string();
    assert!(audit.contains("ssl_certificate.removed") && !audit.contains("PRIVATE KEY"), "{audit}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_the_same_time_leave_the_certificate_that_the_settings_say() {
    let running = Running::start().await;
    let certificates: Vec<Made> = (0..4).map(|_| made(30)).collect();
    running.api.change("PUT", CONFIRMED, &certificates[0].upload()).await;
    for _ in 0..4 {
        let uploads = certificates.iter().map(|certificate| async {
            running.api.change("PUT", CONFIRMED, &certificate.upload()).await;
        });
        let switches = [true, false, true].map(|on| use_ssl_certificate(&running, on));
        let (_, answers) = tokio::join!(join_all(uploads), join_all(switches));
        assert!(answers.iter().all(|response| response.status == 200), "{answers:?}");
        let on = running.api.get("/settings").await["use_ssl_certificate_for_endpoint_control"] == true;
        let path = if on { "/ssl-certificate" } else { "/built-in-certificate" };
        assert_eq!(running.api.get(path).await["fingerprint"], shown(&running).await);
    }
    running.server.stop().await;
}
