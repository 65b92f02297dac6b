//! Nobody does to something what was meant for what it was before: commits, removals, members, moves of a tightening.

use serde_json::{Value, json};

use crate::certificates::made;
use crate::support::Running;
use crate::support::agent::Agent;
use crate::support::console::Console;

const CONFIRMED: &str = "?if_not_valid=commit";
pub(super) const AUTOMATED: &str = "/ssl-certificate/automated";

/// A request, without a body when that is null.
pub(super) type Request = (&'static str, String, Value);

/// What an administrator does with what another one has changed meanwhile.
struct Case {
    /// Where it is looked at.
    looks_at: String,
    /// What somebody else does then.
    meanwhile: Vec<Request>,
    /// What is done with what was seen.
    does: Request,
}

/// A server with something of everything.
pub(super) struct Scene {
    pub(super) running: Running,
    pub(super) agents: [Agent; 2],
    /// Certificates that nobody has committed.
    pub(super) certificates: Vec<String>,
    pub(super) profile: String,
    pub(super) group: String,
}

fn id(made: &Value) -> String {
    made["id"].as_str().unwrap().to_owned()
}

pub(super) fn profile(name: &str) -> Value {
    json!({"name": name, "invalid_certificate_action": "warn"})
}

pub(super) fn switch(on: bool) -> Request {
    ("PUT", "/settings".to_owned(), json!({"use_ssl_certificate_for_endpoint_control": on}))
}

/// Nobody answers there.
pub(super) fn automated(email: &str) -> Value {
    json!({"domain": "server.example", "email": email, "directory_url": "https://127.0.0.1:9/directory"})
}

impl Scene {
    pub(super) async fn set() -> Self {
        let running = Running::start().await;
        Console::set_up(&running).await;
        let mut certificates = Vec::new();
        for days in [40, 50, 60, 70] {
            certificates.push(id(&running.api.change("POST", "/certificates", &made(days).upload()).await));
        }
        let profile = id(&running.api.change("POST", "/profiles", &profile("Branch")).await);
        let group = id(&running.api.change("POST", "/groups", &json!({"name": "A"})).await);
        let agents = [running.agent("one").await, running.agent("two").await];
        Self { running, agents, certificates, profile, group }
    }

    pub(super) fn commit(&self, number: usize) -> Request {
        let path = format!("/certificates/{}/commit{CONFIRMED}", self.certificates[number]);
        ("POST", path, Value::Null)
    }

    pub(super) fn members(&self, number: usize) -> Request {
        let body = json!({"endpoints": [self.agents[number].uid.to_string()]});
        ("POST", format!("/groups/{}/members", self.group), body)
    }

    fn certificate_cases(&self) -> Vec<Case> {
        let certificate = |number: usize| format!("/certificates/{}", self.certificates[number]);
        let ssl = || "/ssl-certificate".to_owned();
        let upload = ("PUT", format!("/ssl-certificate{CONFIRMED}"), made(80).upload());
        let remove = |path: String| ("DELETE", path, Value::Null);
        vec![
            // There was none in use when it was looked at.
            Case { looks_at: certificate(0), meanwhile: vec![self.commit(1)], does: self.commit(0) },
            // Way back to the one before: agents are shown it since.
            Case { looks_at: certificate(1), meanwhile: vec![switch(true)], does: self.commit(1) },
            Case { looks_at: ssl(), meanwhile: vec![self.commit(0)], does: upload },
            Case { looks_at: certificate(1), meanwhile: vec![self.commit(2)], does: remove(certificate(1)) },
            Case { looks_at: ssl(), meanwhile: vec![switch(false)], does: remove(ssl()) },
        ]
    }

    fn other_cases(&self) -> Vec<Case> {
        let profile_path = || format!("/profiles/{}", self.profile);
        let group_path = || format!("/groups/{}", self.group);
        let rename = |name: &str| vec![("PUT", profile_path(), profile(name))];
        let asked = || AUTOMATED.to_owned();
        let ask = |email: &str| ("PUT", asked(), automated(email));
        let action = json!({"profiles": [self.profile], "invalid_certificate_action": "allow"});
        let one = format!("/groups/{}/members/{}", self.group, self.agents[0].uid);
        vec![
            Case { looks_at: asked(), meanwhile: vec![ask("b@x.example")], does: ask("c@x.example") },
            Case {
                looks_at: asked(),
                meanwhile: vec![ask("d@x.example")],
                does: ("POST", format!("{AUTOMATED}/order"), Value::Null),
            },
            Case {
                looks_at: asked(),
                meanwhile: vec![ask("e@x.example")],
                does: ("DELETE", asked(), Value::Null),
            },
            Case {
                looks_at: "/profiles".to_owned(),
                meanwhile: rename("Other"),
                does: ("POST", "/profiles/action".to_owned(), action),
            },
            Case {
                looks_at: profile_path(),
                meanwhile: rename("Third"),
                does: ("DELETE", profile_path(), Value::Null),
            },
            Case {
                looks_at: group_path(),
                meanwhile: vec![("PUT", group_path(), json!({"name": "B"}))],
                does: self.members(0),
            },
            Case {
                looks_at: group_path(),
                meanwhile: vec![self.members(1)],
                does: ("DELETE", one, Value::Null),
            },
            Case {
                looks_at: group_path(),
                meanwhile: vec![self.members(0)],
                does: ("DELETE", group_path(), Value::Null),
            },
        ]
    }

    async fn request(&self, (method, path, body): &Request, tag: Option<&str>) -> (u16, String) {
        let headers: Vec<_> = tag.map(|tag| ("If-Match", tag)).into_iter().collect();
        let body = (!body.is_null()).then(|| body.to_string());
        let answer = self.running.api.send_with(method, path, &headers, body.as_deref()).await;
        (answer.status, answer.body)
    }

    pub(super) async fn succeeds(&self, request: &Request, tag: Option<&str>) {
        let (status, said) = self.request(request, tag).await;
        assert!((200..300).contains(&status), "{} {}: {status} {said}", request.0, request.1);
    }

    async fn holds(&self, Case { looks_at, meanwhile, does }: Case) {
        let name = format!("{} {}", does.0, does.1);
        let tag = async || self.running.api.send("GET", &looks_at, None).await.header("etag").to_owned();
        let seen = tag().await;
        assert!(seen.starts_with('"'), "{looks_at}: {seen}");
        for request in &meanwhile {
            self.succeeds(request, None).await;
        }
        let present = tag().await;
        assert_ne!(present, seen, "{name}: {looks_at} looks as before");
        let (status, said) = self.request(&does, Some(&seen)).await;
        assert_eq!(status, 412, "{name}: {said}");
        assert!(said.contains("changed by somebody else"), "{name}: {said}");
        assert_eq!(tag().await, present, "{name}: what was refused has changed something");
        assert_eq!(self.request(&does, Some("rubbish")).await.0, 400, "{name}");
        self.succeeds(&does, Some(&present)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_to_something_else_than_was_seen_is_refused() {
    let scene = Scene::set().await;
    scene.succeeds(&("PUT", AUTOMATED.to_owned(), automated("a@x.example")), None).await;
    for case in scene.certificate_cases().into_iter().chain(scene.other_cases()) {
        scene.holds(case).await;
    }
    scene.running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tightening_that_has_moved_is_not_moved_by_who_has_not_seen_it() {
    let scene = Scene::set().await;
    let default = id(&scene.running.api.get("/profiles").await[1]);
    let profile = format!("/profiles/{default}");
    let default = scene.running.api.get(&profile).await;
    assert_eq!(default["name"], "Default", "{default:#}");
    let input = json!({"profile_id": default["id"], "to_action": "deny", "rings": [100]});
    let renamed =
        json!({"name": "Renamed", "invalid_certificate_action": default["invalid_certificate_action"]});
    scene
        .holds(Case {
            looks_at: profile.clone(),
            meanwhile: vec![("PUT", profile, renamed)],
            does: ("POST", "/tightenings".to_owned(), input),
        })
        .await;
    let begun = format!("/tightenings/{}", id(&scene.running.api.get("/tightenings").await[0]));
    let go = |step: &str| ("POST", format!("{begun}/{step}"), Value::Null);
    for (meanwhile, does) in [
        (vec!["halt", "resume"], "halt"),
        (vec!["resume", "halt"], "resume"),
        (vec!["halt"], "step-back"),
        (vec!["resume", "step-back"], "resume"),
        (vec!["halt"], "finish"),
    ] {
        let meanwhile = meanwhile.into_iter().map(go).collect();
        scene.holds(Case { looks_at: begun.clone(), meanwhile, does: go(does) }).await;
    }
    assert_eq!(scene.running.api.get(&begun).await["state"], "finished");
    scene.running.server.stop().await;
}
