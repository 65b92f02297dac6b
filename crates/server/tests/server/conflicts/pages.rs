//! Pages of the console that are no longer true: what is sent from them is refused, and what is now is shown.

use serde_json::{Value, json};

use super::actions::{AUTOMATED, Request, Scene, automated, profile, switch};
use super::hidden;
use crate::support::console::{Console, NAME, PASSWORD};

/// What an administrator does on a page of the console that is no longer true.
struct OnPage {
    page: String,
    action: String,
    /// The field with what the page showed.
    field: &'static str,
    meanwhile: Request,
    fields: Vec<(&'static str, String)>,
    /// What the page that refuses it shows of what is now.
    shows: &'static str,
}

/// The pages of the settings of the server.
fn pages_of_the_server(scene: &Scene) -> Vec<OnPage> {
    let server = || "/system-settings/server".to_owned();
    let certificate = |number: usize| format!("{}/certificates/{}", server(), scene.certificates[number]);
    let asked = "/system-settings/server/automated".to_owned();
    let ask = |email: &str| ("PUT", AUTOMATED.to_owned(), automated(email));
    let confirmed = || vec![("confirmed", "yes".to_owned())];
    let wish = [("domain", "server.example"), ("email", "typed@x.example"), ("terms", "")];
    let wish = wish.map(|(name, value)| (name, value.to_owned())).to_vec();
    vec![
        OnPage {
            page: certificate(0),
            action: format!("{}/commit", certificate(0)),
            field: "shown",
            meanwhile: scene.commit(1),
            fields: confirmed(),
            shows: "Import this certificate",
        },
        OnPage {
            page: certificate(3),
            action: format!("{}/commit", certificate(3)),
            field: "shown",
            meanwhile: scene.commit(1),
            fields: confirmed(),
            shows: "Go back to this certificate",
        },
        OnPage {
            page: certificate(2),
            action: format!("{}/remove", certificate(2)),
            field: "shown",
            meanwhile: switch(true),
            fields: Vec::new(),
            shows: "Import this certificate",
        },
        OnPage {
            page: server(),
            action: format!("{}/ssl-certificate/remove", server()),
            field: "shown",
            meanwhile: switch(false),
            fields: Vec::new(),
            shows: "is off: agents",
        },
        OnPage {
            page: server(),
            action: format!("{}/access", server()),
            field: "revision",
            meanwhile: switch(false),
            fields: vec![("remote", "yes".to_owned()), ("redirect", "yes".to_owned())],
            shows: "Remote HTTPS access",
        },
        OnPage {
            page: asked.clone(),
            action: asked.clone(),
            field: "revision",
            meanwhile: ask("b@x.example"),
            fields: wish,
            shows: "value=\"b@x.example\"",
        },
        OnPage {
            page: asked.clone(),
            action: format!("{asked}/order"),
            field: "revision",
            meanwhile: ask("c@x.example"),
            fields: Vec::new(),
            shows: "value=\"c@x.example\"",
        },
        OnPage {
            page: asked.clone(),
            action: format!("{asked}/remove"),
            field: "revision",
            meanwhile: ask("d@x.example"),
            fields: Vec::new(),
            shows: "value=\"d@x.example\"",
        },
    ]
}

/// The pages of profiles and groups.
fn pages_of_profiles_and_groups(scene: &Scene) -> Vec<OnPage> {
    let profile_page = format!("/endpoint-profiles/{}", scene.profile);
    let group_page = format!("/endpoint-groups/{}", scene.group);
    let rename = |name: &str| ("PUT", format!("/profiles/{}", scene.profile), profile(name));
    let (one, two) = (scene.agents[0].uid.to_string(), scene.agents[1].uid.to_string());
    let chosen = vec![("action", "deny".to_owned())];
    vec![
        OnPage {
            page: "/endpoint-profiles".to_owned(),
            action: "/endpoint-profiles/action".to_owned(),
            field: "shown",
            meanwhile: rename("Other"),
            fields: chosen,
            shows: ">Other</a>",
        },
        OnPage {
            page: profile_page.clone(),
            action: format!("{profile_page}/remove"),
            field: "revision",
            meanwhile: rename("Third"),
            fields: Vec::new(),
            shows: "Third",
        },
        OnPage {
            page: group_page.clone(),
            action: format!("{group_page}/members"),
            field: "revision",
            meanwhile: scene.members(1),
            fields: vec![("endpoints", one.clone())],
            shows: ">two</a>",
        },
        OnPage {
            page: group_page.clone(),
            action: format!("{group_page}/members/{one}/remove"),
            field: "revision",
            meanwhile: ("DELETE", format!("/groups/{}/members/{two}", scene.group), Value::Null),
            fields: Vec::new(),
            shows: ">one</a>",
        },
        OnPage {
            page: group_page.clone(),
            action: format!("{group_page}/remove"),
            field: "revision",
            meanwhile: ("PUT", format!("/groups/{}", scene.group), json!({"name": "B"})),
            fields: Vec::new(),
            shows: "value=\"B\"",
        },
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_of_a_page_that_is_no_longer_true_does_nothing() {
    let scene = Scene::set().await;
    let mut console = Console::new(&scene.running);
    console.sign_in(NAME, PASSWORD, "").await;
    scene.succeeds(&("PUT", AUTOMATED.to_owned(), automated("a@x.example")), None).await;
    scene.succeeds(&scene.commit(3), None).await;
    let mut pages = pages_of_the_server(&scene);
    pages.extend(pages_of_profiles_and_groups(&scene));
    for OnPage { page, action, field, meanwhile, fields, shows } in pages {
        let seen = hidden(&console.get(&page).await.body, &action, field);
        scene.succeeds(&meanwhile, None).await;
        let mut sent = vec![(field, seen.as_str())];
        sent.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
        if action.ends_with("/action") {
            sent.push((scene.profile.as_str(), "on"));
        }
        // What would follow is not shown to whoever has not seen what there is; nor is it done because it was.
        let past = [sent.clone(), vec![("seen", "yes")]].concat();
        for fields in [&sent, &past] {
            let refused = console.post(&action, fields).await;
            assert_eq!(refused.status, 412, "{action}: {}", refused.body);
            assert!(
                refused.body.contains("changed by somebody else meanwhile"),
                "{action}: {}",
                refused.body
            );
            assert!(refused.body.contains(shows), "{action}: {}", refused.body);
        }
        let refused = console.post(&action, &past).await;
        let present = hidden(&refused.body, &action, field);
        assert_ne!(present, seen, "{action}");
        let mut again = past;
        again[0].1 = present.as_str();
        let done = console.post(&action, &again).await;
        assert_eq!(done.status, 303, "{action}: {}", done.body);
    }
    scene.running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_of_a_tightening_that_has_moved_shows_where_it_is() {
    let scene = Scene::set().await;
    let mut console = Console::new(&scene.running);
    console.sign_in(NAME, PASSWORD, "").await;
    let page = format!("/endpoint-profiles/{}/tightening", scene.profile);
    let fields = [
        ("to_action", "deny"),
        ("rings", "100"),
        ("hold_minutes", "60"),
        ("trial_minutes", "5"),
        ("threshold_percent", "95"),
    ];
    let begin = async |revision: &str| {
        let fields = [&[("revision", revision), ("seen", "yes")], &fields[..]].concat();
        console.post(&page, &fields).await
    };
    let seen = hidden(&console.get(&page).await.body, &page, "revision");
    let renamed = ("PUT", format!("/profiles/{}", scene.profile), profile("Other"));
    scene.succeeds(&renamed, None).await;
    let refused = begin(&seen).await;
    assert_eq!(refused.status, 412, "{}", refused.body);
    assert_eq!(begin(&hidden(&refused.body, &page, "revision")).await.status, 303);

    let tightening = scene.running.api.get("/tightenings").await[0]["id"].as_str().unwrap().to_owned();
    let action = |step: &str| format!("{page}/{tightening}/{step}");
    let halt = hidden(&console.get(&page).await.body, &action("halt"), "shown");
    for step in ["halt", "resume"] {
        scene.succeeds(&("POST", format!("/tightenings/{tightening}/{step}"), Value::Null), None).await;
    }
    let refused = console.post(&action("halt"), &[("shown", &halt)]).await;
    assert_eq!(refused.status, 412, "{}", refused.body);
    assert!(refused.body.contains("changed by somebody else meanwhile"), "{}", refused.body);
    let present = hidden(&refused.body, &action("halt"), "shown");
    assert_eq!(console.post(&action("halt"), &[("shown", &present)]).await.status, 303);
    scene.running.server.stop().await;
}
