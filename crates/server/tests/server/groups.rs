//! Endpoint groups, and the profiles that follow from them.

use countersign_protocol::Inventory;
use countersign_protocol::custom::AgentCustomMessage;
use serde_json::{Value, json};

use crate::support::Running;
use crate::support::agent::{Agent, introduction};
use crate::support::console::{Console, NAME, PASSWORD};

async fn made(running: &Running, name: &str, action: &str) -> Value {
    let body = json!({"name": name, "invalid_certificate_action": action});
    running.api.change("POST", "/profiles", &body).await["id"].clone()
}

async fn group(running: &Running, body: Value) -> Value {
    running.api.change("POST", "/groups", &body).await
}

fn path(group: &Value) -> String {
    format!("/groups/{}", group["id"].as_str().unwrap())
}

/// Which profile an endpoint has, and why.
async fn has(running: &Running, agent: &Agent) -> (Value, String) {
    let endpoint = running.api.get(&format!("/endpoints/{}", agent.uid)).await;
    (endpoint["profile"]["id"].clone(), endpoint["profile"]["reason"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_group_with_a_profile_decides_and_the_hand_of_an_administrator_before_it() {
    let running = Running::start().await;
    let mut desk = running.agent("desk-1").await;
    let laptop = running.agent("laptop-1").await;
    let default = running.api.get("/profiles").await[0]["id"].clone();
    let (one, two) = (made(&running, "One", "warn").await, made(&running, "Two", "warn").await);
    desk.profile(&running.server.identity).await;

    // What it would do is said first.
    let all = json!({"name": "All", "rule": {"host_name": "*-1"}, "profile_id": one});
    let foreseen = running.api.change("POST", "/groups?dry_run=true", &all).await;
    assert_eq!((&foreseen["members"], &foreseen["reassigned"]), (&json!(2), &json!(2)));
    assert_eq!(foreseen["to_profiles"], json!([{"profile_id": one, "name": "One", "endpoints": 2}]));
    assert_eq!(running.api.get("/groups").await, json!([]));
    assert_eq!(has(&running, &desk).await, (default.clone(), "default".to_owned()));

    let all = group(&running, all).await;
    assert_eq!(all["reassigned"], 2);
    assert_eq!(json!(desk.profile(&running.server.identity).await.id), one, "it is sent at once");
    assert_eq!(has(&running, &desk).await, (one.clone(), "group".to_owned()));

    // A group that comes after changes nothing until it comes before.
    let desks = json!({"name": "Desks", "rule": {"host_name": "DESK-?"}, "profile_id": two});
    let desks = group(&running, desks).await;
    assert_eq!((&desks["precedence"], &desks["reassigned"]), (&json!(2), &json!(0)));
    let mut body = json!({"name": "All", "precedence": 3, "rule": {"host_name": "*-1"}, "profile_id": one});
    let moved = running.api.change("PUT", &path(&all), &body).await;
    assert_eq!((&moved["reassigned"], &moved["to_profiles"][0]["name"]), (&json!(1), &json!("Two")));
    assert_eq!(has(&running, &desk).await, (two.clone(), "group".to_owned()));
    assert_eq!(has(&running, &laptop).await, (one.clone(), "group".to_owned()));

    // By hand goes before all groups, and can be let go again.
    let assign = format!("/endpoints/{}/profile", desk.uid);
    running.api.change("PUT", &assign, &json!({"profile_id": default})).await;
    assert_eq!(has(&running, &desk).await, (default.clone(), "by_hand".to_owned()));
    body["precedence"] = json!(1);
    assert_eq!(running.api.change("PUT", &path(&all), &body).await["reassigned"], 0);
    let released = running.api.send("DELETE", &assign, None).await;
    assert_eq!(released.json()["profile"]["reason"], "group", "{}", released.body);
    assert_eq!(has(&running, &desk).await, (one.clone(), "group".to_owned()));

    // Lists are filtered by group.
    let listed = running.api.get(&format!("/endpoints?group={}", desks["id"].as_str().unwrap())).await;
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["host_name"]), (1, &json!("desk-1")));

    let own = running.api.get(&format!("/endpoints/{}/groups", desk.uid)).await;
    let names: Vec<_> = own.as_array().unwrap().iter().map(|group| &group["name"]).collect();
    assert_eq!(names, [&json!("All"), &json!("Desks")], "the one that decides comes first");
    assert_eq!(running.api.get("/audit").await[0]["subject_name"], "desk-1");

    // A profile that groups have cannot be removed; without the groups everything is as before.
    let refused = running.api.send("DELETE", &format!("/profiles/{}", two.as_str().unwrap()), None).await;
    assert!(refused.status == 409 && refused.body.contains("1 endpoint group"), "{}", refused.body);
    for group in [&all, &desks] {
        let removed = running.api.send("DELETE", &path(group), None).await;
        assert_eq!(removed.status, 200, "{}", removed.body);
    }
    assert_eq!(has(&running, &desk).await, (default, "default".to_owned()));
    running.server.stop().await;
}

fn inventory(address: &str) -> AgentCustomMessage {
    AgentCustomMessage::Inventory(Box::new(Inventory {
        host_name: "desk".to_owned(),
        os_type: "linux".to_owned(),
        os_description: "Linux".to_owned(),
        kernel_version: "6.1".to_owned(),
        architecture: "amd64".to_owned(),
        user: "anna".to_owned(),
        addresses: vec![address.parse().unwrap()],
        agent_version: "1.2.3".to_owned(),
        uptime_seconds: 1,
        memory_bytes: 1,
        processors: 1,
    }))
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_follow_what_endpoints_say_of_themselves() {
    let running = Running::start().await;
    let office = made(&running, "Office", "warn").await;
    let rule = json!({"addresses": ["192.0.2.0/24"], "os": "LINUX", "agent_version_from": "1.2"});
    group(&running, json!({"name": "Office", "rule": rule, "profile_id": office})).await;
    let mut agent = running.agent("desk").await;
    let first = agent.profile(&running.server.identity).await;
    assert_eq!(has(&running, &agent).await.1, "default");
    let seen = running.api.get(&format!("/endpoints/{}", agent.uid)).await;
    assert_eq!(seen["address"], "127.0.0.1", "from where the server sees it connect");

    agent.send_custom(&inventory("192.0.2.7")).await;
    assert_eq!(json!(agent.profile(&running.server.identity).await.id), office);
    agent.send_custom(&inventory("198.51.100.7")).await;
    assert_eq!(agent.profile(&running.server.identity).await.id, first.id);

    // The address from which it connects counts as well, and a host name that changes.
    let named = json!({"name": "Named", "rule": {"host_name": "till-*", "addresses": ["127.0.0.1"]}, "profile_id": office});
    group(&running, named).await;
    agent.send(introduction("till-3")).await;
    assert_eq!(json!(agent.profile(&running.server.identity).await.id), office);

    // A new endpoint begins with the profile of its group.
    let mut till = running.agent("till-4").await;
    assert_eq!(json!(till.profile(&running.server.identity).await.id), office);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_named_by_hand_and_profiles_assigned_to_groups() {
    let running = Running::start().await;
    let (desk, other) = (running.agent("desk").await, running.agent("other").await);
    let strict = made(&running, "Strict", "deny").await;
    let pilots = group(&running, json!({"name": "Pilots"})).await;
    let members = format!("{}/members", path(&pilots));
    let add = json!({"endpoints": [desk.uid, desk.uid]});
    let added = running.api.change("POST", &members, &add).await;
    assert_eq!((&added["added"], &added["reassigned"]), (&json!(1), &json!(0)));
    assert_eq!(running.api.change("POST", &members, &add).await["added"], 0);

    let groups = format!("/profiles/{}/groups", strict.as_str().unwrap());
    let assign = json!({"groups": [pilots["id"]]});
    let foreseen = running.api.change("PUT", &format!("{groups}?dry_run=true"), &assign).await;
    assert_eq!(foreseen["reassigned"], 1);
    let warning = foreseen["warnings"][0].as_str().unwrap();
    assert!(warning.contains("1 connected endpoint whose profile says deny"), "{warning}");
    assert_eq!(has(&running, &desk).await.1, "default");
    running.api.change("PUT", &groups, &assign).await;
    assert_eq!(has(&running, &desk).await, (strict.clone(), "group".to_owned()));
    assert_eq!(has(&running, &other).await.1, "default");
    assert_eq!(running.api.change("PUT", &groups, &json!({"groups": []})).await["reassigned"], 1);
    running.api.change("PUT", &groups, &assign).await;

    let member = format!("{members}/{}", desk.uid);
    let removed = running.api.send("DELETE", &format!("{member}?dry_run=true"), None).await;
    assert_eq!(removed.json()["reassigned"], 1, "{}", removed.body);
    assert_eq!(running.api.send("DELETE", &member, None).await.status, 200);
    assert_eq!(running.api.send("DELETE", &member, None).await.status, 404);
    assert_eq!(has(&running, &desk).await.1, "default");

    let by_rule = group(&running, json!({"name": "Ruled", "rule": {"os": "linux"}})).await;
    assert_eq!(by_rule["members"], 2);
    let nobody = uuid::Uuid::now_v7();
    for (method, path, body, status, says) in [
        ("POST", format!("{}/members", path(&by_rule)), add, 409, "come from its rule"),
        ("POST", members.clone(), json!({"endpoints": []}), 422, "Name 1 to 10000"),
        ("POST", members, json!({"endpoints": [nobody]}), 404, "There is no endpoint"),
        (
            "POST",
            "/groups".to_owned(),
            json!({"name": "Pilots"}),
            409,
            "There is an endpoint group with the name",
        ),
        ("POST", "/groups".to_owned(), json!({"name": " "}), 422, "“name” must have"),
        ("POST", "/groups".to_owned(), json!({"name": "x", "rule": {}}), 422, "at least one condition"),
        (
            "POST",
            "/groups".to_owned(),
            json!({"name": "x", "rule": {"user": "a"}}),
            422,
            "unknown field `user`",
        ),
        (
            "POST",
            "/groups".to_owned(),
            json!({"name": "x", "rule": {"addresses": ["here"]}}),
            422,
            "“here” is neither",
        ),
        ("POST", "/groups".to_owned(), json!({"name": "x", "precedence": 0}), 422, "“precedence” must be"),
        (
            "POST",
            "/groups".to_owned(),
            json!({"name": "x", "profile_id": nobody}),
            409,
            "There is no endpoint profile",
        ),
        ("PUT", groups, json!({"groups": [nobody]}), 404, "There is no endpoint group"),
        ("PUT", format!("/groups/{nobody}"), json!({"name": "x"}), 404, "There is no endpoint group"),
    ] {
        let answer = running.api.send(method, &path, Some(&body.to_string())).await;
        assert!(
            answer.status == status && answer.body.contains(says),
            "{body}: {} {}",
            answer.status,
            answer.body
        );
    }
    let stale = [("If-Match", "\"9\"")];
    let answer = running.api.send_with("PUT", &path(&pilots), &stale, Some("{\"name\": \"P\"}")).await;
    assert_eq!(answer.status, 412, "{}", answer.body);
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_asks_before_endpoints_get_another_profile() {
    let running = Running::start().await;
    let desk = running.agent("desk").await;
    let strict = made(&running, "Strict", "deny").await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let created = console.post("/endpoint-groups", &[("name", "Desks")]).await;
    let page = created.header("location").to_owned();
    let strict = strict.as_str().unwrap();
    let mut fields = vec![
        ("revision", "1"),
        ("name", "Desks"),
        ("precedence", "1"),
        ("profile", strict),
        ("membership", "rule"),
        ("host_name", "desk*"),
        ("addresses", ""),
    ];
    let asked = console.post(&page, &fields).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.body.contains("1 endpoint gets another profile: 1 “Strict”."), "{}", asked.body);
    assert!(asked.body.contains("1 connected endpoint whose profile says deny"), "{}", asked.body);
    assert_eq!(has(&running, &desk).await.1, "default");
    fields.push(("seen", "yes"));
    assert_eq!(console.post(&page, &fields).await.status, 303);
    assert_eq!(has(&running, &desk).await.1, "group");
    let shown = console.get(&format!("/endpoints/{}", desk.uid)).await.body;
    assert!(shown.contains("From the endpoint group “Desks”"), "{shown}");

    fields[5] = ("host_name", "");
    let refused = console.post(&page, &fields).await;
    assert!(refused.status == 422 && refused.body.contains("at least one condition"), "{}", refused.body);
    // What the pages call differently is named as they do, and who is signed in keeps the menu.
    fields[1] = ("name", " ");
    let refused = console.post(&page, &fields).await;
    assert!(refused.body.contains("“Name” must have 1 to 100"), "{}", refused.body);
    let nothing = console.get(&format!("/endpoint-groups/{}", uuid::Uuid::now_v7())).await;
    assert!(nothing.status == 404 && nothing.body.contains("<nav id=\"menu\""), "{}", nothing.body);
    running.server.stop().await;
}
