//! Change after change, with the same agents: what was foretold of each is what it does, and whomever a change does not concern stays
//! as before.

use std::collections::BTreeMap;

use countersign_agent::Status;
use countersign_trust::Fingerprint;
use serde_json::{Value, json};

use super::fleet::{Fleet, commit, planned_certificate, planned_switch, switch};
use crate::support::fleet::{Authority, Member, outcome};

/// Names of agents, each with what is foretold of it and why.
type Expected = &'static [(&'static str, &'static str, &'static str)];

/// A change.
struct Row {
    what: &'static str,
    planned: Value,
    /// How it is made.
    request: (&'static str, String, Value),
    /// The certificate that agents are shown after it.
    shown: Fingerprint,
    /// Of all whom it concerns.
    expected: Expected,
}

/// What the rows are about.
struct Ground {
    built_in: Fingerprint,
    /// All agents find it valid.
    valid: (Value, Fingerprint),
    /// One agent does.
    another: (Value, Fingerprint),
    default: Value,
    deny: Value,
    warn: Value,
    /// Its members are named by hand; it has the profile *Warn*, and comes first.
    by_hand: String,
    /// All agents that validate certificates belong to it; it has no profile yet.
    by_rule: String,
}

const SILENT: &str = "connects_silently";
const ASKED: &str = "asked";
const CUT_OFF: &str = "cut_off";
const DENIED: &str = "denied_by_profile";

const ALL_VALID: Expected = &[
    ("trusting", SILENT, "valid"),
    ("own roots, allow", SILENT, "valid"),
    ("own roots, warn", SILENT, "valid"),
    ("own roots, deny", SILENT, "valid"),
    ("wrong clock", SILENT, "valid"),
    ("other address", SILENT, "valid"),
    ("legacy", CUT_OFF, "too_old"),
];

impl Ground {
    async fn lay(fleet: &Fleet, all: &Authority, some: &Authority) -> Self {
        let api = &fleet.running.api;
        let (upload, valid) = all.certificate(&["localhost", "127.0.0.1"], 3000);
        let valid = (fleet.add(&upload).await, valid);
        let (upload, another) = some.certificate(&["localhost"], 30);
        let another = (fleet.add(&upload).await, another);
        for (certificate, _) in [&another, &valid] {
            fleet.rehearse(certificate).await;
            fleet.commit(certificate).await;
        }
        let (warn, deny) = (fleet.profile("Warn", "warn").await, fleet.profile("Deny", "deny").await);
        let profiles = api.get("/profiles").await;
        let default =
            profiles.as_array().unwrap().iter().find(|profile| profile["name"] == "Default").unwrap();
        let group = |body: Value| async move {
            api.change("POST", "/groups", &body).await["id"].as_str().unwrap().to_owned()
        };
        let rule = json!({"agent_version_from": "0.1.0"});
        Self {
            built_in: serde_json::from_value(api.get("/built-in-certificate").await["fingerprint"].clone())
                .unwrap(),
            valid,
            another,
            default: default["id"].clone(),
            by_hand: group(json!({"name": "By hand", "precedence": 5, "profile_id": warn})).await,
            by_rule: group(json!({"name": "By rule", "precedence": 10, "rule": rule})).await,
            deny,
            warn,
        }
    }

    fn certificate(what: &'static str, to: &(Value, Fingerprint), expected: Expected) -> Row {
        let request = ("POST", commit(&to.0), json!({}));
        Row { what, planned: planned_certificate(&to.0), request, shown: to.1, expected }
    }

    fn switch(&self, what: &'static str, on: bool, expected: Expected) -> Row {
        let shown = if on { self.another.1 } else { self.built_in };
        let request = ("PUT", "/settings".to_owned(), switch(on));
        Row { what, planned: planned_switch(on), request, shown, expected }
    }

    fn given(&self, what: &'static str, id: &str, profile: Option<&Value>, expected: Expected) -> Row {
        let planned = json!({"change": "assignment", "endpoint": id, "profile_id": profile});
        let method = if profile.is_some() { "PUT" } else { "DELETE" };
        let body = profile.map_or(Value::Null, |profile| json!({"profile_id": profile}));
        let request = (method, format!("/endpoints/{id}/profile"), body);
        Row { what, planned, request, shown: self.another.1, expected }
    }

    fn members(&self, what: &'static str, ids: &[&str], expected: Expected) -> Row {
        let planned = json!({"change": "added_members", "group_id": self.by_hand, "endpoints": ids});
        let request = ("POST", format!("/groups/{}/members", self.by_hand), json!({"endpoints": ids}));
        Row { what, planned, request, shown: self.another.1, expected }
    }

    fn group(what: &'static str, id: &str, group: &Value, shown: Fingerprint, expected: Expected) -> Row {
        let planned = json!({"change": "group", "group_id": id, "group": group});
        Row { what, planned, request: ("PUT", format!("/groups/{id}"), group.clone()), shown, expected }
    }
}

impl Fleet {
    /// What has become of each agent.
    fn outcomes(&self) -> BTreeMap<&'static str, &'static str> {
        let of = |member: &Member| outcome(&member.handle.status().borrow()).unwrap_or("nothing yet");
        self.members.iter().map(|(name, (_, member))| (*name, of(member))).collect()
    }

