//! Files that hold nothing: random bytes in every form in which certificates come, up to the largest size that is looked at, and
//! beyond it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::certificates::assert_problem;
use crate::support::Running;
use crate::support::console::{Console, NAME, PASSWORD};

const FORM: &str = "/system-settings/server/ssl-certificate";
/// The largest request, in bytes.
const LARGEST: usize = 1024 * 1024;
/// In Base64 this is just under it, with room for the names of the fields.
const JUST_UNDER: usize = (LARGEST - 4096) / 4 * 3;
const TEN_MEGABYTES: usize = 10_000_000;
/// So long an answer may take without optimisation on a busy computer.
const TO_ANSWER: Duration = Duration::from_mins(1);

/// Bytes that only look random (xorshift, Marsaglia 2003), the same in each run.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_be_bytes()[2]
    };
    (0..length).map(|_| next()).collect()
}

/// Noise in an element of ASN.1 that is as long as it says.
fn der(seed: u64, length: usize) -> Vec<u8> {
    let content = noise(seed, length);
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [[0x30, 0x84].as_slice(), &length, &content].concat()
}

fn pem(label: &str, der: &[u8]) -> String {
    let base64 = BASE64.encode(der);
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// Noise as each of the forms; `length` bytes of it.
fn uploads(length: usize) -> Vec<(&'static str, Value)> {
    // In PEM there is a line end for each 64 characters, which JSON writes as two.
    let in_pem = length / 66 * 63;
    let (certificate, key) = (pem("CERTIFICATE", &der(1, in_pem)), pem("PRIVATE KEY", &der(2, in_pem)));
    let text: String = noise(3, length).iter().map(|byte| char::from(byte % 95 + 32)).collect();
    let text = text.replace(['"', '\\'], "-");
    vec![
        ("text", json!({"certificate_pem": text})),
        ("PEM", json!({"certificate_pem": certificate, "private_key_pem": ""})),
        ("PEM of a key", json!({"certificate_pem": "", "private_key_pem": key})),
        ("PEM of noise", json!({"certificate_pem": pem("CERTIFICATE", &noise(4, in_pem))})),
        ("DER", json!({"pkcs12": BASE64.encode(der(5, length))})),
        ("PKCS#12 of noise", json!({"pkcs12": BASE64.encode(noise(6, length)), "password": "open"})),
        // The beginning of a real one: version 3, data.
        (
            "PKCS#12",
            json!({"pkcs12": BASE64.encode([[0x30, 0x80, 2, 1, 3].as_slice(), &der(7, length)].concat()), "password": "open"}),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_is_refused_in_words_whatever_its_form_and_size() {
    let running = Running::start().await;
    for (length, status, expected) in
        [(1000, 422, ""), (JUST_UNDER, 422, ""), (TEN_MEGABYTES, 413, "it may have 1048576 bytes (1 MiB)")]
    {
        for (form, upload) in uploads(length) {
            let body = upload.to_string();
            if length == JUST_UNDER {
                assert!(body.len() <= LARGEST, "{form}: {} bytes are not looked at", body.len());
            }
            let sent = running.api.send("PUT", "/ssl-certificate", Some(&body));
            let response = tokio::time::timeout(TO_ANSWER, sent).await.expect(form);
            assert_problem(&format!("{form}, {length} bytes"), &response, status, expected);
        }
    }
    // As files in the form, which are not in Base64.
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    for (name, file) in [
        ("a.der", der(8, LARGEST - 4096)),
        ("a.p12", noise(9, LARGEST - 4096)),
        ("a.pem", pem("CERTIFICATE", &der(10, (LARGEST - 4096) / 66 * 48)).into_bytes()),
    ] {
        let parts = [("files", Some(name), file.as_slice()), ("password", None, b"open".as_slice())];
        let page = tokio::time::timeout(TO_ANSWER, console.post_files(FORM, &parts)).await.expect(name);
        assert_eq!(page.status, 422, "{name}: {}", page.body);
    }
    assert_eq!(running.api.get("/certificates").await.as_array().unwrap().len(), 1, "nothing was taken");
    running.server.stop().await;
}
