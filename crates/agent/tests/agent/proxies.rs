//! The agent behind a proxy.

use std::sync::Arc;

use async_trait::async_trait;
use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::proxy::{
    DesktopProxies, Exceptions, ProposedProxy, ProposedWay, ProxyAddress, ProxyCredentials, ProxyLogin,
    ProxySettings, ProxySource,
};
use countersign_agent::{Answer, BackOffReason, ConnectionState, Secret};
use countersign_protocol::ProxyFallback;
use countersign_trust::{RememberFor, ServerAddress};

use crate::support::management::Management;
use crate::support::proxy::{Script, TestProxy};
use crate::support::{Setup, Surroundings, is_backing_off, is_connected, is_refused};

async fn behind(proxy: &TestProxy) -> Surroundings {
    let settings =
        ProxySettings::Configured { address: proxy.url.parse().unwrap(), exceptions: Exceptions::default() };
    Surroundings::start_behind(settings, Arc::new(DesktopProxies), Arc::new(MemoryKeychain::default())).await
}

async fn both() -> [TestProxy; 2] {
    let script = Script::Relay { login: None };
    [TestProxy::http(script.clone()).await, TestProxy::socks(script).await]
}

/// The content types and lengths of TLS records (RFC 8446, section 5.1).
fn records(mut bytes: &[u8]) -> Vec<(u8, usize)> {
    let mut records = Vec::new();
    while let [content_type, _, _, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        records.push((*content_type, length));
        bytes = &rest[length..];
    }
    assert!(bytes.is_empty(), "a record is cut off");
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_passes_the_proxy_before_the_decision_but_a_hello_and_an_alert() {
    for proxy in both().await {
        let around = behind(&proxy).await;
        let question = around.desktop.question().await;
        assert_eq!(question.prompt.server.to_string(), format!("localhost:{}", around.server.address.port()));
        around.server.connections_beyond(0).await;
        let seen = proxy.seen();
        assert_eq!(seen.len(), 1, "one connection, and none while the person thinks");
        // ClientHello, ChangeCipherSpec, and an encrypted record too short for Finished: two bytes of alert, one of
        // content type, sixteen of authentication tag.
        let sent = records(&seen[0].relayed);
        assert!(matches!(sent.as_slice(), [(22, _), (20, 1), (23, 19)]), "{sent:?}");
        question.answer(Answer::Deny);
        around.status(is_refused).await;
        assert_eq!(proxy.seen().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_used_through_the_proxy_too() {
    for proxy in both().await {
        let around = behind(&proxy).await;
        around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
        // The server closes every connection that comes about.
        around.status(is_backing_off).await;
        let sent = records(&proxy.seen()[1].relayed);
        assert!(sent.iter().any(|(content_type, length)| *content_type == 23 && *length > 19), "{sent:?}");
        around.desktop.was_not_asked().await;
        around.server.show(&around.certificates.valid);
        around.one_look().await;
        around.desktop.was_not_asked().await;
        around.server.show(&around.certificates.other_self_signed);
        around.clock.elapse().await;
        // Whoever relays does not change whose certificate it has to be.
        around.desktop.question().await;
    }
}

/// Says the same about every server, and what it was asked about.
struct Says(ProposedWay, tokio::sync::mpsc::UnboundedSender<ServerAddress>);

#[async_trait]
impl ProxySource for Says {
    async fn way_to(&self, server: &ServerAddress) -> ProposedWay {
        self.1.send(server.clone()).unwrap();
        self.0.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desktops_settings_count_with_the_login_of_the_keychain() {
    let proxy = TestProxy::http(Script::Relay { login: Some(("anna", "hunter2")) }).await;
    let address: ProxyAddress = proxy.url.parse().unwrap();
    let keychain = Arc::new(MemoryKeychain::default());
    let login = ProxyLogin::new(Secret::new("anna".to_owned()), Secret::new("hunter2".to_owned())).unwrap();
    ProxyCredentials::new(Arc::clone(&keychain) as _).store(&address, &login).await.unwrap();
    let (asked, mut questions) = tokio::sync::mpsc::unbounded_channel();
    let way = ProposedWay::Through(vec![ProposedProxy { address, login: None }]);
    let around =
        Surroundings::start_behind(ProxySettings::default(), Arc::new(Says(way, asked)), keychain).await;
    around.desktop.question().await;
    let server = format!("localhost:{}", around.server.address.port());
    assert_eq!(questions.recv().await.unwrap().to_string(), server);
    assert_eq!(proxy.seen()[1].target.as_deref(), Some(server.as_str()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_let_through_is_named_and_not_passed_by() {
    type Expected = fn(&BackOffReason) -> bool;

    let portal = b"HTTP/1.1 511 Network Authentication Required\r\n\r\n<html>".to_vec();
    let page = b"<html><h1>Log in here</h1></html>";
    let table: [(TestProxy, Expected); 4] = [
        (
            TestProxy::http(Script::Answer(portal)).await,
            |reason| matches!(reason, BackOffReason::ProxyRefused { detail, .. } if detail.contains("511")),
        ),
        (TestProxy::http(Script::RelaysNothingBut(page)).await, |reason| {
            matches!(reason, BackOffReason::NotTlsBehindProxy { .. })
        }),
        (TestProxy::socks(Script::Reply(2)).await, |reason| {
            matches!(reason, BackOffReason::ProxyRefused { .. })
        }),
        (TestProxy::socks(Script::Relay { login: Some(("anna", "hunter2")) }).await, |reason| {
            matches!(reason, BackOffReason::ProxyAuthentication { .. })
        }),
    ];
    for (proxy, is_named) in table {
        let around = behind(&proxy).await;
        let status = around.status(is_backing_off).await;
        let ConnectionState::BackingOff { reason } = &status.state else { panic!("{status:?}") };
        assert!(is_named(reason), "{reason:?}");
        let said = serde_json::to_string(reason).unwrap();
        assert!(said.contains(&proxy.url), "{said}");
        assert_eq!(around.server.connections(), 0, "the profile does not permit a direct connection");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn past_a_proxy_that_is_gone_only_where_the_profile_permits_it() {
    for (fallback, is_expected) in [
        (ProxyFallback::Direct, is_connected as fn(&ConnectionState) -> bool),
        (ProxyFallback::None, is_backing_off),
    ] {
        let proxy = TestProxy::http(Script::Relay { login: None }).await;
        let proxy_settings = ProxySettings::Configured {
            address: proxy.url.parse().unwrap(),
            exceptions: Exceptions::default(),
        };
        let management = Management::new();
        let around =
            Surroundings::set_up(Setup { proxy: proxy_settings, ..Setup::managed(&management) }).await;
        around.desktop.question().await.answer(Answer::Allow(RememberFor::UntilChanged));
        around.status(is_connected).await;
        management.sessions(1).await;
        management.push_profile(1, |profile| profile.proxy_fallback = fallback);
        around.status_where(|status| status.profile.revision == Some(1)).await;
        around.agent.disconnect();
        around.status(|state| *state == ConnectionState::Disconnected).await;
        proxy.stop().await;
        let before = around.server.connections();
        around.agent.connect();
        around.status(is_expected).await;
        let directly = around.server.connections() - before;
        assert_eq!(directly, usize::from(fallback == ProxyFallback::Direct), "{fallback:?}");
        // The same server, whoever relays.
        around.desktop.was_not_asked().await;
    }
}