    /// Makes a change, and sees that what was foretold comes to pass, for each agent.
    async fn goes_as_foretold(&mut self, row: Row) {
        let Row { what, planned, request: (method, path, body), shown, expected } = row;
        let forecast = self.forecast(&planned).await;
        let foretold: BTreeMap<_, _> = forecast
            .iter()
            .map(|(name, (outcome, reason))| (*name, (outcome.as_str(), reason.as_str())))
            .collect();
        let expected: BTreeMap<_, _> =
            expected.iter().map(|(name, outcome, reason)| (*name, (*outcome, *reason))).collect();
        assert_eq!(foretold, expected, "{what}: the forecast");
        let mut wanted = self.outcomes();
        let absent: Vec<&str> =
            wanted.iter().filter(|(_, outcome)| **outcome != SILENT).map(|(name, _)| *name).collect();
        self.running.api.change(method, &path, &body).await;
        for (name, (outcome_then, _)) in &expected {
            if *name == "legacy" {
                let then = self.legacy.outcome(self.running.server.telemetry).await;
                assert_eq!(then, *outcome_then, "{what}: legacy");
                continue;
            }
            wanted.insert(*name, *outcome_then);
            let member = self.member(name);
            if absent.contains(name) {
                member.look_again(name).await;
            }
            let about = format!("{what}: {name}, {outcome_then}");
            let then = |status: &Status| {
                let judged = status.assessment.as_ref().and_then(|found| found.fingerprint);
                outcome(status) == Some(*outcome_then) && judged == Some(shown)
            };
            member.until(&about, then).await;
        }
        self.settled("applied").await;
        assert_eq!(self.outcomes(), wanted, "{what}: the outcome");
    }

