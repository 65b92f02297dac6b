//! Notes what the API has answered in tests, to be held against its OpenAPI document afterwards (`scripts/check-api`).

use std::env;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::json;

use super::http::Response;

/// Names the file, to which a line is added for each answer. Without it nothing is noted.
const VARIABLE: &str = "COUNTERSIGN_API_ANSWERS";

static ANSWERS: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let path = env::var_os(VARIABLE)?;
    Some(Mutex::new(OpenOptions::new().create(true).append(true).open(path).unwrap()))
});

/// Notes an answer.
pub(super) fn note(method: &str, path: &str, response: &Response) {
    let Some(file) = &*ANSWERS else { return };
    let answer = json!({
        "method": method,
        "path": path,
        "status": response.status,
        "content_type": response.content_type,
        "body": response.body,
    });
    // A test that fails elsewhere takes nothing from the others.
    file.lock().unwrap_or_else(PoisonError::into_inner).write_all(format!("{answer}\n").as_bytes()).unwrap();
}
