//! Every change that concerns how endpoints judge this server is foretold before it is made, by the API and in the console.

use countersign_protocol::custom::AgentCustomMessage;
use countersign_protocol::{CertificateReport, RememberedReport, ReportedDecision, SessionTrust};
use countersign_trust::{Assessment, InvalidCertificateAction};
use serde_json::{Value, json};

use crate::certificates::made;
use crate::support::Running;
use crate::support::agent::Agent;
use crate::support::console::{Console, NAME, PASSWORD};

/// What an agent reports that finds the built-in certificate as it says, and whose person has allowed nothing.
async fn report(running: &Running, agent: &mut Agent, problems: Value) {
    let mut assessment = running.api.get("/built-in-certificate").await["assessment"].clone();
    assessment["problems"] = problems;
    let assessment: Assessment = serde_json::from_value(assessment).unwrap();
    let report = CertificateReport {
        assessment,
        action: InvalidCertificateAction::Allow,
        trust: SessionTrust::Identified,
        decision: ReportedDecision::AllowedByProfile,
        judged_at: None,
    };
    agent.send_custom(&AgentCustomMessage::CertificateReport(Box::new(report))).await;
    agent.send_custom(&AgentCustomMessage::Remembered(RememberedReport::default())).await;
    agent.settled().await;
}