    /// The person at one of them allows what it was asked about.
    async fn allowed(&self, name: &str) {
        self.member(name).desk.allow();
        self.member(name).until(name, |status| outcome(status) == Some(SILENT)).await;
        self.settled("applied").await;
    }
}

/// Under *Allow* everybody is connected, also with a certificate that few find valid.
async fn moved_while_it_is_not_valid(fleet: &mut Fleet, ground: &Ground) {
    let id = |fleet: &Fleet, name: &str| fleet.id(name).to_owned();
    let (warn, deny) = (id(fleet, "own roots, warn"), id(fleet, "own roots, deny"));
    let (allow, other) = (id(fleet, "own roots, allow"), id(fleet, "other address"));
    let shown = ground.another.1;
    let rows = [
        Ground::certificate(
            "another certificate",
            &ground.another,
            &[
                ("trusting", SILENT, "valid"),
                ("own roots, allow", SILENT, "allowed_by_profile"),
                ("own roots, warn", SILENT, "allowed_by_profile"),
                ("own roots, deny", SILENT, "allowed_by_profile"),
                ("wrong clock", SILENT, "allowed_by_profile"),
                ("other address", SILENT, "allowed_by_profile"),
                ("legacy", CUT_OFF, "too_old"),
            ],
        ),
        ground.given("kept by hand", &allow, Some(&ground.default), &[]),
        ground.given(
            "a stricter profile by hand",
            &deny,
            Some(&ground.deny),
            &[("own roots, deny", CUT_OFF, DENIED)],
        ),
        ground.given(
            "a milder profile for whom it does not reach",
            &deny,
            Some(&ground.default),
            &[("own roots, deny", CUT_OFF, DENIED)],
        ),
        ground.members(
            "members of a group",
            &[&warn, &other],
            &[("own roots, warn", ASKED, "not_allowed"), ("other address", ASKED, "not_allowed")],
        ),
    ];
    for row in rows {
        fleet.goes_as_foretold(row).await;
    }
    for person in ["own roots, warn", "other address"] {
        fleet.allowed(person).await;
    }
    let rule = json!({"agent_version_from": "0.1.0"});
    let by_rule = json!({"name": "By rule", "precedence": 10, "rule": rule, "profile_id": ground.deny});
    let later = json!({"name": "By hand", "precedence": 20, "profile_id": ground.warn});
    let rows = [
        Ground::group(
            "a profile for a group by rule",
            &ground.by_rule,
            &by_rule,
            shown,
            &[("trusting", SILENT, "valid"), ("wrong clock", CUT_OFF, DENIED)],
        ),
        Ground::group(
            "a later precedence",
            &ground.by_hand,
            &later,
            shown,
            &[("own roots, warn", CUT_OFF, DENIED), ("other address", CUT_OFF, DENIED)],
        ),
        ground.given("the groups decide", &allow, None, &[("own roots, allow", CUT_OFF, DENIED)]),
    ];
    for row in rows {
        fleet.goes_as_foretold(row).await;
    }
}

/// Who was cut off is back with the earlier certificate. As that is valid, what had been allowed is forgotten, and is allowed anew.
async fn rolled_back_and_turned(fleet: &mut Fleet, ground: &Ground) {
    let nobody = json!({"name": "By rule", "precedence": 10, "rule": {"agent_version_from": "999.0.0"}, "profile_id": ground.deny});
    let (trusting, deny) = (fleet.id("trusting").to_owned(), fleet.id("own roots, deny").to_owned());
    let rows = [
        Ground::certificate("roll-back of the certificate", &ground.valid, ALL_VALID),
        Ground::group(
            "another rule",
            &ground.by_rule,
            &nobody,
            ground.valid.1,
            &[
                ("trusting", SILENT, "valid"),
                ("own roots, allow", SILENT, "valid"),
                ("own roots, warn", SILENT, "valid"),
                ("wrong clock", SILENT, "valid"),
                ("other address", SILENT, "valid"),
            ],
        ),
        Ground::certificate(
            "the other certificate again",
            &ground.another,
            &[
                ("trusting", SILENT, "valid"),
                ("own roots, allow", SILENT, "allowed_by_profile"),
                ("own roots, warn", ASKED, "not_allowed"),
                ("own roots, deny", SILENT, "allowed_by_profile"),
                ("wrong clock", SILENT, "allowed_by_profile"),
                ("other address", ASKED, "not_allowed"),
                ("legacy", CUT_OFF, "too_old"),
            ],
        ),
    ];
    for row in rows {
        fleet.goes_as_foretold(row).await;
    }
    for person in ["own roots, warn", "other address"] {
        fleet.allowed(person).await;
    }
    let rows = [
        ground.switch(
            "the switch off",
            false,
            &[
                ("trusting", SILENT, "allowed_by_profile"),
                ("own roots, allow", SILENT, "allowed_by_profile"),
                ("own roots, warn", ASKED, "another_allowed"),
                ("own roots, deny", SILENT, "allowed_by_profile"),
                ("wrong clock", SILENT, "allowed_by_profile"),
                ("other address", ASKED, "another_allowed"),
                ("legacy", SILENT, "takes_built_in"),
            ],
        ),
        ground.switch(
            "the switch on again",
            true,
            &[
                ("trusting", SILENT, "valid"),
                ("own roots, allow", SILENT, "allowed_by_profile"),
                ("own roots, warn", SILENT, "remembered"),
                ("own roots, deny", SILENT, "allowed_by_profile"),
                ("wrong clock", SILENT, "allowed_by_profile"),
                ("other address", SILENT, "remembered"),
                ("legacy", CUT_OFF, "too_old"),
            ],
        ),
        ground.members("members for a ring", &[&trusting], &[("trusting", SILENT, "valid")]),
        ground.given("the groups decide for one more", &deny, None, &[]),
    ];
    for row in rows {
        fleet.goes_as_foretold(row).await;
    }
}

/// A stricter action on trial does to a ring what was foretold of all that have the profile.
async fn tightened(fleet: &mut Fleet, ground: &Ground) {
    let input = json!({
        "profile_id": ground.warn, "to_action": "deny", "rings": [100], "hold_minutes": 60, "trial_minutes": 30,
        "threshold_percent": 50,
    });
    fleet
        .goes_as_foretold(Row {
            what: "a ring",
            planned: json!({"change": "action", "profiles": [ground.warn], "invalid_certificate_action": "deny"}),
            request: ("POST", "/tightenings".to_owned(), input),
            shown: ground.another.1,
            expected: &[
                ("trusting", SILENT, "valid"),
                ("own roots, warn", CUT_OFF, DENIED),
                ("other address", CUT_OFF, DENIED),
            ],
        })
        .await;
    let default = ground.default.as_str().unwrap();
    fleet
        .goes_as_foretold(Row {
            what: "roll-back of a profile",
            planned: json!({"change": "roll_back", "profile_id": default, "revision": 1}),
            request: ("POST", format!("/profiles/{default}/versions/1/roll-back"), Value::Null),
            shown: ground.another.1,
            expected: &[
                ("own roots, allow", ASKED, "not_allowed"),
                ("own roots, deny", ASKED, "not_allowed"),
                ("wrong clock", ASKED, "not_allowed"),
                ("legacy", CUT_OFF, "too_old"),
            ],
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn change_after_change_goes_as_foretold_for_every_agent() {
    let (all, some) = (Authority::new(), Authority::new());
    let mut fleet = Box::pin(Fleet::start(&all, &some)).await;
    let ground = Ground::lay(&fleet, &all, &some).await;
    let request = ("PUT", "/settings".to_owned(), switch(true));
    let on = Row {
        what: "the switch on",
        planned: planned_switch(true),
        request,
        shown: ground.valid.1,
        expected: ALL_VALID,
    };
    fleet.goes_as_foretold(on).await;
    moved_while_it_is_not_valid(&mut fleet, &ground).await;
    rolled_back_and_turned(&mut fleet, &ground).await;
    tightened(&mut fleet, &ground).await;
    for (_, member) in fleet.members.values() {
        member.handle.shutdown().await;
    }
    fleet.running.server.stop().await;
}
