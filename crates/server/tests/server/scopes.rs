//! What API tokens may that are limited to scopes: every operation of the API's own document, with every scope.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::Running;
use crate::support::http::{ApiClient, Response, exchange};
use crate::support::tls;

/// Of something that is not there.
const ID: &str = "01900000-0000-7000-8000-00000000000f";

/// An operation of the API, as it can be asked for.
struct Operation {
    method: String,
    path: String,
    body: Option<Value>,
    /// The scope that it needs; none when no scope permits it.
    scope: Option<String>,
}

/// What the reader of a request needs to be content, so that the answer says what may be done.
fn body(schema: &str) -> Value {
    let warn = "warn";
    match schema {
        "ActionInput" => json!({"profiles": [ID], "invalid_certificate_action": warn}),
        "AdministratorInput" => {
            json!({"name": "somebody", "role": "read_only", "password": "correct horse battery"})
        }
        "AnnouncementInput" => json!({"days": 30}),
        "ApiTokenInput" => json!({"name": "Another", "role": "read_only", "scopes": ["api_tokens:read"]}),
        "AutomatedInput" => json!({
            "domain": "server.example",
            "email": "admin@server.example",
            "directory_url": "https://localhost:1/",
        }),
        "CertificateInput" => json!({"certificate_pem": "none", "private_key_pem": "none"}),
        "CommandInput" => json!({"kind": "refresh_inventory"}),
        "DirectoryInput" => json!({"directory_url": "https://localhost:1/"}),
        "GroupInput" => json!({"name": "Branch"}),
        "GroupsInput" => json!({"groups": []}),
        "MembersInput" => json!({"endpoints": [ID]}),
        "MoveInput" => json!({"address": "localhost:8013"}),
        "PlannedChange" => json!({"change": "certificate", "certificate": "built-in"}),
        "ProfileChoice" => json!({"profile_id": ID}),
        "ProfileInput" => json!({"name": "Branch", "invalid_certificate_action": warn}),
        "RecoveryInput" => json!({"server": "localhost", "days": 1, "action": warn}),
        "SettingsInput" => json!({"use_ssl_certificate_for_endpoint_control": false}),
        "TighteningInput" => json!({"profile_id": ID, "to_action": "deny"}),
        "TokenInput" => json!({"name": "Another"}),
        // A licence file is taken as it is, and a change may change nothing.
        "" | "AdministratorChange" => json!({}),
        other => panic!("say here what fits the body “{other}”"),
    }
}

/// All operations of a document, with something in the place of what they take.
fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {template}");
            let scopes = operation["security"][0]["token"].as_array();
            let scopes = scopes
                .unwrap_or_else(|| panic!("{at} names no scope: give it “security” where it is described"));
            assert!(scopes.len() <= 1, "{at}");
            let mut path = template.replace("{revision}", "1").replace("{fingerprint}", &"0".repeat(64));
            while let Some((begin, rest)) = path.clone().split_once('{') {
                path = format!("{begin}{ID}{}", rest.split_once('}').unwrap().1);
            }
            let needed = operation["parameters"].as_array().into_iter().flatten();
            let needed =
                needed.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
            for parameter in needed {
                path = format!("{path}?{}=1", parameter["name"].as_str().unwrap());
            }
            let takes = operation.get("requestBody").map(|takes| {
                let schema = &takes["content"]["application/json"]["schema"]["$ref"];
                body(schema.as_str().unwrap_or_default().rsplit('/').next().unwrap_or_default())
            });
            let scope = scopes.first().map(|scope| scope.as_str().unwrap().to_owned());
            found.push(Operation { method: method.to_uppercase(), path, body: takes, scope });
        }
    }
    found
}

async fn limited(running: &Running, scopes: &[&str]) -> ApiClient {
    let input = json!({"name": scopes.join(" "), "role": "administrator", "scopes": scopes});
    let made = running.api.change("POST", "/api-tokens", &input).await;
    ApiClient { token: made["token"].as_str().unwrap().to_owned(), ..running.api.clone() }
}

