//! Whether a question may come to the person now, or has to wait.
//!
//! Every source says whether it knows something that stands in the way; [`judge`] makes one decision of it. The sources
//! are followed only while a question waits or is on the screen: nothing wakes an idle desktop. A source that does not
//! answer in time has nothing to say: better asked at a bad moment than never.

mod do_not_disturb;
mod full_screen;
mod screen_saver;
mod session;

use std::time::Duration;

use gtk::glib;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long the sources may take until the question is asked without them.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why a question has to wait. Those named first outrank the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// The screen of the session is locked.
    Locked,
    /// The computer is about to sleep.
    Asleep,
    /// Another session is in front of the screen.
    OtherSession,
    /// The screen saver runs.
    ScreenSaver,
    /// A window fills the screen: a film, a talk, a game.
    FullScreen,
    /// The person does not want to be disturbed.
    DoNotDisturb,
}

/// Whether the person is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Person {
    /// Nobody sees the screen: nothing may be on it that somebody could answer.
    Away,
    /// Somebody is there and busy: who asks for the question gets it all the same.
    Busy,
}

impl Reason {
    fn person(self) -> Person {
        match self {
            Self::Locked | Self::Asleep | Self::OtherSession | Self::ScreenSaver => Person::Away,
            Self::FullScreen | Self::DoNotDisturb => Person::Busy,
        }
    }
}

/// Whether a question may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Interruptible {
    /// It may.
    Now,
    /// Not before this has ended.
    Later(Reason),
}

/// On whose initiative a question is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Initiative {
    /// It comes by itself.
    Ours,
    /// The person has chosen *Connect* or *Review…*.
    Persons,
}

/// What one source says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Said {
    /// It was asked, and has not answered yet.
    #[default]
    Pending,
    /// Nothing stands in the way, or it cannot tell.
    Free,
    /// This does.
    Hindered(Reason),
}

impl From<Option<Reason>> for Said {
    fn from(reason: Option<Reason>) -> Self {
        reason.map_or(Self::Free, Self::Hindered)
    }
}

/// Whom we ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Session,
    ScreenSaver,
    FullScreen,
    DesktopSettings,
    Xfce,
    NotificationServer,
}

type Board = [Said; 6];

/// Whether to wait for sources that have not answered yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    Left,
    Over,
}

/// Nothing as long as it is worth waiting for the sources.
fn judge(board: Board, initiative: Initiative, patience: Patience) -> Option<Interruptible> {
    let hindrance = board
        .iter()
        .filter_map(|said| match said {
            Said::Hindered(reason) => Some(*reason),
            Said::Pending | Said::Free => None,
        })
        .filter(|reason| reason.person() == Person::Away || initiative == Initiative::Ours)
        .min();
    match hindrance {
        Some(reason) => Some(Interruptible::Later(reason)),
        None if patience == Patience::Left && board.contains(&Said::Pending) => None,
        None => Some(Interruptible::Now),
    }
}

/// Where a source says what it knows.
#[derive(Clone)]
struct Report {
    board: watch::Sender<Board>,
    source: Source,
}

impl Report {
    fn say(&self, said: impl Into<Said>) {
        let (said, place) = (said.into(), self.source as usize);
        self.board.send_if_modified(|board| std::mem::replace(&mut board[place], said) != said);
    }
}

/// Follows all sources until it is dropped.
pub(super) struct Attention {
    board: watch::Receiver<Board>,
    patient_until: Instant,
}

impl Attention {
    /// Begins to follow them, on the main thread.
    pub(super) fn follow() -> Self {
        let (sender, board) = watch::channel(Board::default());
        glib::MainContext::default().invoke(move || {
            glib::MainContext::default().spawn_local(follow_all(sender));
        });
        Self { board, patient_until: Instant::now() + PATIENCE }
    }

    /// Waits until it is known whether a question may be shown, and until that is another than `before`.
    pub(super) async fn changed(
        &mut self,
        before: Option<Interruptible>,
        initiative: Initiative,
    ) -> Interruptible {
        loop {
            let patience = if Instant::now() < self.patient_until { Patience::Left } else { Patience::Over };
            let judged = judge(*self.board.borrow_and_update(), initiative, patience);
            if let Some(judged) = judged.filter(|judged| Some(*judged) != before) {
                return judged;
            }
            let out_of_patience = async {
                match patience {
                    Patience::Left => tokio::time::sleep_until(self.patient_until).await,
                    Patience::Over => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = self.board.changed() => if changed.is_err() {
                    // The main loop has ended, and the app with it.
                    std::future::pending::<()>().await;
                },
                () = out_of_patience => {}
            }
        }
    }

    /// Waits until nobody sees the screen any more.
    pub(super) async fn lost(&mut self) -> Reason {
        loop {
            // A wish outranks what keeps a person busy, so only absence is left.
            let before = Some(Interruptible::Now);
            if let Interruptible::Later(reason) = self.changed(before, Initiative::Persons).await {
                return reason;
            }
        }
    }
}

async fn follow_all(board: watch::Sender<Board>) {
    let report = |source| Report { board: board.clone(), source };
    let all = async {
        tokio::join!(
            session::follow(report(Source::Session)),
            screen_saver::follow(report(Source::ScreenSaver)),
            full_screen::follow(report(Source::FullScreen)),
            do_not_disturb::desktop_settings::follow(report(Source::DesktopSettings)),
            do_not_disturb::xfce::follow(report(Source::Xfce)),
            do_not_disturb::notification_server::follow(report(Source::NotificationServer)),
        );
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = board.closed() => {}
        () = all => {}
    }
}

#[cfg(test)]
mod tests;