/// An endpoint that finds the certificate not valid, and one that finds it valid.
async fn two(running: &Running) -> (Agent, Agent) {
    let (mut desk, mut laptop) = (running.agent("desk").await, running.agent("laptop").await);
    let found = running.api.get("/built-in-certificate").await["assessment"]["problems"].clone();
    report(running, &mut desk, found).await;
    report(running, &mut laptop, json!([])).await;
    (desk, laptop)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_foretold_by_the_same_rules() {
    let running = Running::start().await;
    let (desk, laptop) = two(&running).await;
    let profile = |name: &str, action: &str| json!({"name": name, "invalid_certificate_action": action});
    let default = running.api.get("/profiles").await[0]["id"].clone();
    let path = format!("/profiles/{}", default.as_str().unwrap());
    for action in ["deny", "allow"] {
        running.api.change("PUT", &path, &profile("Default", action)).await;
    }
    let strict = running.api.change("POST", "/profiles", &profile("Strict", "deny")).await["id"].clone();
    let asking = running.api.change("POST", "/profiles", &profile("Asking", "warn")).await["id"].clone();
    let group = json!({"name": "Desks", "precedence": 1, "profile_id": asking});
    let group = running.api.change("POST", "/groups", &group).await["id"].clone();
    let certificate = running.api.change("POST", "/certificates", &made(30).upload()).await["id"].clone();
    let action = |profiles: &[&Value], action: &str| json!({"change": "action", "profiles": profiles, "invalid_certificate_action": action});
    let rule = json!({"name": "Rule", "rule": {"host_name": "desk*"}, "profile_id": strict});
    let members = json!([desk.uid, laptop.uid]);
    // Connect silently, asked, cut off, unknown.
    let table: Vec<(Value, [u64; 4])> = vec![
        (action(&[&default], "deny"), [1, 0, 1, 0]),
        (action(&[&default], "warn"), [1, 1, 0, 0]),
        (action(&[&default, &strict], "allow"), [2, 0, 0, 0]),
        (action(&[&strict], "warn"), [0, 0, 0, 0]),
        (json!({"change": "profile", "profile_id": default, "profile": profile("Other", "allow")}), [0; 4]),
        (
            json!({"change": "profile", "profile_id": default, "profile": profile("Other", "deny")}),
            [1, 0, 1, 0],
        ),
        (json!({"change": "roll_back", "profile_id": default, "revision": 2}), [1, 0, 1, 0]),
        (json!({"change": "roll_back", "profile_id": default, "revision": 1}), [1, 1, 0, 0]),
        (json!({"change": "assignment", "endpoint": desk.uid, "profile_id": strict}), [0, 0, 1, 0]),
        (json!({"change": "assignment", "endpoint": laptop.uid, "profile_id": strict}), [1, 0, 0, 0]),
        (json!({"change": "assignment", "endpoint": desk.uid, "profile_id": default}), [0; 4]),
        (json!({"change": "assignment", "endpoint": desk.uid}), [0; 4]),
        (json!({"change": "new_group", "group": rule}), [0, 0, 1, 0]),
        (json!({"change": "group", "group_id": group, "group": rule}), [0, 0, 1, 0]),
        (json!({"change": "added_members", "group_id": group, "endpoints": members}), [1, 1, 0, 0]),
        (json!({"change": "removed_group", "group_id": group}), [0; 4]),
        (json!({"change": "profile_groups", "profile_id": strict, "groups": [group]}), [0; 4]),
        // Under Allow, whatever agents find.
        (json!({"change": "certificate", "certificate": certificate}), [2, 0, 0, 0]),
        (json!({"change": "certificate", "certificate": "built-in"}), [2, 0, 0, 0]),
        (
            json!({"change": "endpoint_control", "use_ssl_certificate_for_endpoint_control": false}),
            [2, 0, 0, 0],
        ),
    ];
    for (change, [connect, asked, cut_off, unknown]) in table {
        let found = running.api.change("POST", "/pre-flight", &change).await;
        let expected =
            json!({"connects_silently": connect, "asked": asked, "cut_off": cut_off, "unknown": unknown});
        assert_eq!(found["counts"], expected, "{change}: {found:#}");
        assert_eq!(found["endpoints"], connect + asked + cut_off + unknown);
    }
    // Nothing was changed.
    assert_eq!(running.api.get(&path).await["invalid_certificate_action"], "allow");
    assert_eq!(running.api.get("/groups").await.as_array().unwrap().len(), 1);

    // The gravest are listed, with why and how old the answer is; others when they are asked for, page by page.
    let change = action(&[&default], "deny");
    let found = running.api.change("POST", "/pre-flight", &change).await;
    let listed = &found["list"][0];
    assert_eq!((&found["listed"], &listed["host_name"]), (&json!("cut_off"), &json!("desk")));
    assert_eq!(listed["reason"], "denied_by_profile");
    assert_eq!(listed["problems"], json!(["name_mismatch", "self_signed"]));
    assert!(listed["because"].as_str().unwrap().contains("the profile says Deny"), "{listed}");
    assert!(listed["age_seconds"].as_u64().unwrap() < 60 && listed["answered_at"].is_string(), "{listed}");
    let all = action(&[&default], "allow");
    for (query, page, pages, hosts) in [
        ("?size=1", 1, 2, vec!["desk"]),
        ("?size=1&page=2", 2, 2, vec!["laptop"]),
        ("?size=1&page=3", 3, 2, vec![]),
        ("?outcome=asked", 1, 1, vec![]),
        ("?outcome=connects_silently", 1, 1, vec!["desk", "laptop"]),
    ] {
        let found = running.api.change("POST", &format!("/pre-flight{query}"), &all).await;
        let list = found["list"].as_array().unwrap();
        let found_hosts: Vec<_> = list.iter().map(|one| one["host_name"].as_str().unwrap()).collect();
        assert_eq!(
            (&found["page"], &found["pages"], found_hosts),
            (&json!(page), &json!(pages), hosts),
            "{query}"
        );
    }
    let nothing = uuid::Uuid::now_v7();
    for (change, status) in [
        (json!({"change": "nothing"}), 422),
        (json!({"change": "certificate", "certificate": "x"}), 400),
        (json!({"change": "certificate", "certificate": nothing}), 404),
        (json!({"change": "action", "profiles": [nothing], "invalid_certificate_action": "deny"}), 404),
        (json!({"change": "assignment", "endpoint": nothing, "profile_id": strict}), 404),
        (json!({"change": "assignment", "endpoint": desk.uid, "profile_id": nothing}), 422),
        (json!({"change": "roll_back", "profile_id": default, "revision": 9}), 404),
        (json!({"change": "endpoint_control", "use_ssl_certificate_for_endpoint_control": true}), 409),
    ] {
        let answer = running.api.send("POST", "/pre-flight", Some(&change.to_string())).await;
        assert_eq!(answer.status, status, "{change}: {}", answer.body);
    }
    running.server.stop().await;
}

/// Where a form is sent, with what, and what is foretold.
type Sent<'s> = (&'s str, &'s [(&'s str, &'s str)], &'s str);

