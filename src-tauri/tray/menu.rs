//! What the tray menu says. Pure: the same status always gives the same menu.

use countersign_agent::Status;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use crate::action::{Action, offered};
use crate::words;

/// The entries of the menu. Their names are the identifiers of the menu items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// The state in words; cannot be chosen.
    State,
    /// The server; cannot be chosen.
    Server,
    /// When the server was last heard of; cannot be chosen.
    LastContact,
    /// Connects.
    Connect,
    /// Disconnects.
    Disconnect,
    /// Shows the question, or the certificate.
    Review,
    /// Opens the status window.
    Open,
    /// Opens the status window where it says what this program is.
    About,
    /// Ends the program.
    Quit,
}

impl Entry {
    /// Every entry, from top to bottom.
    pub const ALL: [Self; 9] = [
        Self::State,
        Self::Server,
        Self::LastContact,
        Self::Connect,
        Self::Disconnect,
        Self::Review,
        Self::Open,
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
    pub text: String,
    /// Whether it can be chosen.
    pub choice: Choice,
}

/// The menu for a status. Times are shown with `offset` from UTC.
#[must_use]
pub fn lines(status: &Status, offset: UtcOffset) -> Vec<Line> {
    let offered = offered(status);
    Entry::ALL
        .into_iter()
        .map(|entry| {
            let on_offer =
                |action| if offered.contains(&action) { Choice::Possible } else { Choice::Impossible };
            let (text, choice) = match entry {
                Entry::State => (words::headline(status), Choice::Impossible),
                Entry::Server => (server(status), Choice::Impossible),
                Entry::LastContact => (last_contact(status, offset), Choice::Impossible),
                Entry::Connect => ("Connect".to_owned(), on_offer(Action::Connect)),
                Entry::Disconnect => ("Disconnect".to_owned(), on_offer(Action::Disconnect)),
                Entry::Review => ("Review certificate…".to_owned(), on_offer(Action::Review)),
                Entry::Open => ("Open Countersign".to_owned(), Choice::Possible),
                Entry::About => ("About Countersign".to_owned(), Choice::Possible),
                Entry::Quit => ("Quit".to_owned(), Choice::Possible),
            };
            Line { entry, text, choice }
        })
        .collect()
}

fn server(status: &Status) -> String {
    match &status.server {
        Some(server) => format!("Server: {server}"),
        None => "No server is set up".to_owned(),
    }
}

/// To the minute, so that heartbeats do not change the menu all the time.
fn last_contact(status: &Status, offset: UtcOffset) -> String {
    match status.last_contact {
        Some(moment) => format!("Last contact: {}", minute(moment, offset)),
        None => "No contact yet".to_owned(),
    }
}

fn minute(moment: OffsetDateTime, offset: UtcOffset) -> String {
    let format = format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute]");
    moment.to_offset(offset).format(&format).unwrap_or_else(|_| moment.to_string())
}
