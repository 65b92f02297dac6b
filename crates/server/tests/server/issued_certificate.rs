//! Agents judge a certificate that an authority has issued before anybody is shown it: it is committed by itself where nobody is
//! worse off, and held back where somebody would be cut off or asked.

use std::sync::Arc;
use std::time::Duration;

use countersign_agent::{Enrolment, Status};
use countersign_protocol::{InstanceUid, RehearsedOutcome};
use countersign_trust::{Fingerprint, Problem, Refusal};
use rustls_pki_types::CertificateDer;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::rehearsals::{judge, judgement, valid};
use crate::support::agent::{Agent, Connection, SOON};
use crate::support::clock::ManualClock;
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::fleet::{Authority, BETWEEN_LOOKS, Member, outcome};
use crate::support::http::ApiClient;
use crate::support::open_database;
use crate::support::site::{AUTOMATED, DOMAIN, Site};

pub(crate) const PAGE: &str = "/system-settings/server/automated";
const DAY: time::Duration = time::Duration::days(1);
const HOUR: time::Duration = time::Duration::hours(1);
/// The agents that are connected may take so long.
const TO_REHEARSE: time::Duration = time::Duration::minutes(3);
/// After so long a certificate that waits is looked at again.
const LOOK_AGAIN: time::Duration = time::Duration::minutes(10);

/// A server with a clock in the test's hand, and an authority whose certificates are valid for so many days. The clock of the
/// authority is that of the computer.
pub(crate) async fn site(days: u64) -> (Site, Arc<ManualClock>) {
    let clock = ManualClock::at(OffsetDateTime::now_utc() + time::Duration::minutes(5));
    let validity = Duration::from_hours(days * 24);
    let site = Site::start_with(|options| options.validity = validity, Arc::clone(&clock) as _).await;
    (site, clock)
}

fn fingerprint(found: &Value) -> Fingerprint {
    found["fingerprint"].as_str().unwrap().parse().unwrap()
}

/// The fingerprint of the SSL certificate.
pub(crate) async fn shown(site: &Site) -> Value {
    site.api.get("/ssl-certificate").await["fingerprint"].clone()
}

/// Waits until an agent is enrolled and connected, and has applied and reported what there is.
async fn settled(site: &Site, member: &Member, certificate: Fingerprint) {
    let is_there = |status: &Status| {
        status.enrolment == Enrolment::Enrolled && outcome(status) == Some("connects_silently")
    };
    member.until("a member", is_there).await;
    let has_reported = |found: &Value| {
        found["online"] == true
            && found["profile"]["status"] == "applied"
            && found["certificate"]["assessment"]["fingerprint"] == certificate.to_string()
    };
    endpoint(site, member.uid, has_reported).await;
}