#[tokio::test(flavor = "multi_thread")]
async fn the_console_shows_what_would_follow_before_it_is_done() {
    let running = Running::start().await;
    let (desk, _laptop) = two(&running).await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let default = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "Strict", "invalid_certificate_action": "deny"});
    let strict = running.api.change("POST", "/profiles", &body).await["id"].as_str().unwrap().to_owned();
    let certificate = running.api.change("POST", "/certificates", &made(30).upload()).await;
    let certificate = format!("/system-settings/server/certificates/{}", certificate["id"].as_str().unwrap());
    let rehearsed = console.post(&format!("{certificate}/rehearsal"), &[]).await;
    assert_eq!(rehearsed.header("location"), certificate);
    assert!(console.get(&certificate).await.body.contains("Have judged it"), "its progress is shown");
    let announced = console.post(&format!("{certificate}/announcement"), &[]).await;
    assert_eq!(announced.header("location"), certificate);
    assert!(console.get(&certificate).await.body.contains("as the next certificate"), "and who follows it");
    let ended = console.post(&format!("{certificate}/rehearsal/end"), &[]).await;
    assert_eq!(ended.header("location"), certificate);
    assert!(console.get(&certificate).await.body.contains("Nobody is asked any more."));
    let other = format!("/system-settings/server/certificates/{}", uuid::Uuid::now_v7());
    for form in ["rehearsal", "rehearsal/end", "announcement"] {
        let missing = console.post(&format!("{other}/{form}"), &[]).await;
        assert_eq!(missing.status, 404, "{form}");
        assert!(missing.body.contains("href=\"/system-settings/server\">Back to"), "{}", missing.body);
    }

    let (uid, commit) = (desk.uid.to_string(), format!("{certificate}/commit"));
    let assign = format!("/endpoints/{uid}/profile");
    let save = format!("/endpoint-profiles/{default}?tab=system-settings");
    let saved = [("revision", "1"), ("invalid_certificate_action", "deny"), ("heartbeat_seconds", "30")];
    let chosen = [("action", "deny"), (default.as_str(), "on")];
    let table: [Sent<'_>; 5] = [
        (&commit, &[("confirmed", "yes")], "2 endpoints cannot be foretold."),
        (&assign, &[("profile_id", &strict)], "1 endpoint would be cut off."),
        (&save, &saved, "1 endpoint connects silently, 1 endpoint would be cut off."),
        ("/endpoint-profiles/action", &chosen, "1 endpoint connects silently, 1 endpoint would be cut off."),
        ("/system-settings/server/endpoint-control", &[("on", "yes")], "2 endpoints cannot be foretold."),
    ];
    for (path, fields, summary) in table {
        let shown = console.post(path, fields).await;
        assert_eq!(shown.status, 200, "{path}: {}", shown.body);
        assert!(shown.body.contains(summary), "{path}: {}", shown.body);
        assert!(
            shown.body.contains("What this would do") && shown.body.contains(">desk</a>"),
            "{}",
            shown.body
        );
        let about = shown.body.contains("This is about the certificate for localhost whose fingerprint");
        assert_eq!(about, path == commit || path.ends_with("/endpoint-control"), "{path}: {}", shown.body);
        // While agents are not shown it, nothing happens when it is committed.
        assert_eq!(shown.body.contains("nothing happens to them at once"), path == commit, "{}", shown.body);
        // Another part of the list.
        let other = [fields, &[("foreseen_outcome", "connects_silently")]].concat();
        let shown = console.post(path, &other).await;
        assert!(shown.status == 200 && shown.body.contains(summary), "{path}: {}", shown.body);
        let done = console.post(path, &[fields, &[("seen", "yes")]].concat()).await;
        assert_eq!(done.status, 303, "{path}: {}", done.body);
        if path == assign {
            // The next change begins as this one did.
            running.api.change("PUT", &assign, &json!({"profile_id": default})).await;
        }
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stricter_action_by_a_move_is_said_to_be_too_early() {
    let running = Running::start().await;
    let (desk, laptop) = two(&running).await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let api = &running.api;
    let profile = |name: &str, action: &str| json!({"name": name, "invalid_certificate_action": action});
    let default = api.get("/profiles").await[0]["id"].clone();
    let path = format!("/profiles/{}", default.as_str().unwrap());
    api.change("PUT", &path, &profile("Default", "allow")).await;
    let strict = api.change("POST", "/profiles", &profile("Strict", "deny")).await["id"].clone();
    let asking = api.change("POST", "/profiles", &profile("Asking", "warn")).await["id"].clone();
    let first = json!({"name": "First", "precedence": 1, "profile_id": asking});
    let first = api.change("POST", "/groups", &first).await["id"].as_str().unwrap().to_owned();
    let second = json!({"name": "Second", "precedence": 2, "profile_id": strict});
    let second = api.change("POST", "/groups", &second).await["id"].as_str().unwrap().to_owned();
    let by_rule =
        |profile: &Value| json!({"name": "Rule", "rule": {"host_name": "desk*"}, "profile_id": profile});
    let by_hand = json!({"change": "assignment", "endpoint": desk.uid, "profile_id": strict});
    let members = json!({"endpoints": [laptop.uid]});
    let (warned, cut_off) = ("People are asked whether to connect", "Endpoints do not connect any more");
    let foretold = async |change: &Value, early: Option<&str>| {
        let found = api.change("POST", "/pre-flight", change).await;
        let remarks = found["remarks"].to_string();
        for sentence in [warned, cut_off] {
            assert_eq!(
                remarks.matches(sentence).count(),
                usize::from(early == Some(sentence)),
                "{change}: {found:#}"
            );
        }
    };
    for (change, early) in [
        (by_hand.clone(), Some(cut_off)),
        (json!({"change": "assignment", "endpoint": desk.uid, "profile_id": asking}), Some(warned)),
        (json!({"change": "assignment", "endpoint": desk.uid, "profile_id": default}), None),
        (json!({"change": "new_group", "group": by_rule(&strict)}), Some(cut_off)),
        (json!({"change": "new_group", "group": by_rule(&asking)}), Some(warned)),
        (json!({"change": "new_group", "group": by_rule(&default)}), None),
        (json!({"change": "group", "group_id": first, "group": by_rule(&strict)}), Some(cut_off)),
        (json!({"change": "added_members", "group_id": first, "endpoints": [laptop.uid]}), Some(warned)),
        // Nobody belongs to them.
        (json!({"change": "profile_groups", "profile_id": strict, "groups": [first]}), None),
        (json!({"change": "removed_group", "group_id": first}), None),
    ] {
        foretold(&change, early).await;
    }

    // The laptop is in both groups, of which the first one decides; whoever asks for a dry run is told as well.
    let dry_run = format!("/groups/{second}/members?dry_run=true");
    let told = api.change("POST", &dry_run, &members).await;
    assert!(told["warnings"].to_string().contains(cut_off), "{told:#}");
    let add = format!("/endpoint-groups/{second}/members");
    let page = console.post(&add, &[("endpoints", "laptop")]).await;
    assert!(page.status == 200 && page.body.contains(cut_off), "{}", page.body);
    let page = console
        .post(&format!("/endpoints/{}/profile", desk.uid), &[("profile_id", strict.as_str().unwrap())])
        .await;
    assert!(page.status == 200 && page.body.contains(cut_off), "{}", page.body);
    assert_eq!(console.post(&add, &[("endpoints", "laptop"), ("seen", "yes")]).await.status, 303);
    // What it has is stricter than anything else: nothing that follows is too early.
    foretold(&json!({"change": "added_members", "group_id": first, "endpoints": [laptop.uid]}), None).await;
    api.change("POST", &format!("/groups/{first}/members"), &members).await;
    for (change, early) in [
        // A later precedence, another profile of a group, a group or a member less.
        (
            json!({"change": "group", "group_id": first, "group": {"name": "First", "precedence": 3, "profile_id": asking}}),
            Some(cut_off),
        ),
        (json!({"change": "profile_groups", "profile_id": strict, "groups": [first, second]}), Some(cut_off)),
        (json!({"change": "profile_groups", "profile_id": default, "groups": [first]}), None),
        (json!({"change": "removed_group", "group_id": first}), Some(cut_off)),
        (json!({"change": "removed_group", "group_id": second}), None),
        (json!({"change": "removed_member", "group_id": first, "endpoint": laptop.uid}), Some(cut_off)),
    ] {
        foretold(&change, early).await;
    }
    api.change("PUT", &format!("/endpoints/{}/profile", laptop.uid), &json!({"profile_id": default})).await;
    foretold(&json!({"change": "assignment", "endpoint": laptop.uid}), Some(warned)).await;
    running.server.stop().await;
}
