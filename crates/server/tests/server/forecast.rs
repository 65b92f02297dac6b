//! The forecast equals the outcome, agent by agent: real agents with their own roots, clocks, addresses and permissions judge a
//! certificate before they are shown it, and then do what was foretold. Likewise when the action changes, and when *Use SSL
//! certificate for Endpoint Control* is turned.

mod fleet;
mod table;

use countersign_trust::Fingerprint;
use serde_json::{Value, json};

use crate::support::agent::SOON;
use crate::support::fleet::{Authority, BETWEEN_LOOKS, outcome};
use fleet::{Fleet, as_expected, planned_certificate, planned_switch, switch};

impl Fleet {
    /// The SSL certificate is used from now on. All agents find it valid, as they have said while they were shown the built-in one.
    async fn turned_on(&mut self, all: &Authority) {
        let (upload, fingerprint) = all.certificate(&["localhost", "127.0.0.1"], 3000);
        let certificate = self.add(&upload).await;
        let progress = self.rehearse(&certificate).await;
        assert_eq!((&progress["asked"], &progress["unable"]), (&json!(6), &json!(1)), "{progress:#}");
        self.commit(&certificate).await;
        let forecast = self.forecast(&planned_switch(true)).await;
        as_expected(
            &forecast,
            &[
                ("trusting", "connects_silently", "valid"),
                ("own roots, allow", "connects_silently", "valid"),
                ("own roots, warn", "connects_silently", "valid"),
                ("own roots, deny", "connects_silently", "valid"),
                ("wrong clock", "connects_silently", "valid"),
                ("other address", "connects_silently", "valid"),
                ("legacy", "cut_off", "too_old"),
            ],
        );
        self.running.api.change("PUT", "/settings", &switch(true)).await;
        self.does_as_foretold(&forecast, fingerprint).await;
    }

    /// Stricter rules change nothing where the certificate is valid.
    async fn given_profiles(&self, warn: &Value, deny: &Value) {
        for (name, profile) in [
            ("trusting", deny),
            ("own roots, warn", warn),
            ("own roots, deny", deny),
            ("wrong clock", deny),
            ("other address", warn),
        ] {
            let id = self.id(name).to_owned();
            let change = json!({"change": "assignment", "endpoint": id, "profile_id": profile});
            as_expected(&self.forecast(&change).await, &[(name, "connects_silently", "valid")]);
            let path = format!("/endpoints/{id}/profile");
            self.running.api.change("PUT", &path, &json!({"profile_id": profile})).await;
            self.member(name).until(name, |status| status.profile.name.as_deref() != Some("Default")).await;
        }
        self.settled("applied").await;
    }

    /// A certificate that each judges otherwise.
    async fn shown_another(&mut self, some: &Authority) {
        let (upload, fingerprint) = some.certificate(&["localhost"], 30);
        let certificate = self.add(&upload).await;
        let planned = planned_certificate(&certificate);
        // Before anybody is asked, nobody knows.
        let forecast = self.forecast(&planned).await;
        assert_eq!(forecast["trusting"], ("unknown".to_owned(), "not_judged".to_owned()));
        self.rehearse(&certificate).await;
        let forecast = self.forecast(&planned).await;
        as_expected(
            &forecast,
            &[
                ("trusting", "connects_silently", "valid"),
                ("own roots, allow", "connects_silently", "allowed_by_profile"),
                ("own roots, warn", "asked", "not_allowed"),
                ("own roots, deny", "cut_off", "denied_by_profile"),
                ("wrong clock", "cut_off", "denied_by_profile"),
                ("other address", "asked", "not_allowed"),
                ("legacy", "cut_off", "too_old"),
            ],
        );
        self.commit(&certificate).await;
        self.does_as_foretold(&forecast, fingerprint).await;
    }

