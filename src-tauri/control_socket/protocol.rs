//! What is said over the control socket: one JSON object per line.
//!
//! The client says [`Hello`], the server answers with [`FromServer::Welcome`] or [`FromServer::Refused`]. Then the
//! client sends one [`Request`] at a time and reads lines until the [`FromServer::Response`]; events may stand between.

use std::collections::BTreeSet;

use clap::ValueEnum;
use countersign_agent::{ConnectionEvent, Prompt, RecoveryTaken, RememberedList, RequestError, Status};
use countersign_trust::{Fingerprint, RememberFor, ServerAddress};
use serde::{Deserialize, Serialize};

/// The version of this protocol. Another number is another language: both ends say so and part.
pub const VERSION: u32 = 1;

/// No line is longer, in bytes. An assessment with the certificates of its chain fits in easily.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// The first line of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol that it speaks.
    pub version: u32,
    /// What it is.
    pub client: Client,
}

/// Who connects. All of them run as the same person, so that this does not protect from anybody; it keeps a window from
/// doing what only a person may do deliberately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Client {
    /// The program in a terminal or script.
    CommandLine,
    /// A window's process.
    Window {
        /// Which one.
        window: WindowName,
    },
}

/// The windows, each a process of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum WindowName {
    /// The state of the connection.
    Status,
    /// The remembered certificates.
    Remembered,
    /// The history of the connection.
    History,
    /// An examination of everything that a connection needs.
    Doctor,
}

impl WindowName {
    /// The name, as on the command line, in the protocol, and of the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Remembered => "remembered",
            Self::History => "history",
            Self::Doctor => "doctor",
        }
    }
}

/// Where in a window to begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At the top.
    #[default]
    Top,
    /// Where it says what this program is.
    About,
}

/// How a window shall come to the front.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presentation {
    /// Where in the window to begin.
    #[serde(default)]
    pub place: Place,
    /// What the desktop gave the program that the person started, so that its window may take the focus: a startup
    /// notification identifier (X11) or an activation token (Wayland).
    #[serde(default)]
    pub activation: Option<String>,
}

/// What a client wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// The status now: [`Response::Status`].
    Status,
    /// The open question: [`Response::Question`].
    Question,
    /// The history of the connection: [`Response::History`].
    History,
    /// The remembered certificates: [`Response::Remembered`].
    Remembered,
    /// Events from now on, of these topics and no others; each topic begins with what is the case.
    Subscribe {
        /// Which.
        topics: BTreeSet<Topic>,
    },
    /// Connect now.
    Connect {
        /// To another server than the present one.
        #[serde(default)]
        server: Option<ServerAddress>,
    },
    /// End the connection, or the attempts to make one.
    Disconnect,
    /// Bring the question to the front, or the certificate when there is none.
    Review,
    /// Answer the open question, where the machine's configuration lets the command line do so.
    Answer {
        /// The certificate that the answer is about.
        fingerprint: Fingerprint,
        /// What the person says.
        answer: PersonsAnswer,
    },
    /// Forget what was allowed for one server.
    Forget {
        /// The server.
        server: ServerAddress,
    },
    /// Forget everything that was allowed: [`Response::Forgotten`].
    ForgetAll,
    /// Take a recovery file: [`Response::Recovered`].
    Recover {
        /// What is in it, at most 64 KiB.
        file: String,
    },
    /// Show what a recovery file would do, and take it if the person says so.
    OpenRecoveryFile {
        /// What is in it, at most 64 KiB.
        file: String,
        /// As in [`Presentation`].
        #[serde(default)]
        activation: Option<String>,
    },
    /// Open a window, or bring it to the front.
    Open {
        /// Which one.
        window: WindowName,
        /// How.
        #[serde(default)]
        presentation: Presentation,
    },
}

/// The answer of a person to the question whether to connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum PersonsAnswer {
    /// Connect, and remember the certificate.
    Allow {
        /// For how long; without it what the dialog proposes.
        #[serde(default)]
        remember: Option<RememberFor>,
    },
    /// Do not connect.
    Deny,
}

/// What there are events about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// The status has changed.
    Status,
    /// A question was opened, or the open one is over.
    Question,
    /// Something has happened to the connection.
    History,
    /// A certificate was allowed, used or forgotten.
    Remembered,
    /// The person wants to see this window.
    Present,
}

/// A line of the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", content = "content", rename_all = "snake_case")]
pub enum FromServer {
    /// The answer to [`Hello`].
    Welcome(Welcome),
    /// The client is not talked to. The last line.
    Refused(Failure),
    /// The answer to the request.
    Response(Result<Response, Failure>),
    /// Something has changed.
    Event(Event),
}

/// What the server says first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The version of the protocol that it speaks.
    pub version: u32,
    /// The version of the running program.
    pub agent_version: String,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "response", content = "value", rename_all = "snake_case")]
pub enum Response {
    /// It is done, or begun.
    Done,
    /// The status.
    Status(Box<Status>),
    /// The open question, if there is one.
    Question(Option<Box<Prompt>>),
    /// The history of the connection, the latest last.
    History(Vec<ConnectionEvent>),
    /// The remembered certificates.
    Remembered(RememberedList),
    /// How many were forgotten.
    Forgotten(usize),
    /// What a recovery file allows.
    Recovered(RecoveryTaken),
}

/// Something that has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "value", rename_all = "snake_case")]
pub enum Event {
    /// The status.
    Status(Box<Status>),
    /// The open question, if there is one.
    Question(Option<Box<Prompt>>),
    /// The history of the connection, the latest last.
    History(Vec<ConnectionEvent>),
    /// A certificate was allowed, used or forgotten. To list them takes long, so that whoever wants to know asks.
    Remembered,
    /// The person wants to see this window.
    Present(Presentation),
}

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "failure", rename_all = "snake_case")]
pub enum Failure {
    /// The versions of the protocol differ.
    #[error(
        "The running instance of Countersign is of another version (it speaks version {server} of the control protocol, \
         and this program speaks version {client}). Quit it and start it again."
    )]
    Version {
        /// The server's.
        server: u32,
        /// The client's.
        client: u32,
    },
    /// Too many clients are connected.
    #[error(
        "Countersign is already talked to by as many windows and command lines as it listens to. Close some."
    )]
    Busy,
    /// The line could not be understood.
    #[error("The running instance of Countersign did not understand the request: {detail}.")]
    NotUnderstood {
        /// What was wrong.
        detail: String,
    },
    /// It took too long.
    #[error("Countersign did not do it in time. Try again, and look into the log if that does not help.")]
    TimedOut,
    /// A window asked for what windows do not do.
    #[error("This window cannot do that.")]
    NotForWindows,
    /// The agent does not do it.
    #[error(transparent)]
    Agent {
        /// Why.
        #[from]
        error: RequestError,
    },
    /// It cannot be done in this state.
    #[error("This is not possible now: the state does not allow it, or has changed in the meantime.")]
    NotPossible,
    /// There is no display for windows.
    #[error("Countersign runs without a display, so it cannot show windows.")]
    NoDisplay,
}