/// Waits until an endpoint is as wanted.
async fn endpoint(site: &Site, uid: InstanceUid, wanted: impl Fn(&Value) -> bool) {
    let path = format!("/endpoints/{uid}");
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let found = site.api.get(&path).await;
        if wanted(&found) {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "not as wanted in time: {found:#}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

pub(crate) async fn attention(site: &Site) -> Vec<Value> {
    let overview = site.api.get("/overview").await;
    let found = overview["attention"].as_array().unwrap();
    found.iter().filter(|one| one["text"].as_str().unwrap().contains("SSL certificate")).cloned().collect()
}

pub(crate) async fn order(site: &Site) {
    site.api.change("POST", &format!("{AUTOMATED}/order"), &json!({})).await;
}

/// What an agent says that denies a certificate.
fn denied() -> (RehearsedOutcome, Option<Vec<Problem>>) {
    let problem = Problem::SelfSigned { subject: format!("CN={DOMAIN}") };
    (RehearsedOutcome::WouldRefuse { because: Refusal::DeniedByProfile }, Some(vec![problem]))
}

/// The agent in a new session.
async fn again(site: &Site, agent: Agent, host: &str) -> Agent {
    let uid = agent.uid;
    drop(agent);
    // Who comes back before that is taken for a copy.
    endpoint(site, uid, |found| found["online"] == false).await;
    let token = Some(site.enrolment_token.as_str());
    let connection = Connection::open(site.server.telemetry, None).await;
    let mut agent = connection.upgrade(uid, token).await.unwrap();
    agent.introduce(host).await;
    agent
}

#[tokio::test(flavor = "multi_thread")]
async fn connected_agents_judge_the_new_certificate_without_a_person_noticing() {
    let (site, clock) = site(6).await;
    let first = site.issued(&site.wish("http-01")).await;
    assert_eq!(first["commitment"]["reason"], "nobody_to_ask", "{first:#}");
    site.use_ssl_certificate().await;
    site.set_action("deny").await;
    let root = site.pebble.root().await;
    let members: Vec<Member> = (0..3).map(|_| site.member(vec![root.clone()])).collect();
    for member in &members {
        settled(&site, member, fingerprint(&first)).await;
    }
    clock.advance(4 * DAY + HOUR);
    let second = site.until(|automated| automated["fingerprint"] != first["fingerprint"]).await;
    assert_eq!((&second["stage"], &second["last_failure"]), (&json!("resting"), &Value::Null), "{second:#}");
    // It was committed because all of them had said that they find it valid.
    let commitment = &second["commitment"];
    assert_eq!(commitment["reason"], "nobody_worse", "{second:#}");
    assert_eq!(commitment["foretold"]["next"]["connects_silently"], 3, "{second:#}");
    assert_eq!(shown(&site).await, second["fingerprint"]);
    let certificate = site.api.get("/ssl-certificate").await["id"].as_str().unwrap().to_owned();
    let rehearsal = site.api.get(&format!("/certificates/{certificate}/rehearsal")).await;
    assert_eq!((&rehearsal["asked"], &rehearsal["judged"]), (&json!(3), &json!(3)), "{rehearsal:#}");
    let audit = site.api.get("/audit").await;
    let committed = audit.as_array().unwrap().iter().find(|one| one["action"] == "ssl_certificate.committed");
    let said = &committed.unwrap()["detail"]["by_itself"];
    assert_eq!(said["reason"], "nobody_worse", "{audit:#}");
    assert_eq!(said["foretold"]["endpoints"]["connects_silently"], 3, "{audit:#}");
    // They connect again under the new one, and no person has noticed anything.
    for member in &members {
        assert_eq!(member.outcome_with("a member", fingerprint(&second)).await, "connects_silently");
        settled(&site, member, fingerprint(&second)).await;
        assert_eq!((member.desk.questions(), member.desk.notices()), (0, Vec::new()));
        member.handle.shutdown().await;
    }
    assert_eq!(attention(&site).await, Vec::<Value>::new());
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_allowed_the_present_certificate_is_not_asked_about_the_next_one() {
    let (site, clock) = site(6).await;
    let first = site.issued(&site.wish("http-01")).await;
    site.use_ssl_certificate().await;
    // The authority is missing on this computer.
    site.set_action("allow").await;
    let member = site.member(Vec::new());
    settled(&site, &member, fingerprint(&first)).await;
    site.set_action("warn").await;
    member.until("the question", |status| outcome(status) == Some("asked")).await;
    member.desk.allow();
    settled(&site, &member, fingerprint(&first)).await;
    endpoint(&site, member.uid, |found| found["standing"] == "remembered").await;
    let told = member.desk.notices();
    clock.advance(4 * DAY + HOUR);
    let second = site.until(|automated| automated["fingerprint"] != first["fingerprint"]).await;
    // It was announced to the agent, which has said that it lets it follow.
    assert_eq!(second["commitment"]["reason"], "nobody_worse", "{second:#}");
    assert_eq!(second["commitment"]["foretold"]["next"]["connects_silently"], 1, "{second:#}");
    assert_eq!(member.outcome_with("a member", fingerprint(&second)).await, "connects_silently");
    settled(&site, &member, fingerprint(&second)).await;
    assert_eq!((member.desk.questions(), member.desk.notices()), (1, told));
    member.handle.shutdown().await;
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_would_cut_somebody_off_is_held_back_until_a_person_commits_it() {
    let (site, clock) = site(6).await;
    site.issued(&site.wish("http-01")).await;
    // Agents are shown one of another authority, and one of them trusts no other.
    let authority = Authority::new();
    let (upload, present) = authority.certificate(&[DOMAIN], 90);
    let uploaded = site.api.change("POST", "/certificates", &upload).await["id"].clone();
    let commit = |id: &Value| format!("/certificates/{}/commit?if_not_valid=commit", id.as_str().unwrap());
    site.api.change("POST", &commit(&uploaded), &json!({})).await;
    site.use_ssl_certificate().await;
    site.set_action("deny").await;
    let root = site.pebble.root().await;
    let start = |roots: Vec<CertificateDer<'static>>| site.member(roots);
    let members = [
        start(vec![authority.der.clone(), root.clone()]),
        start(vec![authority.der.clone(), root]),
        start(vec![authority.der.clone()]),
    ];
    for member in &members {
        settled(&site, member, present).await;
    }
    // What somebody has uploaded is not replaced by itself.
    order(&site).await;
    let judged = site.until(|automated| automated["candidate"]["foretold"]["cut_off"] == 1).await;
    assert_eq!(judged["candidate"]["foretold"]["next"]["connects_silently"], 2, "{judged:#}");
    assert_eq!(judged["candidate"]["foretold"]["present"]["connects_silently"], 3, "{judged:#}");
    // It may still turn out otherwise; nobody is alarmed.
    assert_eq!((&judged["stage"], attention(&site).await), (&json!("rehearsing"), Vec::new()), "{judged:#}");
    clock.advance(TO_REHEARSE);
    let held = site.until(|automated| automated["stage"] == "held_back").await;
    let candidate = &held["candidate"];
    assert!(candidate["situation"].as_str().unwrap().contains("1 endpoint would be cut off"), "{held:#}");
    let place =
        format!("/system-settings/server/certificates/{}", candidate["certificate_id"].as_str().unwrap());
    let told = attention(&site).await;
    let [told] = told.as_slice() else { panic!("{told:#?}") };
    assert_eq!((&told["place"], &told["urgency"]), (&json!(place), &json!("soon")), "{told:#}");
    assert!(
        told["text"].as_str().unwrap().contains("is held back: with it, 1 endpoint would be cut off."),
        "{told:#}"
    );
    let mut console = Console::at(site.server.console);
    console.set_up_at(site.server.set_up_link.as_ref().unwrap().expose()).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let page = console.get(PAGE).await.body;
    assert!(page.contains("is held back") && page.contains("1 endpoint would be cut off"), "{page}");
    assert!(page.contains(&place) && console.get("/").await.body.contains(&place), "{page}");
    // Looked at again, it is the same, and nobody has lost the session or was told anything.
    clock.advance(LOOK_AGAIN);
    let later = site.until(|now| now["candidate"]["foretold"]["at"] != candidate["foretold"]["at"]).await;
    assert_eq!((&later["stage"], shown(&site).await), (&json!("held_back"), json!(present)));
    for member in &members {
        assert_eq!(member.outcome_with("a member", present).await, "connects_silently");
        assert_eq!((member.desk.questions(), member.desk.notices()), (0, Vec::new()));
    }
    // A person knows better, and then it is as it was foretold.
    let id = candidate["certificate_id"].clone();
    site.api.change("POST", &format!("/certificates/{}/commit", id.as_str().unwrap()), &json!({})).await;
    let by_hand = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!((&by_hand["commitment"]["reason"], &by_hand["candidate"]), (&json!("by_hand"), &Value::Null));
    assert_eq!(by_hand["fingerprint"], candidate["fingerprint"]);
    for (member, expected) in members.iter().zip(["connects_silently", "connects_silently", "cut_off"]) {
        assert_eq!(member.outcome_with("a member", fingerprint(&by_hand)).await, expected);
        member.handle.shutdown().await;
    }
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_while_agents_judge_goes_on_with_the_same_certificate() {
    let (site, clock) = site(90).await;
    let first = site.issued(&site.wish("http-01")).await;
    site.use_ssl_certificate().await;
    let mut agent = site.agent().await;
    order(&site).await;
    judge(&mut agent).await;
    let before = site.until(|automated| automated["stage"] == "rehearsing").await;
    clock.advance(time::Duration::SECOND);
    let site = site.restarted().await;
    let mut agent = again(&site, agent, "desk").await;
    // What was not answered is asked again.
    let asked = judge(&mut agent).await;
    let rehearsing = site.api.get(AUTOMATED).await;
    assert_eq!(rehearsing["candidate"]["fingerprint"], before["candidate"]["fingerprint"], "{rehearsing:#}");
    assert_eq!(shown(&site).await, first["fingerprint"]);
    agent.send_custom(&judgement(&asked, valid(), Some(Vec::new()))).await;
    let after = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!(after["commitment"]["reason"], "nobody_worse", "{after:#}");
    assert_eq!(after["fingerprint"], before["candidate"]["fingerprint"], "it was ordered anew");
    assert_eq!(shown(&site).await, after["fingerprint"]);
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_there_is_waited_for_and_not_for_ever() {
    let (site, clock) = site(90).await;
    site.issued(&site.wish("http-01")).await;
    site.use_ssl_certificate().await;
    let (mut desk, laptop) = (site.agent().await, site.agent().await);
    let uid = laptop.uid;
    drop(laptop);
    endpoint(&site, uid, |found| found["online"] == false).await;
    for ending in ["it comes", "it does not come"] {
        let before = shown(&site).await;
        order(&site).await;
        let asked = judge(&mut desk).await;
        desk.send_custom(&judgement(&asked, valid(), Some(Vec::new()))).await;
        site.until(|automated| automated["candidate"]["foretold"]["awaited"] == 1).await;
        clock.advance(TO_REHEARSE);
        let waiting = site.until(|automated| automated["stage"] == "awaiting").await;
        let situation = waiting["candidate"]["situation"].as_str().unwrap();
        assert!(situation.contains("1 endpoint has been here of late"), "{waiting:#}");
        assert_eq!((shown(&site).await, attention(&site).await), (before, Vec::new()));
        let reason = if ending == "it comes" {
            let token = Some(site.enrolment_token.as_str());
            let connection = Connection::open(site.server.telemetry, None).await;
            let mut laptop = connection.upgrade(uid, token).await.unwrap();
            laptop.introduce("laptop").await;
            let asked = judge(&mut laptop).await;
            laptop.send_custom(&judgement(&asked, valid(), Some(Vec::new()))).await;
            laptop.settled().await;
            clock.advance(LOOK_AGAIN);
            "nobody_worse"
        } else {
            clock.advance(7 * DAY - TO_REHEARSE);
            "waited_long_enough"
        };
        let committed = site.until(|automated| automated["stage"] == "resting").await;
        assert_eq!(committed["commitment"]["reason"], reason, "{ending}: {committed:#}");
        assert_eq!(shown(&site).await, waiting["candidate"]["fingerprint"]);
        if ending == "it comes" {
            desk = again(&site, desk, "desk").await;
        }
    }
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_worse_than_a_certificate_that_ends_is_committed_and_somebody_is_told() {
    let (site, clock) = site(6).await;
    let first = site.issued(&site.wish("http-01")).await;
    site.use_ssl_certificate().await;
    site.set_action("deny").await;
    let mut agent = site.agent().await;
    // The server was away when it was to be renewed: less than a tenth of its lifetime is left.
    clock.advance(5 * DAY + 12 * HOUR);
    let asked = judge(&mut agent).await;
    let (outcome, problems) = denied();
    agent.send_custom(&judgement(&asked, outcome, problems)).await;
    let judged = site.until(|automated| automated["candidate"]["foretold"]["cut_off"] == 1).await;
    assert_eq!(judged["candidate"]["foretold"]["worse_than_expired"], 0, "{judged:#}");
    assert_eq!((&judged["stage"], shown(&site).await), (&json!("rehearsing"), first["fingerprint"].clone()));
    clock.advance(TO_REHEARSE);
    let committed = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!(committed["commitment"]["reason"], "former_ends", "{committed:#}");
    assert_eq!(shown(&site).await, judged["candidate"]["fingerprint"]);
    let told = attention(&site).await;
    // pebble goes by the clock of the computer, so that by the clock of the server the new certificate ends soon, which is said, too.
    let told = told.iter().find(|told| {
        told["text"].as_str().unwrap().contains("although with the new one 1 endpoint would be cut off")
    });
    assert_eq!(told.expect("it is told")["urgency"], "now");
    site.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_as_it_commits_takes_itself_for_nobody_else() {
    let (site, _) = site(90).await;
    site.issued(&site.wish("http-01")).await;
    site.use_ssl_certificate().await;
    let mut agent = site.agent().await;
    order(&site).await;
    let asked = judge(&mut agent).await;
    site.until(|automated| automated["stage"] == "rehearsing").await;
    let database = open_database(site.directory.path()).await;
    let backend = database.get_database_backend();
    let read = Statement::from_string(backend, "SELECT progress FROM acme_orders");
    let how_far: String = database.query_one_raw(read).await.unwrap().unwrap().try_get_by_index(0).unwrap();
    agent.send_custom(&judgement(&asked, valid(), Some(Vec::new()))).await;
    let committed = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!(committed["commitment"]["reason"], "nobody_worse", "{committed:#}");
    site.server.stop().await;

    // As if it had ended after the certificate was committed, and before that was kept.
    let back = "UPDATE acme_orders SET progress = $1";
    let back = Statement::from_sql_and_values(backend, back, [how_far.into()]);
    assert_eq!(database.execute_raw(back).await.unwrap().rows_affected(), 1);
    database.close().await.unwrap();
    let server = Site::serve(&site.directory, site.ports, &site.pebble, Arc::clone(&site.clock)).await;
    let site = Site { api: ApiClient { address: server.console, ..site.api }, server, ..site };
    let after = site.until(|automated| automated["stage"] == "resting").await;
    assert_eq!(after["commitment"]["reason"], "nobody_worse", "{after:#}");
    assert_eq!(after["fingerprint"], committed["fingerprint"]);
    site.server.stop().await;
}
