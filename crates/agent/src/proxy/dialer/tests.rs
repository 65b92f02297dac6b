//! The dialer with proxies of all sorts.

mod replies;

use std::fmt::Write as _;
use std::sync::Mutex;

use async_trait::async_trait;
use countersign_trust::ServerAddress;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::keychain::MemoryKeychain;
use crate::proxy::test_proxy::{Script, TestProxy};
use crate::proxy::{Exceptions, ProxyAddress};
use crate::{Keychain, KeychainError, Secret};

const LOGIN: Option<(&str, &str)> = Some(("anna", "hunter2"));

/// A desktop that says the same about every server.
struct Says(ProposedWay);

#[async_trait]
impl ProxySource for Says {
    async fn way_to(&self, _server: &ServerAddress) -> ProposedWay {
        self.0.clone()
    }
}

fn address(proxy: &TestProxy) -> ProxyAddress {
    proxy.url.parse().unwrap()
}

fn through(address: ProxyAddress) -> ProxySettings {
    ProxySettings::Configured { address, exceptions: Exceptions::default() }
}

fn dialer(settings: ProxySettings, keychain: Arc<dyn Keychain>) -> Dialer {
    Dialer {
        settings,
        desktop: Arc::new(Says(ProposedWay::Direct)),
        credentials: ProxyCredentials::new(keychain),
        limits: Limits::default(),
    }
}

fn empty() -> Arc<dyn Keychain> {
    Arc::new(MemoryKeychain::default())
}

fn with_login(proxy: &ProxyAddress, password: &str) -> Arc<dyn Keychain> {
    let keychain = MemoryKeychain::default();
    let entry = format!("{{\"user\": \"anna\", \"password\": \"{password}\"}}");
    keychain.set(&proxy.keychain_entry(), &Secret::new(entry)).unwrap();
    Arc::new(keychain)
}

/// A server that greets, and the way to it by a name that only a proxy can resolve.
async fn server() -> (Destination, JoinOnDrop) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = ServerAddress::new("server.invalid", listener.local_addr().unwrap().port()).unwrap();
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"welcome").await;
        }
    });
    (Destination { server, connect_to: None }, JoinOnDrop(task))
}

struct JoinOnDrop(tokio::task::JoinHandle<()>);

impl Drop for JoinOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn greeting(mut stream: TcpStream) -> String {
    let mut greeting = [0; 7];
    stream.read_exact(&mut greeting).await.unwrap();
    String::from_utf8_lossy(&greeting).into_owned()
}

/// One proxy of each kind.
async fn both(script: Script) -> [TestProxy; 2] {
    [TestProxy::http(script.clone()).await, TestProxy::socks(script).await]
}

#[tokio::test]
async fn both_kinds_relay_and_resolve_the_name() {
    for login in [None, LOGIN] {
        let (destination, _server) = server().await;
        for proxy in both(Script::Relay { login }).await {
            let address = address(&proxy);
            let dialer = dialer(through(address.clone()), with_login(&address, "hunter2"));
            let (stream, route) = dialer.dial(&destination, ProxyFallback::None).await.unwrap();
            assert_eq!(greeting(stream).await, "welcome");
            assert_eq!(route, Route::Proxy { proxy: address });
            assert_eq!(proxy.seen().last().unwrap().target, Some(destination.server.to_string()));
        }
    }
}

/// The scripts of the table below.
fn answers(text: &str) -> Script {
    Script::Answer(text.as_bytes().to_vec())
}

#[tokio::test]
async fn what_comes_after_the_answer_is_not_lost() {
    let (destination, _server) = server().await;
    for proxy in both(Script::RelaysNothingBut(b"welcome")).await {
        let dialer = dialer(through(address(&proxy)), empty());
        let (stream, _) = dialer.dial(&destination, ProxyFallback::None).await.unwrap();
        assert_eq!(greeting(stream).await, "welcome");
    }
}

#[tokio::test]
async fn a_login_is_shown_only_to_a_proxy_that_asks_and_that_it_is_for() {
    let (destination, _server) = server().await;
    let asks = TestProxy::http(Script::Relay { login: LOGIN }).await;
    let asks_too = TestProxy::http(Script::Relay { login: LOGIN }).await;
    let open = TestProxy::http(Script::Relay { login: None }).await;
    let asks_by_socks = TestProxy::socks(Script::Relay { login: LOGIN }).await;
    for (proxy, keychain, lets_through, requests) in [
        (&asks, with_login(&address(&asks), "hunter2"), true, ["", "Proxy-Authorization"].as_slice()),
        (&asks_too, with_login(&address(&asks), "hunter2"), false, &[""]),
        (&open, with_login(&address(&open), "hunter2"), true, &[""]),
    ] {
        let result = dialer(through(address(proxy)), keychain).dial(&destination, ProxyFallback::None).await;
        assert_eq!(result.is_ok(), lets_through);
        let seen = proxy.seen();
        assert_eq!(seen.len(), requests.len());
        for (seen, expected) in seen.iter().zip(requests) {
            let asked = String::from_utf8_lossy(&seen.asked);
            assert_eq!(asked.contains("Proxy-Authorization"), !expected.is_empty(), "{asked}");
        }
    }
    let keychain = with_login(&address(&asks_by_socks), "hunter2");
    dialer(through(address(&asks_by_socks)), keychain).dial(&destination, ProxyFallback::None).await.unwrap();
    let asked: Vec<_> = asks_by_socks.seen().into_iter().map(|seen| seen.asked).collect();
    assert_eq!(asked, [vec![5, 1, 0], [[5, 2, 0, 2].as_slice(), b"annahunter2"].concat()]);
}

