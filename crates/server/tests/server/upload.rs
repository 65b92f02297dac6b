//! Certificates in the files that people have: PKCS#12 and encrypted keys, through the API and the console.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use crate::certificates::{CONFIRMED, made};
use crate::support::Running;
use crate::support::console::{Console, NAME, PASSWORD, Part};

const FORM: &str = "/system-settings/server/ssl-certificate";

fn kept(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/certificate_upload").join(name)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pkcs12_file_is_taken_and_served() {
    let running = Running::start().await;
    let upload =
        |file: &str, password: &str| json!({"pkcs12": BASE64.encode(kept(file)), "password": password});
    for (file, password) in [("keytool.p12", "changeit"), ("windows.pfx", "Passwort ä")] {
        let view = running.api.change("PUT", CONFIRMED, &upload(file, password)).await;
        assert_eq!(view["names"], json!(["server.example"]), "{view:#}");
        assert_eq!(view["chain"].as_array().unwrap()[1..], [json!("CN=Intermediate"), json!("CN=Root")]);
        assert!(view["not_before"].as_str().unwrap() < view["not_after"].as_str().unwrap());
        let wrong = upload(file, "wrong").to_string();
        let refused = running.api.send("PUT", "/ssl-certificate", Some(&wrong)).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("The password does not open the PKCS#12 file."), "{}", refused.body);
        assert_eq!(running.api.get("/ssl-certificate").await["fingerprint"], view["fingerprint"]);
    }
    // It is kept so that it can be served again after a restart.
    let settings = json!({"use_ssl_certificate_for_endpoint_control": true});
    running.api.change("PUT", "/settings", &settings).await;
    let running = running.restarted().await;
    assert_eq!(running.api.get("/ssl-certificate").await["served"], true);
    let audit = running.api.get("/audit").await.to_string();
    assert!(!audit.contains("Passwort"), "{audit}");
    running.server.stop().await;
}

