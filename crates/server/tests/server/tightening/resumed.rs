//! What is shown before a tightening begins or goes on, and what is refused before that.

use serde_json::{Value, json};
use time::Duration;

use super::fleet::{self, Fleet, Manner};
use crate::support::Running;
use crate::support::console::{Console, NAME, PASSWORD};

const SHOWN: &str = "What this would do";

async fn signed_in(running: &Running) -> Console {
    let mut console = Console::set_up(running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    console
}

/// What stands in the form of a move for where the tightening is.
async fn shown(console: &Console, page: &str, action: &str) -> String {
    let body = console.get(page).await.body;
    let form = body.split_once(&format!("action=\"{action}\"")).unwrap().1;
    let field = form.split_once("name=\"shown\" value=\"").unwrap().1;
    field.split_once('"').unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn resuming_shows_first_what_it_gives_to_whom() {
    let (running, clock) = fleet::server().await;
    let manner = |number| if number == 0 { Manner::IsCutOff } else { Manner::Connects };
    let fleet = Fleet::connect(&running, 3, manner).await;
    let input = json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2, "threshold_percent": 60});
    let (id, begun) = fleet.begin(&running, &input).await;
    let warnings = begun["warnings"].to_string();
    assert!(warnings.contains(") at 1 endpoint: such an endpoint cannot connect by deny"), "{warnings}");
    assert!(!warnings.contains("profile says"), "the profile says Warn: {warnings}");
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["connected"] == 2).await;
    fleet.cut_off(1).await;
    clock.advance(Duration::minutes(2));
    fleet.fall_back(&running).await;
    fleet::tightening(&running, &id, |seen| seen["endpoints"]["fell_back"] == 1).await;
    let post = async |step: &str| {
        let path = format!("/tightenings/{id}/{step}");
        running.api.change("POST", &path, &Value::Null).await["state"].clone()
    };
    let state = async || running.api.get(&format!("/tightenings/{id}")).await["state"].clone();
    let planned = json!({"change": "resumed_tightening", "tightening_id": id});
    let console = signed_in(&running).await;
    let page = format!("/endpoint-profiles/{}/tightening", fleet.profile);
    let action = format!("{page}/{id}/resume");
    for (step, at_once) in [
        ("halt", "The ring of 100 % goes on; nobody else gets deny at once."),
        ("step-back", "The ring of 100 % begins again; deny is on trial at once at 3 endpoints."),
    ] {
        let stands = post(step).await;
        let foretold = running.api.change("POST", "/pre-flight", &planned).await;
        assert_eq!(
            (&foretold["endpoints"], &foretold["counts"]["cut_off"]),
            (&json!(3), &json!(1)),
            "{step}"
        );
        let remarks = foretold["remarks"].to_string();
        assert!(remarks.contains(at_once), "{remarks}");
        assert!(remarks.contains("Under the former action only could connect: 1 endpoint"), "{remarks}");

        // Who has not seen where it is is told that, and not what would follow.
        let refused = console.post(&action, &[("shown", "running.0.0")]).await;
        assert!(refused.status == 412 && !refused.body.contains(SHOWN), "{}", refused.body);
        let tag = shown(&console, &page, &action).await;
        let asked = console.post(&action, &[("shown", &tag)]).await;
        assert!(asked.status == 200 && asked.body.contains(SHOWN), "{step}: {}", asked.body);
        assert!(asked.body.contains(">desk-0</a>") && asked.body.contains(at_once), "{}", asked.body);
        assert_eq!(state().await, stands, "nothing is done before it was seen");
        let done = console.post(&action, &[("shown", &tag), ("seen", "yes")]).await;
        assert_eq!(done.status, 303, "{}", done.body);
        assert_eq!(state().await, "running");
    }
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_resumed_is_refused_before_anything_is_foretold() {
    let (running, _clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 2, |_| Manner::Connects).await;
    let input = json!({"rings": [100], "hold_minutes": 10, "trial_minutes": 2});
    let (first, _) = fleet.begin(&running, &input).await;
    running.api.change("POST", &format!("/tightenings/{first}/step-back"), &Value::Null).await;
    let (second, _) = fleet.begin(&running, &input).await;
    let console = signed_in(&running).await;
    let page = format!("/endpoint-profiles/{}/tightening", fleet.profile);
    for (id, why) in [(&first, "is being tightened already"), (&second, "is running and cannot be resumed")] {
        let planned = json!({"change": "resumed_tightening", "tightening_id": id}).to_string();
        for (path, body) in
            [("/pre-flight".to_owned(), Some(planned.as_str())), (format!("/tightenings/{id}/resume"), None)]
        {
            let refused = running.api.send("POST", &path, body).await;
            assert!(refused.status == 409 && refused.body.contains(why), "{path}: {}", refused.body);
        }
        for fields in [&[][..], &[("seen", "yes")]] {
            let refused = console.post(&format!("{page}/{id}/resume"), fields).await;
            assert_eq!(refused.status, 409, "{}", refused.body);
            assert!(refused.body.contains(why) && !refused.body.contains(SHOWN), "{}", refused.body);
        }
    }
    let described = running.api.get("/openapi.json").await;
    assert!(described["components"]["schemas"]["PlannedChange"].to_string().contains("resumed_tightening"));
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_begun_is_refused_before_anything_is_foretold() {
    let (running, _clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 2, |_| Manner::Connects).await;
    let console = signed_in(&running).await;
    let page = format!("/endpoint-profiles/{}/tightening", fleet.profile);
    let profile = running.api.get(&format!("/profiles/{}", fleet.profile)).await;
    let revision = profile["revision"].to_string();
    let send = async |field: &str, value: &str| {
        let mut fields = [
            ("revision", revision.as_str()),
            ("to_action", "deny"),
            ("rings", "50, 100"),
            ("hold_minutes", "33"),
            ("trial_minutes", "22"),
            ("threshold_percent", "91"),
        ];
        for (name, typed) in &mut fields {
            if *name == field {
                *typed = value;
            }
        }
        console.post(&page, &fields).await
    };
    let growing = "growing per cents, of which the last one is 100";
    for (field, value, why) in [
        ("rings", "100,50", growing),
        ("rings", "50", growing),
        ("rings", "0,100", growing),
        ("hold_minutes", "0", "must be 1 to 43200"),
        ("trial_minutes", "0", "must be 1 to 1440"),
        ("threshold_percent", "101", "must be 1 to 100"),
        ("to_action", "warn", "must be stricter"),
    ] {
        let refused = send(field, value).await;
        assert_eq!(refused.status, 422, "{field} {value}: {}", refused.body);
        assert!(refused.body.contains(why) && !refused.body.contains(SHOWN), "{}", refused.body);
        if field != "to_action" {
            assert!(refused.body.contains(&format!("value=\"{value}\"")), "{}", refused.body);
        }
        // What else was typed is kept.
        let kept = if field == "hold_minutes" { "value=\"22\"" } else { "value=\"33\"" };
        assert!(refused.body.contains(kept), "{}", refused.body);
    }
    let asked = send("", "").await;
    assert!(asked.status == 200 && asked.body.contains(SHOWN), "{}", asked.body);
    assert_eq!(running.api.get("/tightenings").await, json!([]));
    fleet.begin(&running, &json!({"rings": [100]})).await;
    let refused = send("", "").await;
    assert!(refused.status == 409 && refused.body.contains("tightened already"), "{}", refused.body);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_passed_and_is_away_is_counted() {
    let (running, clock) = fleet::server().await;
    let fleet = Fleet::connect(&running, 3, |_| Manner::Connects).await;
    let input = json!({"rings": [100], "hold_minutes": 60, "trial_minutes": 2});
    let (id, _) = fleet.begin(&running, &input).await;
    let all_passed = |seen: &Value| seen["endpoints"]["connected"] == 3 && seen["passed_and_away"] == 0;
    fleet::tightening(&running, &id, all_passed).await;
    let console = signed_in(&running).await;
    let page = format!("/endpoint-profiles/{}/tightening", fleet.profile);
    let line = "Connected since, and away now";
    assert!(!console.get(&page).await.body.contains(line));
    let away = fleet.leave_one(&running, Manner::Connects).await;
    fleet::tightening(&running, &id, |seen| seen["passed_and_away"] == 1).await;
    assert!(console.get(&page).await.body.contains(line));
    // They have shown what they were to show: this is no reason to step back.
    clock.advance(Duration::minutes(3));
    let seen = running.api.get(&format!("/tightenings/{id}")).await;
    assert_eq!((&seen["state"], &seen["endpoints"]["connected"]), (&json!("running"), &json!(3)));
    fleet.come_back(&running, away).await;
    fleet::tightening(&running, &id, all_passed).await;
    running.api.change("POST", &format!("/tightenings/{id}/step-back"), &Value::Null).await;
    running.server.stop().await;
}