    /// One person allows it; its successor is announced to those that have a session, and asks nobody again.
    async fn shown_the_successor(&self, some: &Authority) -> Fingerprint {
        let person = "own roots, warn";
        self.member(person).desk.allow();
        self.member(person).until(person, |status| outcome(status) == Some("connects_silently")).await;
        self.settled("applied").await;
        let (upload, fingerprint) = some.certificate(&["localhost"], 25);
        let certificate = self.add(&upload).await;
        self.rehearse(&certificate).await;
        let planned = planned_certificate(&certificate);
        let forecast = self.forecast(&planned).await;
        assert_eq!(forecast[person], ("asked".to_owned(), "another_allowed".to_owned()));
        let announcement = format!("/certificates/{}/announcement", certificate.as_str().unwrap());
        self.running.api.change("POST", &announcement, &json!({})).await;
        // Looked at with one look only: while agents answer, a list may know more than the counts of a moment before.
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let answer = self.running.api.change("POST", "/pre-flight", &planned).await;
            if answer["counts"]["connects_silently"] == 3 {
                break;
            }
            assert!(tokio::time::Instant::now() < deadline, "{answer:#}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        let forecast = self.forecast(&planned).await;
        assert_eq!(forecast[person].1, "announced");
        // Those that are cut off were asked nothing.
        assert_eq!(forecast["wrong clock"], ("unknown".to_owned(), "not_judged".to_owned()));
        let silent = forecast.iter().filter(|(_, (outcome, _))| outcome == "connects_silently");
        let silent: Vec<_> = silent.map(|(name, _)| *name).collect();
        assert_eq!(silent, ["own roots, allow", person, "trusting"]);
        let asked = self.member(person).desk.questions();
        self.commit(&certificate).await;
        for name in silent {
            assert_eq!(
                self.member(name).outcome_with(name, fingerprint).await,
                "connects_silently",
                "{name}"
            );
        }
        assert_eq!(self.member(person).desk.questions(), asked, "nobody was asked again");
        self.settled("applied").await;
        fingerprint
    }

    /// A stricter action cuts off at once; a milder one does not reach whoever is cut off.
    async fn given_other_actions(&self, profile: &Value, shown: Fingerprint) {
        let person = "own roots, warn";
        let cut_off = ("cut_off".to_owned(), "denied_by_profile".to_owned());
        for action in ["deny", "allow"] {
            let body = json!({"profiles": [profile], "invalid_certificate_action": action});
            let mut planned = body.clone();
            planned["change"] = json!("action");
            assert_eq!(self.forecast(&planned).await[person], cut_off, "{action}");
            self.running.api.change("POST", "/profiles/action", &body).await;
            if action == "allow" {
                self.member(person).look_again(person).await;
            }
            self.member(person).until(person, |status| outcome(status) == Some("cut_off")).await;
            assert_eq!(self.member(person).outcome_with(person, shown).await, "cut_off", "{action}");
            self.running.endpoint(self.id(person), |endpoint| endpoint["online"] == false).await;
        }
    }

    /// Back to the built-in certificate, which nobody finds valid.
    async fn turned_off(&mut self) {
        let forecast = self.forecast(&planned_switch(false)).await;
        as_expected(
            &forecast,
            &[
                ("trusting", "cut_off", "denied_by_profile"),
                ("own roots, allow", "connects_silently", "allowed_by_profile"),
                ("own roots, warn", "cut_off", "denied_by_profile"),
                ("own roots, deny", "cut_off", "denied_by_profile"),
                ("wrong clock", "cut_off", "denied_by_profile"),
                ("other address", "asked", "not_allowed"),
                ("legacy", "connects_silently", "takes_built_in"),
            ],
        );
        self.running.api.change("PUT", "/settings", &switch(false)).await;
        let built_in = self.running.api.get("/built-in-certificate").await["fingerprint"].clone();
        self.does_as_foretold(&forecast, serde_json::from_value(built_in).unwrap()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_agent_does_what_was_foretold_of_it() {
    let (all, some) = (Authority::new(), Authority::new());
    let mut fleet = Box::pin(Fleet::start(&all, &some)).await;
    fleet.turned_on(&all).await;
    let (warn, deny) = (fleet.profile("Warn", "warn").await, fleet.profile("Deny", "deny").await);
    fleet.given_profiles(&warn, &deny).await;
    fleet.shown_another(&some).await;
    let shown = fleet.shown_the_successor(&some).await;
    fleet.given_other_actions(&warn, shown).await;
    fleet.turned_off().await;
    for (_, member) in fleet.members.values() {
        member.handle.shutdown().await;
    }
    fleet.running.server.stop().await;
}
