//! The portal on a bus of the test's own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// A bus on which nothing is started by itself. Ends when it is dropped.
struct Bus {
    daemon: Child,
    address: String,
    _directory: tempfile::TempDir,
}

impl Bus {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let configuration = directory.path().join("bus.conf");
        let text = format!(
            "<busconfig><type>session</type><listen>unix:dir={}</listen><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            directory.path().display()
        );
        std::fs::write(&configuration, text).unwrap();
        let mut daemon = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", configuration.display()))
            .args(["--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Self { daemon, address: address.trim().to_owned(), _directory: directory }
    }

    fn builder(&self) -> zbus::connection::Builder<'static> {
        zbus::connection::Builder::address(self.address.as_str()).unwrap()
    }

    async fn way_to_server(&self, limit: Duration) -> ProposedWay {
        let server = ServerAddress::new("server.example.com", 8013).unwrap();
        ask(async { look_up(&self.builder().build().await?, &server).await }, limit).await
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

enum Portal {
    Answers,
    Fails,
    IsSilent,
}

#[zbus::interface(name = "org.freedesktop.portal.ProxyResolver")]
impl Portal {
    async fn lookup(&self, uri: String) -> zbus::fdo::Result<Vec<String>> {
        match self {
            Self::Answers if uri == "https://server.example.com:8013" => {
                Ok(vec!["http://proxy.example.com:3128".to_owned(), "direct://".to_owned()])
            }
            Self::Answers => Ok(vec!["direct://".to_owned()]),
            Self::Fails => Err(zbus::fdo::Error::Failed("no script".to_owned())),
            Self::IsSilent => std::future::pending().await,
        }
    }
}

#[tokio::test]
async fn the_portal_is_asked_and_a_broken_one_is_as_good_as_none() {
    let bus = Bus::start();
    assert_eq!(bus.way_to_server(LIMIT).await, ProposedWay::Direct, "nobody is there");
    let through = ProposedWay::from_urls(["http://proxy.example.com:3128"]);
    for (portal, limit, expected) in [
        (Portal::Answers, LIMIT, through),
        (Portal::Fails, LIMIT, ProposedWay::Direct),
        (Portal::IsSilent, Duration::from_millis(100), ProposedWay::Direct),
    ] {
        let portal =
            bus.builder().serve_at(OBJECT, portal).unwrap().name(PORTAL).unwrap().build().await.unwrap();
        assert_eq!(bus.way_to_server(limit).await, expected);
        portal.close().await.unwrap();
    }
}

#[tokio::test]
async fn no_bus_is_no_proxy() {
    let nowhere = zbus::connection::Builder::address("unix:path=/nowhere/at/all").unwrap();
    let server = ServerAddress::new("server.example.com", 8013).unwrap();
    let way = ask(async { look_up(&nowhere.build().await?, &server).await }, LIMIT).await;
    assert_eq!(way, ProposedWay::Direct);
}
