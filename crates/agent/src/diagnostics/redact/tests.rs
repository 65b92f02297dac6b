//! What must go, what must stay, and that no surroundings change it.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::Secret;

const TOKEN: &str = "ct_9f\"Qz7/Vx+e==";

fn known() -> Known {
    Known {
        homes: vec!["/home/anna".into(), "/var/home/anna".into(), "C:\\Users\\anna".into()],
        user: Some("anna".to_owned()),
        computer: Some("ws-4711.corp.example.com".to_owned()),
        secrets: vec![Secret::new(TOKEN.to_owned()), Secret::new("pr0xy-pass".to_owned())],
        servers: vec!["ems.corp.example.com".to_owned(), "ems2".to_owned(), "localhost".to_owned()],
    }
}

/// Made once: to compile the searches takes long without optimisation.
static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| Redactor::new(&known(), ServerNames::Hidden).unwrap());

fn redacted(text: &str) -> String {
    REDACTOR.redact(text)
}

#[test]
fn what_is_nobodys_business_goes() {
    for (text, expected) in [
        // Home directories.
        ("open /home/anna/.config/countersign/agent.toml", "open ~/.config/countersign/agent.toml"),
        ("HOME=/home/anna", "HOME=~"),
        ("\"/var/home/anna/x\"", "\"~/x\""),
        (r"C:\Users\anna\AppData\Local", r"~\AppData\Local"),
        (r#""C:\\Users\\anna\\AppData""#, r#""~\\AppData""#),
        ("/home/annabelle/x", "/home/<user>/x"),
        ("/home/bob/.ssh", "/home/<user>/.ssh"),
        (r"d:\Users\bob\x", r"d:\Users\<user>\x"),
        // Names.
        ("login of anna failed", "login of <user> failed"),
        ("Anna, ANNA", "<user>, <user>"),
        ("on ws-4711 and WS-4711.corp.example.com.", "on <computer> and <computer>."),
        // E-mail.
        ("from anna.b+x@mail.example to c@d", "from <e-mail 1> to <e-mail 2>"),
        ("anna@corp.example.com", "<e-mail 1>"),
        // Addresses.
        ("10.1.2.3:8013 10.1.2.4 10.1.2.3", "<address 1>:8013 <address 2> <address 1>"),
        ("[2001:db8::7]:8013, 2001:DB8:0::7.", "[<address 1>]:8013, <address 1>."),
        ("connect to 2001:db8::7: refused", "connect to <address 1>: refused"),
        ("fe80::1%eth0 up", "<address 1> up"),
        ("address:2001:db8::9", "address:<address 1>"),
        ("::ffff:192.168.1.1", "<address 1>"),
        ("192.168.001.010", "<address 1>"),
        ("(172.16.0.1)", "(<address 1>)"),
        ("ether 52:54:00:ab:CD:ef, 52-54-00-AB-CD-EF", "ether <hardware address 1>, <hardware address 1>"),
        // Secrets of the configuration.
        (r#"xct_9f"Qz7/Vx+e==x"#, "x<secret>x"),
        (r#"{"t": "ct_9f\"Qz7/Vx+e=="}"#, r#"{"t": "<secret>"}"#),
        ("?t=ct_9f%22Qz7%2FVx%2Be%3D%3D&u", "?t=<secret>&u"),
        ("pr0xy-passpr0xy-pass", "<secret><secret>"),
        // Secrets by their form.
        ("Authorization: Basic YW5uYTpodW50ZXIy", "Authorization: <secret>"),
        ("proxy-authorization: Digest username=\"a\"", "proxy-authorization: <secret>\"a\""),
        ("sent Bearer abcdefghijk, then", "sent Bearer <secret>, then"),
        ("basic YW5uYTpodW50ZXIy", "basic <secret>"),
        ("Cookie: session=1; other=2\nnext", "Cookie: <secret>\nnext"),
        ("password=hunter2 next", "password=<secret> next"),
        ("enrolment_token = \"it's \\\" long\"", "enrolment_token = \"<secret>\""),
        (r#"{"x": "token = \"it's \\\" long\" 1"}"#, r#"{"x": "token = \"<secret>\" 1"}"#),
        (r#"{"x": "{\"token\": \"abc\", \"y\": 1}"}"#, r#"{"x": "{\"token\": \"<secret>\", \"y\": 1}"}"#),
        ("{\"apiKey\":\"k1\",\"x\":1}", "{\"apiKey\":\"<secret>\",\"x\":1}"),
        ("run --token abc --hidden", "run --token <secret> --hidden"),
        ("http://user:p@ss@proxy.example:3128/x", "http://<credentials>@<server 1>:3128/x"),
        ("socks5://pr0xy-pass@10.0.0.1:1080", "socks5://<secret>@<address 1>:1080"),
        ("http://u:pr0xy-pass@gate.example:8080", "http://<server 1>:<secret>@<server 2>:8080"),
        (
            "a\n-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\nb",
            "a\n<private key>\nb",
        ),
        (r#""-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n""#, r#""<private key>\n""#),
        ("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw", "<private key>"),
        ("b: MC4C\nAQAw\n-----END PRIVATE KEY-----\n", "b: <private key>\n"),
        (r#""-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n""#, r#""<PEM>\n""#),
        // Servers.
        ("ems.corp.example.com:8013", "<server 1>:8013"),
        ("EMS.corp.example.com, *.corp.example.com", "<server 1>, <server 2>"),
        ("www.corp.example.com ems2", "<server 1> <server 2>"),
        ("see https://portal.example/login", "see https://<server 1>/login"),
    ] {
        assert_eq!(redacted(text), expected, "{text}");
    }
}

#[test]
fn what_helps_stays() {
    for text in [
        // Fingerprints, serial numbers, identifiers.
        "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09",
        "serial 01:23:45:67:89:AB:CD:EF",
        "01934d3e-7c1a-7000-8000-0123456789ab",
        "the condition 2.5.29.36 and 1.3.6.1.5.5.7.3.1 of 2.5.4.3",
        // Times.
        "2026-11-25T10:00:00.123456Z, 2026-11-25 10:00:00 +01:00, took 1.5 s",
        // Codes and words of errors.
        "name_mismatch self_signed tcp.refused keychain.timed_out",
        "connection refused (os error 111)",
        "Basic constraints: CA:TRUE; bearer token missing; a new enrolment token. password wrong",
        "the token is not known; secrets are kept in org.freedesktop.secrets",
        "INFO countersign_agent::session::hold: connected",
        "std::io::Error at crates/agent/src/tls/handshake.rs:12:5",
        "annabelle and Hannah, example.com is not corp.example, notcorp.example.community",
        // Versions.
        "Countersign 0.1.0, Debian GNU/Linux 12, kernel 6.1.0-13-amd64, v1.2.3.4, TLS 1.3, Windows 10.0.19045.3803",
        // Addresses that say nothing, ports, paths.
        "127.0.0.1:8013 [::1]:80 0.0.0.0 :: localhost:8013 ::ffff:127.0.0.1 255.255.255.255 port 443",
        "/etc/countersign/agent.toml /run/user/1000/bus ~/x /home",
        "http://localhost:3000/x?y=z#a",
        // What is redacted already.
        "<address 3> <server 1>:8013 <user> <computer> <secret> <e-mail 12> ~/x <PEM>",
    ] {
        assert_eq!(redacted(text), text);
    }
}

#[test]
fn names_of_servers_stay_when_asked_for_and_nothing_else_does() {
    let redactor = Redactor::new(&known(), ServerNames::Shown).unwrap();
    for (text, expected) in [
        ("ems.corp.example.com:8013 at 10.0.0.1", "ems.corp.example.com:8013 at <address 1>"),
        ("http://u:p@proxy.example:3128", "http://<credentials>@proxy.example:3128"),
        ("ws-4711.corp.example.com anna", "<computer> <user>"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n", "-----BEGIN CERTIFICATE-----\nMIIB\n"),
        ("-----BEGIN PRIVATE KEY-----\nMIIB\n", "<private key>"),
    ] {
        assert_eq!(redactor.redact(text), expected, "{text}");
    }
}

#[test]
fn names_that_stand_for_nobody_stay_words() {
    for (user, computer) in [("root", "server"), ("test", "debian"), ("al", "pc"), ("", "")] {
        let known = Known {
            homes: vec!["/root".into(), "/".into(), "".into()],
            user: Some(user.to_owned()),
            computer: Some(computer.to_owned()),
            ..Known::default()
        };
        let redactor = Redactor::new(&known, ServerNames::Hidden).unwrap();
        let text = "the server of root, a test on Debian, al pc; /rootfs / /etc";
        assert_eq!(redactor.redact(text), text);
        assert_eq!(redactor.redact("/root/.config"), "~/.config");
    }
}

#[test]
fn short_names_go_where_values_stand() {
    let known = Known { user: Some("al".to_owned()), computer: Some("vm".to_owned()), ..Known::default() };
    let redactor = Redactor::new(&known, ServerNames::Hidden).unwrap();
    for (text, expected) in [
        ("user=al host=vm", "user=<user> host=<computer>"),
        (r#"{"user": "AL", "on": "vm"}"#, r#"{"user": "<user>", "on": "<computer>"}"#),
        ("/srv/al/x", "/srv/<user>/x"),
        ("et al, the vm also = all", "et al, the vm also = all"),
        ("/alpha \"vmware\"", "/alpha \"vmware\""),
    ] {
        assert_eq!(redactor.redact(text), expected, "{text}");
    }
}

#[test]
fn numbers_go_on_after_those_that_are_there() {
    assert_eq!(redacted("<address 7> 10.0.0.1 10.0.0.2"), "<address 7> <address 8> <address 9>");
}

#[test]
fn long_lines_take_no_time() {
    for unit in
        ["a:", "1.", "::", "@a", "aaaaaaaa", "10.0.0.1", "password=", "-----BEGIN PRIVATE KEY-----", "//"]
    {
        let text = unit.repeat(100_000 / unit.len());
        let begun = std::time::Instant::now();
        let _ = redacted(&text);
        assert!(begun.elapsed() < std::time::Duration::from_secs(10), "{unit} {:?}", begun.elapsed());
    }
}

/// Text that comes close to everything that is looked for.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ -~]{0,6}",
        "[a-f0-9:.%-]{1,12}",
        "[<>~/@:=\" '\\\\\n-]{1,3}",
        prop::sample::select(vec![
            TOKEN,
            "pr0xy-pass",
            "anna",
            "/home/anna",
            "10.1.2.3",
            "2001:db8::1",
            "::5",
            "::",
            "<user>",
            "<secret>",
            "<address 1>",
            "<address",
            "password=",
            "token: ",
            "Bearer ",
            "http://",
            "@",
            "ws-4711",
            "ems2",
            "ems.corp.example.com",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "\\n",
            "é",
            "\u{202E}",
            "52:54:00:ab:cd:ef",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..24).prop_map(|parts| parts.concat())
}

/// The text without placeholders.
fn rest(text: &str) -> String {
    Regex::new(PLACEHOLDER).unwrap().replace_all(text, "\n").into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_secret_survives_whatever_surrounds_it(before in hostile(), secret in "[!-~]{4,40}", after in hostile()) {
        let known = Known { secrets: vec![Secret::new(secret.clone())], ..known() };
        let redactor = Redactor::new(&known, ServerNames::Hidden).unwrap();
        prop_assume!(rest(&secret) == secret);
        let text = format!("{before}{secret}{after}");
        // Where surroundings and secret look like a placeholder together, it is not the secret that is read.
        prop_assume!(rest(&text).contains(&secret));
        let redacted = redactor.redact(&text);
        prop_assert!(!rest(&redacted).contains(&secret), "{}", redacted);
        let json = serde_json::to_string(&text).unwrap();
        let form = serde_json::to_string(&secret).unwrap();
        let redacted = redactor.redact(&json);
        prop_assert!(!rest(&redacted).contains(form.trim_matches('"')), "{}", redacted);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn once_is_enough(text in hostile()) {
        let once = redacted(&text);
        prop_assert_eq!(redacted(&once), once);
    }

    #[test]
    fn no_address_survives(before in "[ (\\[,;=\"]", address in any::<std::net::IpAddr>(), after in "[ )\\],;\"]") {
        prop_assume!(!address.to_canonical().is_loopback() && !address.to_canonical().is_unspecified());
        prop_assume!(!matches!(address, std::net::IpAddr::V4(four) if matches!(four.octets(), [2, 5, 4 | 29, _] | [255, 255, 255, 255])));
        let text = format!("x{before}{address}{after}x");
        prop_assert_eq!(redacted(&text), format!("x{before}<address 1>{after}x"));
    }

    #[test]
    fn text_without_secrets_is_not_changed(words in prop::collection::vec(
        prop_oneof!["[a-z]{1,9}", "[A-Z][a-z]{2,9}", "[0-9]{1,6}", "[a-z]{2,5}_[a-z]{2,5}", "[0-9]\\.[0-9]{1,2}\\.[0-9]", "[a-z]{2,6}/[a-z]{2,6}\\.rs:[0-9]{1,3}"],
        0..20,
    )) {
        let text = words.join(" ");
        prop_assume!(!["anna", "basic ", "bearer ", "ntlm ", "negotiate "].iter().any(|word| text.to_lowercase().contains(word)));
        prop_assert_eq!(redacted(&text), text);
    }

    #[test]
    fn nothing_panics(text in any::<String>()) {
        let _ = redacted(&text);
    }
}