/// Whether a token with a scope may what needs another one: whoever may change may look.
fn includes(has: &str, needed: &str) -> bool {
    has == needed || needed.strip_suffix(":read").is_some_and(|area| has == format!("{area}:manage"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_is_for_those_who_have_its_scope() {
    let running = Running::start().await;
    let document = running.api.get("/openapi.json").await;
    let operations = operations(&document);
    let scopes: Vec<&str> = document["components"]["schemas"]["Scope"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scope| scope.as_str().unwrap())
        .collect();
    let used: BTreeSet<&str> = operations.iter().filter_map(|operation| operation.scope.as_deref()).collect();
    let mut expected: BTreeSet<&str> = scopes.iter().copied().collect();
    // The figures are not in the document: they are where programs that watch look for them.
    expected.remove("metrics:read");
    assert_eq!(used, expected);
    assert!(operations.len() >= 50, "only {} operations", operations.len());

    for scope in &scopes {
        let api = limited(&running, &[scope]).await;
        let mut stream = tls::connect(api.address, None).await.unwrap();
        let authorization = format!("Bearer {}", api.token);
        let headers = [("Authorization", authorization.as_str()), ("Content-Type", "application/json")];
        let figures = exchange(&mut stream, "GET", "/metrics", &headers, None).await;
        assert_eq!(figures.status, if *scope == "metrics:read" { 200 } else { 403 }, "{scope}: metrics");
        for operation in &operations {
            let body = operation.body.as_ref().map(Value::to_string);
            let answer =
                exchange(&mut stream, &operation.method, &operation.path, &headers, body.as_deref()).await;
            let at = format!("{scope}: {} {}", operation.method, operation.path);
            assert_permitted(&at, &answer, scope, operation.scope.as_deref());
        }
    }
    running.server.stop().await;
}

fn assert_permitted(at: &str, answer: &Response, scope: &str, needed: Option<&str>) {
    if needed.is_some_and(|needed| includes(scope, needed)) {
        assert!(
            ![400, 401, 403, 405, 500].contains(&answer.status),
            "{at}: {} {}",
            answer.status,
            answer.body
        );
    } else {
        assert_eq!(answer.status, 403, "{at}: {}", answer.body);
        let says = match needed {
            Some(needed) => format!("“{needed}” is not among them"),
            None => "none permits this".to_owned(),
        };
        assert!(answer.body.contains(&says), "{at}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_token_gives_nobody_more_than_it_has() {
    let running = Running::start().await;
    let api = limited(&running, &["api_tokens:manage", "profiles:read"]).await;
    for (scopes, status) in [
        (json!(null), 403),
        (json!(["profiles:manage"]), 403),
        (json!(["api_tokens:read", "audit:read"]), 403),
        (json!([]), 422),
        (json!(["everything"]), 422),
        (json!(["api_tokens:read", "profiles:read"]), 201),
    ] {
        let input = json!({"name": "Next", "role": "read_only", "scopes": scopes}).to_string();
        let answer = api.send("POST", "/api-tokens", Some(&input)).await;
        assert_eq!(answer.status, status, "{scopes} {}", answer.body);
    }
    let tokens = running.api.get("/api-tokens").await;
    let of = |name: &str| tokens.as_array().unwrap().iter().find(|token| token["name"] == name).unwrap();
    assert_eq!(of("Next")["scopes"], json!(["profiles:read", "api_tokens:read"]));
    let audit = running.api.get("/audit").await;
    assert_eq!(audit[0]["detail"]["scopes"], "profiles:read api_tokens:read");

    // A scope is not more than the role, and a token without scopes does what its role permits.
    let input = json!({"name": "Reader", "role": "read_only", "scopes": ["profiles:manage"]});
    let made = running.api.change("POST", "/api-tokens", &input).await;
    let reader = ApiClient { token: made["token"].as_str().unwrap().to_owned(), ..running.api.clone() };
    assert_eq!(reader.send("GET", "/profiles", None).await.status, 200);
    let refused = reader.send("POST", "/profiles", Some(&body("ProfileInput").to_string())).await;
    assert!(refused.status == 403 && refused.body.contains("The role"), "{}", refused.body);
    let whole = running.api.change("POST", "/api-tokens", &json!({"name": "W", "role": "operator"})).await;
    let whole = ApiClient { token: whole["token"].as_str().unwrap().to_owned(), ..running.api.clone() };
    for path in ["/profiles", "/audit", "/settings", "/endpoints"] {
        assert_eq!(whole.send("GET", path, None).await.status, 200, "{path}");
    }
    running.server.stop().await;
}
