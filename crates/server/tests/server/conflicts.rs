//! Nobody overwrites what somebody else has changed meanwhile, through the API or in the console.

mod actions;
mod pages;

use serde_json::{Value, json};

use crate::licences::file;
use crate::support::console::{Console, NAME, PASSWORD};
use crate::support::{Running, publisher};

/// Something that can be changed, and how.
struct Case {
    path: String,
    method: &'static str,
    bodies: [Value; 2],
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_to_what_was_seen_is_refused_once_it_is_different() {
    let running = Running::start().await;
    Console::set_up(&running).await;
    let agent = running.agent("desk").await;
    let default = running.api.get("/profiles").await[0]["id"].clone();
    let profile = json!({"name": "Branch", "invalid_certificate_action": "warn"});
    let other = running.api.change("POST", "/profiles", &profile).await["id"].clone();
    let group = running.api.change("POST", "/groups", &json!({"name": "A"})).await["id"].clone();
    let person = json!({"name": "bert", "role": "read_only", "password": PASSWORD});
    let bert = running.api.change("POST", "/administrators", &person).await["id"].clone();
    let at = |place: &str, id: &Value, rest: &str| format!("/{place}/{}{rest}", id.as_str().unwrap());
    let licence = |seats| serde_json::from_str::<Value>(&file(publisher(), seats)).unwrap();
    let off = json!({"use_ssl_certificate_for_endpoint_control": false});
    for Case { path, method, bodies: [first, second] } in [
        Case { path: "/settings".to_owned(), method: "PUT", bodies: [off.clone(), off] },
        Case { path: "/licence".to_owned(), method: "PUT", bodies: [licence(2), licence(3)] },
        Case {
            path: at("administrators", &bert, ""),
            method: "PATCH",
            bodies: [json!({"role": "operator"}), json!({"enabled": false})],
        },
        Case {
            path: format!("/endpoints/{}/profile", agent.uid),
            method: "PUT",
            bodies: [json!({"profile_id": other}), json!({"profile_id": default})],
        },
        Case {
            path: at("profiles", &other, "/groups"),
            method: "PUT",
            bodies: [json!({"groups": [group]}), json!({"groups": []})],
        },
    ] {
        let tag = async || running.api.send("GET", &path, None).await.header("etag").to_owned();
        let change = async |tag: &str, body: &Value| {
            let headers: &[(&str, &str)] = if tag.is_empty() { &[] } else { &[("If-Match", tag)] };
            running.api.send_with(method, &path, headers, Some(&body.to_string())).await
        };
        let seen = tag().await;
        assert!(seen.starts_with('"'), "{path}: {seen}");
        let changed = change(&seen, &first).await;
        assert_eq!(changed.status, 200, "{path}: {}", changed.body);
        let present = tag().await;
        assert_ne!(present, seen, "{path}");
        if changed.headers("etag").next().is_some() {
            assert_eq!(changed.header("etag"), present, "{path}");
        }
        let refused = change(&seen, &second).await;
        assert_eq!(refused.status, 412, "{path}: {}", refused.body);
        assert!(refused.body.contains("changed by somebody else"), "{path}: {}", refused.body);
        assert_eq!(tag().await, present, "{path}: what was refused has changed something");
        assert_eq!(change("rubbish", &second).await.status, 400, "{path}");
        assert_eq!(change(&present, &second).await.status, 200, "{path}");
        assert_eq!(change("*", &first).await.status, 200, "{path}");
        assert_eq!(change("", &second).await.status, 200, "{path}");
    }
    // What is removed was looked at as well.
    for path in [
        at("administrators", &bert, "/one-time-passwords"),
        at("administrators", &bert, ""),
        format!("/endpoints/{}/profile", agent.uid),
        "/licence".to_owned(),
    ] {
        let old = running.api.send_with("DELETE", &path, &[("If-Match", "\"0\"")], None).await;
        assert_eq!(old.status, 412, "{path}: {}", old.body);
        assert!((200..300).contains(&running.api.send("DELETE", &path, None).await.status), "{path}");
    }
    running.server.stop().await;
}

/// What stands in a hidden field of the form that is sent to an address.
fn hidden(page: &str, action: &str, name: &str) -> String {
    let form = page.split_once(&format!("action=\"{action}\"")).unwrap().1;
    let field = form.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
    field.split_once('"').unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_no_longer_true_says_so_and_shows_what_is() {
    let running = Running::start().await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let agent = running.agent("desk").await;
    let default = running.api.get("/profiles").await[0]["id"].as_str().unwrap().to_owned();
    let profile = json!({"name": "Branch", "invalid_certificate_action": "warn"});
    let other = running.api.change("POST", "/profiles", &profile).await["id"].as_str().unwrap().to_owned();
    let group = running.api.change("POST", "/groups", &json!({"name": "A"})).await["id"].clone();
    let group = group.as_str().unwrap();
    let person = json!({"name": "bert", "role": "read_only", "password": PASSWORD});
    let bert = running.api.change("POST", "/administrators", &person).await["id"].clone();
    let bert = format!("/system-settings/administrators/{}", bert.as_str().unwrap());
    let (list, endpoint) = ("/system-settings/administrators", format!("/endpoints/{}", agent.uid));
    let assign = format!("{endpoint}/profile");
    let groups = format!("/endpoint-profiles/{other}/groups");
    let switch = "/system-settings/server/endpoint-control".to_owned();
    let settings = "/system-settings/server";
    let licence = "/system-settings/licence";
    let (two, three) = (file(publisher(), 2), file(publisher(), 3));
    for (page, action, field, first, second, shows) in [
        (list, &bert, "revision", ("role", "operator"), ("enabled", "no"), "Operator</td>"),
        (
            endpoint.as_str(),
            &assign,
            "shown",
            ("profile_id", other.as_str()),
            ("profile_id", default.as_str()),
            ">Branch</a>, revision 1",
        ),
        (
            groups.as_str(),
            &groups,
            "shown",
            (group, "on"),
            ("none", ""),
            "value=\"on\" aria-label=\"A has this profile\" checked",
        ),
        (settings, &switch, "revision", ("on", "no"), ("on", "no"), "is off"),
        (
            licence,
            &licence.to_owned(),
            "revision",
            ("licence", two.as_str()),
            ("licence", three.as_str()),
            "<dd>2</dd>",
        ),
    ] {
        let seen = hidden(&console.get(page).await.body, action, field);
        // What would follow of another profile is shown first, to whoever has not seen it.
        let foreseen = ("seen", "yes");
        let changed = console.post(action, &[(field, &seen), first, foreseen]).await;
        assert_eq!(changed.status, 303, "{action}: {}", changed.body);
        let refused = console.post(action, &[(field, &seen), second, foreseen]).await;
        assert_eq!(refused.status, 412, "{action}: {}", refused.body);
        assert!(refused.body.contains("changed by somebody else meanwhile"), "{action}: {}", refused.body);
        assert!(refused.body.contains(shows), "{action}: {}", refused.body);
        let present = hidden(&refused.body, action, field);
        assert_ne!(present, seen, "{action}");
        let again = console.post(action, &[(field, &present), second, foreseen]).await;
        assert_eq!(again.status, 303, "{action}: {}", again.body);
    }
    running.server.stop().await;
}
