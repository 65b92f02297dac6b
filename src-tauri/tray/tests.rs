//! Menu, labels and pictures.
#![allow(clippy::unwrap_used, clippy::panic)]

use countersign_words::Words;
use time::UtcOffset;
use time::macros::offset;

use super::as_label;
use super::menu::{Choice, Entry, Line, lines};
use super::panel::PanelShade;
use super::symbol::Symbol;
use crate::sample::statuses::{State, status};

#[test]
fn labels_are_plain_text() {
    for (text, label) in [("Connect", "Connect"), ("a & b", "a && b"), ("a\0b", "a b")] {
        assert_eq!(as_label(text), label);
    }
}

#[test]
fn every_symbol_is_a_picture_of_its_own() {
    let pictures: Vec<&[u8]> =
        Symbol::ALL.into_iter().flat_map(|symbol| PanelShade::ALL.map(|shade| symbol.png(shade))).collect();
    for (position, picture) in pictures.iter().enumerate() {
        assert!(picture.starts_with(b"\x89PNG"));
        assert!(!pictures[..position].contains(picture));
        let image = tauri::image::Image::from_bytes(picture).unwrap();
        assert_eq!((image.width(), image.height()), (88, 88));
    }
}

#[test]
fn the_shape_tells_the_state() {
    for (state, symbol) in [
        (State::Connected, Symbol::Connected),
        (State::Remembered, Symbol::Unverified),
        (State::Identified, Symbol::Unverified),
        (State::Unverified, Symbol::Unverified),
        (State::Question, Symbol::Question),
        (State::Denied, Symbol::Refused),
        (State::Refused, Symbol::Refused),
        (State::Connecting, Symbol::Offline),
        (State::Offline, Symbol::Offline),
        (State::Waiting, Symbol::Offline),
        (State::WithoutServer, Symbol::Offline),
    ] {
        assert_eq!(Symbol::of(&status(state)), symbol, "{state:?}");
    }
}

fn line(state: State, entry: Entry) -> Line {
    lines(&Words::english(), &status(state), UtcOffset::UTC)
        .into_iter()
        .find(|line| line.entry == entry)
        .unwrap()
}

#[test]
fn the_menu_offers_what_is_possible() {
    use Choice::{Impossible, Possible};
    for (state, connect, disconnect, review) in [
        (State::Connected, Impossible, Possible, Possible),
        (State::Unverified, Impossible, Possible, Possible),
        (State::Connecting, Impossible, Possible, Impossible),
        (State::Question, Impossible, Possible, Possible),
        (State::Denied, Possible, Possible, Possible),
        (State::Refused, Possible, Possible, Possible),
        (State::Waiting, Possible, Possible, Impossible),
        (State::Offline, Possible, Impossible, Impossible),
        (State::WithoutServer, Impossible, Impossible, Impossible),
    ] {
        let choices =
            [Entry::Connect, Entry::Disconnect, Entry::Review].map(|entry| line(state, entry).choice);
        assert_eq!(choices, [connect, disconnect, review], "{state:?}");
        let always = [
            Entry::State,
            Entry::Server,
            Entry::LastContact,
            Entry::Open,
            Entry::Remembered,
            Entry::History,
            Entry::About,
            Entry::Quit,
        ];
        for entry in always {
            assert_eq!(line(state, entry).choice, Possible, "{state:?} {entry:?}");
        }
    }
}

#[test]
fn the_menu_says_state_server_and_last_contact() {
    assert_eq!(line(State::Unverified, Entry::State).text, "Connected without a valid certificate");
    assert_eq!(line(State::Connected, Entry::State).text, "Connected");
    assert_eq!(line(State::Connected, Entry::Server).text, "Server: management.example.com:8013");
    assert_eq!(line(State::WithoutServer, Entry::Server).text, "No server is set up");
    assert_eq!(line(State::Connected, Entry::LastContact).text, "Last contact: 24 November 2026, 09:30");
    assert_eq!(line(State::Offline, Entry::LastContact).text, "No contact yet");
    let elsewhere = lines(&Words::english(), &status(State::Connected), offset!(+5:30));
    let last_contact = elsewhere.iter().find(|line| line.entry == Entry::LastContact).unwrap();
    assert_eq!(last_contact.text, "Last contact: 24 November 2026, 15:00");
}

#[test]
fn a_heartbeat_within_the_minute_changes_nothing() {
    let mut later = status(State::Connected);
    let before = lines(&Words::english(), &later, UtcOffset::UTC);
    later.last_contact = later.last_contact.map(|moment| moment + time::Duration::seconds(29));
    assert_eq!(lines(&Words::english(), &later, UtcOffset::UTC), before);
}

#[test]
fn every_entry_has_an_identifier_of_its_own() {
    for entry in Entry::ALL {
        assert_eq!(Entry::from_identifier(entry.identifier()), Some(entry));
    }
    assert_eq!(Entry::from_identifier("other"), None);
}
