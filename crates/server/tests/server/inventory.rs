//! The certificates that are kept: candidates, the SSL certificate, and those that were it before.

use countersign_trust::Fingerprint;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};

use crate::certificates::{CONFIRMED, Made, made};
use crate::support::Running;
use crate::support::agent::Connection;

async fn list(running: &Running) -> Vec<Value> {
    running.api.get("/certificates").await.as_array().unwrap().clone()
}

/// Identifier and state of each.
fn states(list: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    list.iter().map(|one| (text(&one["id"]), text(&one["state"]))).collect()
}

async fn add(running: &Running, certificate: &Made) -> String {
    let added = running.api.change("POST", "/certificates", &certificate.upload()).await;
    assert_eq!((&added["state"], &added["in_use_by"]), (&json!("candidate"), &json!([])), "{added:#}");
    added["id"].as_str().unwrap().to_owned()
}

/// What the console shows, and what agents are shown.
async fn shown(running: &Running) -> [String; 2] {
    let mut shown = Vec::new();
    for address in [running.server.console, running.server.telemetry] {
        let certificate = Connection::open(address, None).await.certificate();
        shown.push(Fingerprint::of(&certificate).to_string());
    }
    shown.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_added_committed_and_gone_back_to() {
    let running = Running::start().await;
    let mut agent = running.agent("desk").await;
    let before = shown(&running).await;
    let [first, second] = [made(30), made(-1)];
    let (first_id, second_id) = (add(&running, &first).await, add(&running, &second).await);
    // Once more is the same.
    assert_eq!(add(&running, &first).await, first_id);
    let candidates = states(&list(&running).await);
    assert_eq!(
        candidates,
        [(&second_id, "candidate"), (&first_id, "candidate"), (&"built-in".to_owned(), "")]
            .map(|(id, state)| (id.clone(), state.to_owned()))
    );
    assert_eq!(shown(&running).await, before);
    assert_eq!(running.api.send("GET", "/ssl-certificate", None).await.status, 404);

    // What agents would not find valid is committed only by those who say that they know.
    let commit = |id: &str| format!("/certificates/{id}/commit");
    for path in [commit(&second_id), commit(&second_id) + "?if_not_valid=refuse"] {
        let refused = running.api.send("POST", &path, None).await;
        assert_eq!(refused.status, 409, "{}", refused.body);
        for expected in [
            "not valid (unknown_issuer, expired)",
            "The certificate expired on ",
            "“if_not_valid” the value “commit”",
        ] {
            assert!(refused.body.contains(expected), "“{expected}” is missing in {}", refused.body);
        }
    }
    let refused = running.api.send("PUT", "/ssl-certificate", Some(&made(3).upload().to_string())).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let odd = running.api.send("POST", &(commit(&second_id) + "?if_not_valid=perhaps"), None).await;
    assert_eq!(odd.status, 400, "{}", odd.body);
    assert_eq!(states(&list(&running).await), candidates, "a certificate that was refused was kept");
    agent.settled().await;

    let confirmed = |id: &str| commit(id) + "?if_not_valid=commit";
    let committed = running.api.change("POST", &confirmed(&first_id), &json!({})).await;
    assert_eq!((&committed["state"], &committed["in_use_by"]), (&json!("committed"), &json!(["console"])));
    assert!(
        committed["warnings"][0].as_str().unwrap().starts_with("Agents will find this certificate not valid")
    );
    running.api.change("PUT", "/settings", &json!({"use_ssl_certificate_for_endpoint_control": true})).await;
    assert_eq!(agent.ending().await, (None, Some(1012)));
    let of_first = [&committed["fingerprint"]; 2].map(|text| text.as_str().unwrap().to_owned());
    assert_eq!(shown(&running).await, of_first);

    // Another one, without a restart, and back to the one before.
    let mut agent = running.agent("desk").await;
    running.api.change("POST", &confirmed(&second_id), &json!({})).await;
    assert_eq!(agent.ending().await, (None, Some(1012)));
    let both = states(&list(&running).await);
    let expected = [(&second_id, "committed"), (&first_id, "previous")];
    assert_eq!(both[..2], expected.map(|(id, state)| (id.clone(), state.to_owned())));
    assert_ne!(shown(&running).await, of_first);
    running.api.change("POST", &confirmed(&first_id), &json!({})).await;
    assert_eq!(shown(&running).await, of_first);

    let running = running.restarted().await;
    assert_eq!(shown(&running).await, of_first);
    for (id, status, expected) in [
        (first_id.as_str(), 409, "in use"),
        ("built-in", 409, "part of the server"),
        (&second_id, 204, ""),
        (&second_id, 404, "There is no certificate"),
        ("other", 400, "“other” is not an id; GET /api/v1/certificates lists them."),
    ] {
        let answer = running.api.send("DELETE", &format!("/certificates/{id}"), None).await;
        assert_eq!((answer.status, answer.body.contains(expected)), (status, true), "{id}: {}", answer.body);
    }
    assert_eq!(running.api.get(&format!("/certificates/{first_id}")).await["state"], "committed");
    assert_eq!(
        running.api.get("/certificates/built-in").await,
        running.api.get("/built-in-certificate").await
    );
    let audit = running.api.get("/audit").await;
    let actions: Vec<&str> =
        audit.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    let of_certificates: Vec<&str> =
        actions.into_iter().rev().filter(|action| action.contains("certificate.")).collect();
    assert_eq!(
        of_certificates,
        [
            "certificate.added",
            "certificate.added",
            "ssl_certificate.committed",
            "ssl_certificate.committed",
            "ssl_certificate.rolled_back",
            "certificate.removed"
        ]
    );
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_that_were_in_use_the_latest_are_kept() {
    let running = Running::start().await;
    let mut ids = Vec::new();
    for _ in 0..13 {
        let view = running.api.change("PUT", CONFIRMED, &made(30).upload()).await;
        ids.push(view["id"].as_str().unwrap().to_owned());
    }
    let kept: Vec<String> =
        list(&running).await.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    let mut expected: Vec<String> = ids[2..].iter().rev().cloned().collect();
    expected.push("built-in".to_owned());
    assert_eq!(kept, expected);
    for number in 0..21 {
        let answer = running.api.send("POST", "/certificates", Some(&made(30).upload().to_string())).await;
        assert_eq!(answer.status, if number < 20 { 201 } else { 409 }, "{number}: {}", answer.body);
    }
    running.server.stop().await;
}

/// The same code judges here and at the agents: whatever this computer trusts, an authority of the test is not among it.
#[tokio::test(flavor = "multi_thread")]
async fn what_agents_will_find_is_listed_one_by_one() {
    let running = Running::start().await;
    let key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = Issuer::new(authority, key);
    let of_server = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec!["elsewhere.example".to_owned()]).unwrap();
    parameters.not_after = time::OffsetDateTime::now_utc() - time::Duration::DAY;
    let certificate = parameters.signed_by(&of_server, &issuer).unwrap().pem();
    let body = json!({"certificate_pem": certificate, "private_key_pem": of_server.serialize_pem()});
    let added = running.api.change("POST", "/certificates", &body).await;
    let kinds: Vec<&str> = added["assessment"]["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| problem["kind"].as_str().unwrap())
        .collect();
    for kind in ["name_mismatch", "expired", "unknown_issuer"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    assert_eq!((&added["valid"], &added["names"]), (&json!(false), &json!(["elsewhere.example"])));
    assert!(added["remarks"][0].as_str().unwrap().starts_with("The chain is not complete"), "{added:#}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_server_shows_what_one_commits() {
    let (first, second) = Running::start_two().await;
    let id = add(&first, &made(30)).await;
    let path = format!("/certificates/{id}/commit?if_not_valid=commit");
    first.api.change("POST", &path, &json!({})).await;
    let committed = shown(&first).await;
    let deadline = tokio::time::Instant::now() + crate::support::agent::SOON;
    while shown(&second).await != committed {
        assert!(tokio::time::Instant::now() < deadline, "the other server shows another certificate");
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    assert_eq!(states(&list(&second).await)[0], (id, "committed".to_owned()));
    second.server.stop().await;
    first.server.stop().await;
}
