//! Old rows of the audit, taken out with the program.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::postgresql;
use crate::support::process::Installation;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

fn prune(installation: &Installation, day: &str, file: &Path) -> Output {
    let mut program = installation.program(&["prune-audit", "--before", day, "--to"]);
    program.arg(file).output().unwrap()
}

fn tomorrow() -> String {
    (time::OffsetDateTime::now_utc().date() + time::Duration::DAY).to_string()
}

async fn while_the_server_runs(mut installation: Installation) {
    let server = installation.start().await;
    let file = installation.data().parent().unwrap().join("audit.jsonl");
    server.api.change("POST", "/enrolment-tokens", &json!({"name": "Spring"})).await;
    let rows = server.api.get("/audit").await.as_array().unwrap().len();

    // Nothing is old enough yet, and what is not over stays.
    let output = prune(&installation, "2020-01-01", &file);
    assert!(output.status.success() && said(&output).contains("has no rows"), "{}", said(&output));
    assert!(!file.exists());
    let output = prune(&installation, &tomorrow(), &file);
    assert!(!output.status.success() && said(&output).contains("is not over yet"), "{}", said(&output));
    assert_eq!(prune(&installation, "yesterday", &file).status.code(), Some(2));

    // Of the last day of 2024, and the first one of 2025.
    let row = |id: &str, at: i64| {
        format!("('{id}', {at}, 'anna', 'profile.changed', 'x', '{{\"name\": \"Zoë’s\"}}')")
    };
    let added =
        [row("a", 1_735_689_599_000_000), row("b", 1_735_689_599_999_999), row("c", 1_735_689_600_000_000)];
    installation.execute(&format!("INSERT INTO audit VALUES {}", added.join(", "))).await;
    let output = prune(&installation, "2025-01-01", &file);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("2 rows of the audit"), "{}", said(&output));
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = |id: &str, at: &str| {
        json!({"id": id, "at": at, "actor": "anna", "action": "profile.changed", "subject": "x",
            "detail": {"name": "Zoë’s"}})
    };
    assert_eq!(lines, [expected("a", "2024-12-31T23:59:59Z"), expected("b", "2024-12-31T23:59:59.999999Z")]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    // Nothing is overwritten.
    let output = prune(&installation, "2026-01-01", &file);
    assert!(!output.status.success() && said(&output).contains("Nothing was removed"), "{}", said(&output));

    // The server that has run all the time goes on.
    server.api.change("POST", "/enrolment-tokens", &json!({"name": "Autumn"})).await;
    let after = server.api.get("/audit").await;
    let pruned = after.as_array().unwrap().iter().find(|row| row["action"] == "audit.pruned").unwrap();
    assert_eq!(after.as_array().unwrap().len(), rows + 3, "the one that stays, and two new ones: {after:#}");
    assert_eq!(pruned["actor"], "the command line");
    let detail = &pruned["detail"];
    assert_eq!((&detail["before"], &detail["rows"]), (&json!("2025-01-01"), &json!(2)));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    let digest: String = digest.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    assert_eq!(detail["sha256"], digest);
    assert!(server.terminate().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_are_written_out_before_they_go_on_sqlite() {
    while_the_server_runs(Installation::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn old_rows_are_written_out_before_they_go_on_postgresql() {
    while_the_server_runs(Installation::on(&postgresql::new_database())).await;
}
