//! What a start tells whoever starts the server. Secrets are shown on a terminal only: whatever else reads what the server prints,
//! such as the journal of the system, keeps it. There they lie in files of the data directory.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use countersign_protocol::Secret;

use crate::data_directory::PrivateFile;
use crate::server::Server;

/// Where secrets lie that were not shown.
#[derive(Clone, Debug)]
pub(crate) struct SecretFiles {
    /// The tokens of the first start, and an administrator token that was replaced. Removed by whoever has read it.
    pub(crate) tokens: PathBuf,
    /// The set-up link. Removed once it is over.
    pub(crate) link: PathBuf,
}

impl SecretFiles {
    pub(crate) fn of(directory: &Path) -> Self {
        Self { tokens: directory.join("first-tokens"), link: directory.join("set-up-link") }
    }
}

/// Who reads what the server prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A person, and nobody else.
    Terminal,
    /// A program that may keep it.
    Program,
}

/// What whoever starts the server has to know.
pub struct Announcement<'server> {
    pub(crate) server: &'server Server,
    pub(crate) files: &'server SecretFiles,
}

impl Announcement<'_> {
    /// The text to print. What must not be printed is written to files of the data directory that this account alone can read.
    pub fn text(&self, reader: Reader) -> io::Result<String> {
        let Self { server, files } = self;
        let mut text = format!(
            "Telemetry:       {}\nConsole:         https://{}/\nAPI:             https://{}/api/v1\nServer identity: {}\n",
            server.telemetry, server.console, server.console, server.identity
        );
        let tokens = server.new_tokens.as_ref().map(|tokens| {
            let mut lines = format!("Administrator token: {}\n", tokens.administrator.expose());
            if let Some(enrolment) = &tokens.enrolment {
                let _ = writeln!(lines, "Enrolment token:     {}", enrolment.expose());
            }
            Secret::new(lines)
        });
        match (&tokens, reader) {
            (Some(tokens), Reader::Terminal) => {
                let _ = write!(text, "What follows is not shown again:\n{}", tokens.expose());
            }
            (Some(tokens), Reader::Program) => {
                PrivateFile::prepare(&files.tokens)?.write(tokens.expose().as_bytes())?;
            }
            (None, _) => {}
        }
        if files.tokens.exists() {
            let file = files.tokens.display();
            let _ = writeln!(text, "New tokens are in {file}. Remove this file once you have read it.");
        }
        match (&server.set_up_link, reader) {
            (Some(link), Reader::Terminal) => {
                let _ = writeln!(
                    text,
                    "Set up the first administrator here (once, until the server is started again):\n  {}",
                    link.expose()
                );
            }
            (Some(link), Reader::Program) => {
                PrivateFile::prepare(&files.link)?.write(format!("{}\n", link.expose()).as_bytes())?;
                let _ = writeln!(
                    text,
                    "Set up the first administrator with the link in {} (once, until the server is started again).",
                    files.link.display()
                );
            }
            (None, _) => {}
        }
        Ok(text)
    }
}