#[tokio::test]
async fn a_login_of_the_settings_counts_where_the_keychain_has_none() {
    struct Locked;
    impl Keychain for Locked {
        fn get(&self, _name: &str) -> Result<Option<Secret>, KeychainError> {
            Err(KeychainError::Locked { detail: "closed".to_owned() })
        }
        fn set(&self, _name: &str, _secret: &Secret) -> Result<(), KeychainError> {
            Ok(())
        }
        fn find(&self, _prefix: &str) -> Result<Vec<String>, KeychainError> {
            Err(KeychainError::Locked { detail: "closed".to_owned() })
        }

        fn delete(&self, _name: &str) -> Result<(), KeychainError> {
            Ok(())
        }
    }
    let (destination, _server) = server().await;
    let proxy = TestProxy::http(Script::Relay { login: LOGIN }).await;
    let url =
        |login: &str| ProposedWay::from_urls([proxy.url.replace("://", &format!("://{login}")).as_str()]);
    for (login, keychain, expected) in [
        ("anna:hunter2@", empty(), Ok(())),
        ("anna:hunter2@", Arc::new(Locked) as _, Ok(())),
        ("anna:wrong@", with_login(&address(&proxy), "hunter2"), Ok(())),
        ("", Arc::new(Locked) as _, Err("is locked or refuses access: closed.")),
    ] {
        let mut dialer = dialer(ProxySettings::default(), keychain);
        dialer.desktop = Arc::new(Says(url(login)));
        let result = dialer.dial(&destination, ProxyFallback::None).await;
        let said = result.map(|_| ()).map_err(|error| in_words(&error.reason()));
        match expected {
            Ok(()) => assert_eq!(said, Ok(())),
            Err(part) => assert!(said.as_ref().unwrap_err().contains(part), "{said:?}"),
        }
    }
}

#[tokio::test]
async fn the_settings_choose_the_way() {
    let named = |text: &str| Exceptions::parse(&[text.to_owned()]).unwrap();
    let address: ProxyAddress = "http://proxy:3128".parse().unwrap();
    let of_the_desktop = ProposedWay::from_urls(["http://desktop:1"]);
    let configured = |exceptions| ProxySettings::Configured { address: address.clone(), exceptions };
    let through_it = ProposedWay::Through(vec![ProposedProxy { address: address.clone(), login: None }]);
    let table = [
        (ProxySettings::None, None, ProposedWay::Direct),
        (ProxySettings::default(), None, of_the_desktop.clone()),
        (ProxySettings::Desktop { exceptions: named("*.invalid") }, None, ProposedWay::Direct),
        (ProxySettings::Desktop { exceptions: named("*.test") }, None, of_the_desktop.clone()),
        (configured(Exceptions::default()), None, through_it.clone()),
        (configured(named("server.invalid")), None, ProposedWay::Direct),
        (configured(named("192.0.2.0/24")), None, through_it),
        (configured(named("192.0.2.0/24")), Some("192.0.2.7:1"), ProposedWay::Direct),
        (configured(named("server.invalid")), Some("192.0.2.7:1"), ProposedWay::Direct),
    ];
    for (settings, connect_to, expected) in table {
        let destination = Destination {
            server: "server.invalid".parse().unwrap(),
            connect_to: connect_to.map(|address| address.parse().unwrap()),
        };
        let mut dialer = dialer(settings.clone(), empty());
        dialer.desktop = Arc::new(Says(of_the_desktop.clone()));
        assert_eq!(dialer.way_to(&destination).await, expected, "{settings:?} {connect_to:?}");
    }
}

#[tokio::test]
async fn an_address_that_was_set_is_what_the_proxy_is_asked_for() {
    let (destination, _server) = server().await;
    let connect_to = std::net::SocketAddr::from(([127, 0, 0, 1], destination.server.port()));
    let destination = Destination { connect_to: Some(connect_to), ..destination };
    for proxy in both(Script::Relay { login: None }).await {
        dialer(through(address(&proxy)), empty()).dial(&destination, ProxyFallback::None).await.unwrap();
        assert_eq!(proxy.seen()[0].target.as_deref(), Some(connect_to.to_string().as_str()));
    }
}

