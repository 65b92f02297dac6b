//! What the tray menu says. Pure: the same status always gives the same menu.

use countersign_agent::Status;
use countersign_words::{Text, Words};
use time::UtcOffset;

use crate::action::{Action, offered};
use crate::words;

/// The entries of the menu. Their names are the identifiers of the menu items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The state in words. Like the next two it opens the status window, which says more: what cannot be chosen is greyed
    /// out, and hard to read.
    State,
    /// The server.
    Server,
    /// When the server was last heard of.
    LastContact,
    /// Connects.
    Connect,
    /// Disconnects.
    Disconnect,
    /// Shows the question, or the certificate.
    Review,
    /// Opens the status window.
    Open,
    /// Opens the window of the remembered certificates.
    Remembered,
    /// Opens the window of the connection history.
    History,
    /// Opens the status window where it says what this program is.
    About,
    /// Ends the program.
    Quit,
}

impl Entry {
    /// Every entry, from top to bottom.
    pub const ALL: [Self; 11] = [
        Self::State,
        Self::Server,
        Self::LastContact,
        Self::Connect,
        Self::Disconnect,
        Self::Review,
        Self::Open,
        Self::Remembered,
        Self::History,
        Self::About,
        Self::Quit,
    ];

    /// The identifier of the menu item.
    #[must_use]
    pub fn identifier(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Server => "server",
            Self::LastContact => "last-contact",
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Review => "review",
            Self::Open => "open",
            Self::Remembered => "remembered",
            Self::History => "history",
            Self::About => "about",
            Self::Quit => "quit",
        }
    }

    /// The entry with this identifier.
    #[must_use]
    pub fn from_identifier(identifier: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entry| entry.identifier() == identifier)
    }

    /// Whether a line stands above it.
    #[must_use]
    pub fn begins_group(self) -> bool {
        matches!(self, Self::Connect | Self::Open)
    }
}

/// Whether an entry can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// It can.
    Possible,
    /// It is shown, and cannot.
    Impossible,
}

/// An entry as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which one it is.
    pub entry: Entry,
    /// What it says. Plain text: `&` means itself here.
    pub text: Text,
    /// Whether it can be chosen.
    pub choice: Choice,
}

/// The menu for a status. Times are shown with `offset` from UTC.
#[must_use]
pub fn lines(words: &Words, status: &Status, offset: UtcOffset) -> Vec<Line> {
    let offered = offered(status);
    Entry::ALL
        .into_iter()
        .map(|entry| {
            let on_offer =
                |action| if offered.contains(&action) { Choice::Possible } else { Choice::Impossible };
            let (text, choice) = match entry {
                Entry::State => (words::headline(words, status), Choice::Possible),
                Entry::Server => (server(words, status), Choice::Possible),
                Entry::LastContact => (last_contact(words, status, offset), Choice::Possible),
                Entry::Connect => (words.tray_connect(), on_offer(Action::Connect)),
                Entry::Disconnect => (words.tray_disconnect(), on_offer(Action::Disconnect)),
                Entry::Review => (words.tray_review(), on_offer(Action::Review)),
                Entry::Open => (words.tray_open(), Choice::Possible),
                Entry::Remembered => (words.status_remembered(), Choice::Possible),
                Entry::History => (words.status_history(), Choice::Possible),
                Entry::About => (words.tray_about(), Choice::Possible),
                Entry::Quit => (words.tray_quit(), Choice::Possible),
            };
            Line { entry, text, choice }
        })
        .collect()
}

fn server(words: &Words, status: &Status) -> Text {
    match &status.server {
        Some(server) => words.tray_server(server),
        None => words.tray_no_server(),
    }
}

/// To the minute, so that heartbeats do not change the menu all the time.
fn last_contact(words: &Words, status: &Status, offset: UtcOffset) -> Text {
    match status.last_contact {
        Some(moment) => words.tray_last_contact(&words.local_moment(moment, offset)),
        None => words.tray_no_contact(),
    }
}