/// The same key, opened with a password, as OpenSSL writes it.
fn encrypted(key: &str, password: &str) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["pkcs8", "-topk8", "-passout", &format!("pass:{password}")]);
    let mut openssl = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    openssl.stdin.take().unwrap().write_all(key.as_bytes()).unwrap();
    let output = openssl.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_key_is_opened_with_its_password() {
    let running = Running::start().await;
    let mut upload = made(30).upload();
    upload["private_key_pem"] = json!(encrypted(upload["private_key_pem"].as_str().unwrap(), "open"));
    let refusals = [
        (json!(null), "The private key is encrypted. Give its password, too."),
        (json!("shut"), "The password does not open the private key."),
    ];
    for (password, expected) in refusals {
        upload["password"] = password;
        let refused = running.api.send("PUT", "/ssl-certificate", Some(&upload.to_string())).await;
        assert_eq!((refused.status, refused.body.contains(expected)), (422, true), "{}", refused.body);
    }
    upload["password"] = json!("open");
    let view = running.api.change("PUT", CONFIRMED, &upload).await;
    assert_eq!(view["names"], json!(["localhost"]), "{view:#}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_chain_is_taken_with_a_remark() {
    let running = Running::start().await;
    let mut upload = made(30).upload();
    let chain = upload["certificate_pem"].as_str().unwrap().to_owned();
    let end = chain.find("-----END CERTIFICATE-----").unwrap() + "-----END CERTIFICATE-----\n".len();
    let (own, issuer) = chain.split_at(end);
    // In the wrong order, and with the key in between.
    let all = format!("{issuer}{}{own}", upload["private_key_pem"].as_str().unwrap());
    let view = running.api.change("PUT", CONFIRMED, &json!({"certificate_pem": all})).await;
    assert_eq!(view["chain"].as_array().unwrap().len(), 2, "{view:#}");
    assert!(!view["warnings"].to_string().contains("is missing"), "{view:#}");
    upload["certificate_pem"] = json!(own);
    let view = running.api.change("PUT", CONFIRMED, &upload).await;
    assert!(view["warnings"].to_string().contains("The chain is not complete"), "{view:#}");
    running.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_takes_files_and_says_what_it_has_read() {
    let running = Running::start().await;
    let mut console = Console::set_up(&running).await;
    console.sign_in(NAME, PASSWORD, "").await;
    let file = kept("keytool-legacy.p12");
    let post = async |parts: &[Part<'_>]| console.post_files(FORM, parts).await;
    let empty: [Part<'_>; 3] =
        [("files", Some(""), b""), ("certificate_pem", None, b""), ("private_key_pem", None, b"")];

    let noise: Vec<u8> =
        // The library that takes forms apart looks at what has arrived again and again, which without optimisation takes
        // its time. The API is sent ten megabytes.
        (0..3_000_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    let refusals: [(&[Part<'_>], u16, &str); 5] = [
        (&empty, 422, "Nothing was given"),
        (&[("files", Some("a.p12"), &file)], 422, "The PKCS#12 file is encrypted"),
        (&[("files", Some("a.p12"), &file), ("password", None, b"x")], 422, "The password does not open"),
        (&[("files", Some("a.p12"), &noise[..1_000_000])], 422, "is neither a PKCS#12 file nor"),
        (&[("files", Some("a.p12"), &noise)], 413, "larger than 1048576 bytes"),
    ];
    for (parts, status, expected) in refusals {
        let page = post(parts).await;
        assert_eq!(page.status, status, "{expected}: {}", page.body);
        assert!(page.body.contains(expected), "{expected}: {}", page.body);
        // Where there is no form any more, a link leads back to it.
        let leads_back =
            page.body.contains("<a href=\"/system-settings/server\">Back to Server Settings</a>");
        assert_eq!(leads_back, status == 413, "{expected}: {}", page.body);
    }
    let other = console.post(FORM, &[("certificate_pem", "a")]).await;
    assert_eq!(other.status, 400, "{}", other.body);
    assert!(other.body.contains("The form cannot be read"), "{}", other.body);

    let mut parts = empty.to_vec();
    parts.push(("files", Some("server.p12"), &file));
    parts.push(("password", None, b"changeit"));
    let done = post(&parts).await;
    let preview = done.header("location");
    assert!(
        done.status == 303 && preview.starts_with("/system-settings/server/certificates/"),
        "{}",
        done.body
    );
    let chain = "CN=server.example, O=Example, issued by CN=Intermediate, issued by CN=Root";
    let page = console.get(preview).await.body;
    for expected in
        [chain, "server.example</dd>", "What this computer finds wrong", "name=\"confirmed\"", "Discard"]
    {
        assert!(page.contains(expected), "“{expected}” is missing in {page}");
    }
    assert_eq!(running.api.send("GET", "/ssl-certificate", None).await.status, 404);
    // It is for another server: that has to be confirmed.
    let commit = format!("{preview}/commit");
    let refused = console.post(&commit, &[]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert!(refused.body.contains("It was not committed, and nothing has changed"), "{}", refused.body);
    let committed = console.post(&commit, &[("confirmed", "yes")]).await;
    assert_eq!(committed.header("location"), "/system-settings/server", "{}", committed.body);
    let page = console.get("/system-settings/server").await.body;
    assert!(page.contains(chain) && page.contains("Console and API"), "{page}");
    let refused = console.post(&format!("{preview}/remove"), &[]).await;
    assert_eq!(refused.status, 409, "{}", refused.body);

    // What is discarded is gone.
    let (file, password) = (kept("windows.pfx"), "Passwort ä".as_bytes());
    let done = post(&[("files", Some("a.pfx"), &file), ("password", None, password)]).await;
    let preview = done.header("location").to_owned();
    let discarded = console.post(&format!("{preview}/remove"), &[]).await;
    assert_eq!(discarded.header("location"), "/system-settings/server", "{}", discarded.body);
    assert_eq!(console.get(&preview).await.status, 404);
    running.server.stop().await;
}