#[tokio::test]
async fn the_next_proxy_is_tried_and_direct_only_where_it_is_permitted() {
    let (destination, _server) = server().await;
    let connect_to = std::net::SocketAddr::from(([127, 0, 0, 1], destination.server.port()));
    let reachable = Destination { connect_to: Some(connect_to), ..destination.clone() };
    let refuses = TestProxy::http(answers("HTTP/1.1 403 Forbidden\r\n\r\n")).await;
    let hangs_up = TestProxy::http(Script::HangUp).await;
    let relays = TestProxy::socks(Script::Relay { login: None }).await;
    let (refuses, hangs_up, relays) = (address(&refuses), address(&hangs_up), address(&relays));
    let list = |urls: &[&ProxyAddress]| {
        let urls: Vec<_> = urls.iter().map(ToString::to_string).chain(["direct://".to_owned()]).collect();
        ProposedWay::from_urls(urls.iter().map(String::as_str))
    };
    let reason = BackOffReason::ProxyRefused {
        proxy: refuses.clone(),
        detail: "it answered 403 Forbidden".to_owned(),
    };
    let unusable = ProposedWay::from_urls(["socks4://proxy:1"]);
    let table = [
        (list(&[&hangs_up, &relays]), ProxyFallback::None, Ok(Route::Proxy { proxy: relays.clone() })),
        (list(&[&hangs_up, &relays]), ProxyFallback::Direct, Ok(Route::Proxy { proxy: relays.clone() })),
        (list(&[&refuses, &hangs_up]), ProxyFallback::None, Err("403 Forbidden")),
        (
            list(&[&refuses, &hangs_up]),
            ProxyFallback::Direct,
            Ok(Route::DirectAfterProxyFailed { reason: Box::new(reason.clone()) }),
        ),
        (unusable.clone(), ProxyFallback::None, Err("socks4://proxy:1")),
        (list(&[]), ProxyFallback::None, Ok(Route::Direct)),
    ];
    for (way, fallback, expected) in table {
        let mut dialer = dialer(ProxySettings::default(), empty());
        dialer.desktop = Arc::new(Says(way.clone()));
        let result = dialer.dial(&reachable, fallback).await;
        match (result, expected) {
            (Ok((stream, route)), Ok(expected)) => {
                assert_eq!(route, expected);
                assert_eq!(greeting(stream).await, "welcome");
            }
            (Err(error), Err(part)) => {
                let said = in_words(&error.reason());
                assert!(said.contains(part), "{said}");
            }
            (result, expected) => panic!("{way:?} {fallback:?}: {result:?}, not {expected:?}"),
        }
    }
    // Neither way works: people are told about the proxy.
    let mut dialer = dialer(ProxySettings::default(), empty());
    dialer.desktop = Arc::new(Says(list(&[&refuses])));
    let error = dialer.dial(&destination, ProxyFallback::Direct).await.unwrap_err();
    assert_eq!(error.reason(), reason);
}

/// Where a test's log goes.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_login_is_logged_or_printed() {
    let log = Log::default();
    let writer = log.clone();
    // For the whole process: one for this task alone would miss what other tests have met before.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .try_init()
        .unwrap();
    let (destination, _server) = server().await;
    let mut printed = String::new();
    for proxy in both(Script::Relay { login: LOGIN }).await {
        for password in ["hunter2", "hunter2-wrong"] {
            let url = proxy.url.replace("://", &format!("://anna:{password}@"));
            let way = ProposedWay::from_urls([url.as_str(), "socks4://anna:hunter2@x"]);
            let _ = write!(printed, "{way:?}");
            let mut dialer = dialer(ProxySettings::default(), empty());
            dialer.desktop = Arc::new(Says(way));
            let result = dialer.dial(&destination, ProxyFallback::None).await;
            let _ = write!(printed, "{result:?}");
            if let Err(error) = result {
                printed += &error.to_string();
            }
        }
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("no connection through a proxy"), "{logged}");
    for text in [printed, logged] {
        // The second is the login as HTTP sends it.
        assert!(!text.contains("hunter2") && !text.contains("YW5uYTpodW50ZXIy"), "{text}");
    }
}

/// What a reason holds for people.
fn in_words(reason: &BackOffReason) -> String {
    if let BackOffReason::ProxyUnreachable { proxy, detail } | BackOffReason::ProxyRefused { proxy, detail } =
        reason
    {
        format!("{proxy}: {detail}")
    } else if let BackOffReason::ProxyAuthentication { proxy, problem } = reason {
        format!("{proxy}: {problem}.")
    } else if let BackOffReason::ProxyUnusable { proxy, detail } = reason {
        format!("{proxy}: {detail}")
    } else {
        format!("{reason:?}")
    }
}
