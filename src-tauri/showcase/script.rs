//! Lines on standard input: what to show next.

use std::io::BufRead as _;
use std::sync::Arc;

use clap::ValueEnum;
use countersign_agent::{Desktop, KeychainError, Notice, Status};
use tokio::sync::watch;

use super::data;
use super::statuses::{self, State};

/// The notifications that can be shown.
#[derive(Clone, Copy, ValueEnum)]
enum NoticeKind {
    AnswerNeeded,
    AnswerNotKept,
    OtherIdentity,
    CommandMessage,
    FirstUse,
    Recovered,
}

impl NoticeKind {
    fn notice(self) -> Notice {
        match self {
            Self::AnswerNeeded => Notice::AnswerNeeded { server: data::server() },
            Self::AnswerNotKept => Notice::AnswerNotKept { reason: KeychainError::TimedOut { seconds: 5 } },
            Self::OtherIdentity => Notice::OtherIdentity { server: data::server() },
            Self::CommandMessage => Notice::CommandMessage {
                title: "Maintenance".to_owned(),
                text: "The management server restarts at 18:00. You need not do anything.".to_owned(),
            },
            Self::Recovered => {
                let until = Some(data::NOW + time::Duration::days(9));
                Notice::Recovered { server: data::server(), until }
            }
            Self::FirstUse => Notice::FirstUse { server: data::server() },
        }
    }
}

/// Follows the lines in the background: `state NAME` and `notice NAME`, for as long as anybody writes any.
pub(crate) fn follow(status: watch::Sender<Status>, desktop: Arc<dyn Desktop>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            let (what, name) = line.split_once(' ').unwrap_or((&line, ""));
            let done = match what {
                "state" => State::from_str(name, true).map(|state| {
                    status.send_replace(statuses::status(state));
                }),
                "notice" => NoticeKind::from_str(name, true).map(|kind| {
                    tauri::async_runtime::block_on(desktop.notify(kind.notice()));
                }),
                _ => Err("it begins with “state” or “notice”".to_owned()),
            };
            match done {
                Ok(()) => println!("ok {line}"),
                Err(error) => println!("error: {error}"),
            }
        }
    });
}
