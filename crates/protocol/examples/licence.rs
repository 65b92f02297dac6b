//! What the publisher does with licences: makes the key that signs them, and signs one.
//!
//! `licence new-key KEY` writes a new private key to a file and prints the public one, with which the server is built
//! (`COUNTERSIGN_LICENCE_KEY`). `licence sign KEY HOLDER SEATS [DAYS [FEATURE…]]` prints a licence file.

#![allow(clippy::print_stdout, reason = "what it makes is printed")]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use countersign_protocol::{LicenceDocument, PublisherKeyPair};
use time::{Duration, OffsetDateTime};

const USAGE: &str = "licence new-key KEY | licence sign KEY HOLDER SEATS [DAYS [FEATURE…]]";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["new-key", key] => {
            let (pair, pkcs8) = PublisherKeyPair::generate()?;
            create_private(Path::new(key))?.write_all(&pkcs8)?;
            println!("{}", pair.public_key());
        }
        ["sign", key, holder, seats, rest @ ..] => {
            let pair = PublisherKeyPair::from_pkcs8(&std::fs::read(key)?)?;
            let now = OffsetDateTime::now_utc();
            let mut document = LicenceDocument::new((*holder).to_owned(), seats.parse()?, now);
            if let Some(days) = rest.first() {
                document.expires_at = Some(now + Duration::days(days.parse::<u32>()?.into()));
            }
            if rest.len() > 1 {
                document.features = rest[1..].iter().map(ToString::to_string).collect();
            }
            println!("{}", pair.sign(&document)?.to_text());
        }
        _ => return Err(USAGE.into()),
    }
    Ok(())
}

/// A new file that only its owner can read.
fn create_private(path: &Path) -> std::io::Result<std::fs::File> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
