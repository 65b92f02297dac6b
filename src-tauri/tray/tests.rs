//! The label of menu items, and the pictures.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::as_label;
use super::panel::PanelShade;
use super::symbol::Symbol;

#[test]
fn labels_are_plain_text() {
    for (text, label) in [("Connect", "Connect"), ("a & b", "a && b"), ("a\0b", "a b")] {
        assert_eq!(as_label(text), label);
    }
}

#[test]
fn every_symbol_is_a_picture_of_its_own() {
    let pictures: Vec<&[u8]> = Symbol::ALL
        .into_iter()
        .flat_map(|symbol| [symbol.png(PanelShade::Light), symbol.png(PanelShade::Dark)])
        .collect();
    for (position, picture) in pictures.iter().enumerate() {
        assert!(picture.starts_with(b"\x89PNG"));
        assert!(!pictures[..position].contains(picture));
        let image = tauri::image::Image::from_bytes(picture).unwrap();
        assert_eq!((image.width(), image.height()), (44, 44));
    }
}
