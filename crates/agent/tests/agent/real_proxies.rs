//! The agent behind proxies that others have written: tinyproxy for HTTP CONNECT, microsocks for SOCKS.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use countersign_agent::keychain::MemoryKeychain;
use countersign_agent::proxy::{
    DesktopProxies, Exceptions, ProxyAddress, ProxyAuthenticationProblem, ProxyCredentials, ProxyLogin,
    ProxySettings,
};
use countersign_agent::{BackOffReason, ConnectionState, Secret};
use tempfile::TempDir;

use crate::support::{SOON, Surroundings, is_backing_off};

/// A proxy that lets in who shows user and password. Ends when it is dropped.
struct Proxy {
    process: Child,
    address: ProxyAddress,
    _directory: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Proxy {
    async fn tinyproxy() -> Self {
        Self::start("http", "tinyproxy", |command, address, directory| {
            let configuration = directory.path().join("tinyproxy.conf");
            let text = format!(
                "Listen {}\nPort {}\nAllow 127.0.0.1\nBasicAuth anna hunter2\nTimeout 60\nLogLevel Error\n",
                address.ip(),
                address.port()
            );
            std::fs::write(&configuration, text).unwrap();
            command.arg("-d").arg("-c").arg(&configuration);
        })
        .await
    }

    async fn microsocks() -> Self {
        Self::start("socks5", "microsocks", |command, address, _| {
            let (host, port) = (address.ip().to_string(), address.port().to_string());
            command.args(["-i", &host, "-p", &port, "-u", "anna", "-P", "hunter2"]);
        })
        .await
    }

    async fn start(
        scheme: &str,
        program: &str,
        prepare: impl FnOnce(&mut Command, SocketAddr, &TempDir),
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // Free at the moment; neither program tells which port it has got.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        prepare(&mut command, address, &directory);
        let process =
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap_or_else(|error| {
                panic!("{program}: {error}; scripts/install-packages test installs it")
            });
        let proxy = Self {
            process,
            address: format!("{scheme}://{address}").parse().unwrap(),
            _directory: directory,
        };
        let listening = async {
            while tokio::net::TcpStream::connect(address).await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(SOON, listening).await.expect("the proxy does not listen");
        proxy
    }
}

async fn agent_behind(proxy: &Proxy, password: Option<&str>) -> Surroundings {
    let keychain = Arc::new(MemoryKeychain::default());
    if let Some(password) = password {
        let secret = |text: &str| Secret::new(text.to_owned());
        let login = ProxyLogin::new(secret("anna"), secret(password)).unwrap();
        ProxyCredentials::new(Arc::clone(&keychain) as _).store(&proxy.address, &login).await.unwrap();
    }
    let settings =
        ProxySettings::Configured { address: proxy.address.clone(), exceptions: Exceptions::default() };
    Surroundings::start_behind(settings, Arc::new(DesktopProxies), keychain).await
}

#[tokio::test(flavor = "multi_thread")]
async fn they_relay_to_who_has_the_password() {
    for proxy in [Proxy::tinyproxy().await, Proxy::microsocks().await] {
        let around = agent_behind(&proxy, Some("hunter2")).await;
        around.desktop.question().await;
        around.server.connections_beyond(0).await;
        for (password, expected) in [
            (Some("wrong"), ProxyAuthenticationProblem::NotAccepted),
            (None, ProxyAuthenticationProblem::NoLogin),
        ] {
            let around = agent_behind(&proxy, password).await;
            let status = around.status(is_backing_off).await;
            let reason =
                BackOffReason::ProxyAuthentication { proxy: proxy.address.clone(), problem: expected };
            assert_eq!(status.state, ConnectionState::BackingOff { reason });
            assert_eq!(around.server.connections(), 0);
        }
    }
}
