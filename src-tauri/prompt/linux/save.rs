//! Saving a certificate as a file in PEM (RFC 7468).

use countersign_words::{Text, Words};
use gtk::gio;
use gtk::glib;
use gtk::prelude::*;

use super::outcome::Outcome;
use super::widgets;

/// What a file is called unless the person calls it otherwise.
const FILE_NAME: &str = "certificate.pem";

/// A button that asks for a file, writes the certificate into it, and says what came of it.
pub(super) fn button(
    words: &Words,
    window: &gtk::Window,
    outcome: &Outcome,
    certificate: &Text,
    pem: &str,
) -> gtk::Button {
    let button = gtk::Button::with_label(&words.certificate_save());
    widgets::name(&button, &words.certificate_save_which(certificate));
    let (words, pem) = (words.clone(), pem.to_owned());
    let (window, outcome) = (window.downgrade(), outcome.clone());
    button.connect_clicked(move |_| {
        let Some(window) = window.upgrade() else { return };
        glib::MainContext::default().spawn_local(save(words.clone(), window, outcome.clone(), pem.clone()));
    });
    button
}

async fn save(words: Words, window: gtk::Window, outcome: Outcome, pem: String) {
    let action = gtk::FileChooserAction::Save;
    let chooser =
        gtk::FileChooserNative::new(Some(&words.certificate_save()), Some(&window), action, None, None);
    // Its parent may be closed while it is open, and it shall not stay behind.
    let (gone, closed) = tokio::sync::oneshot::channel();
    let gone = std::cell::Cell::new(Some(gone));
    let watching = window.connect_destroy(move |_| {
        if let Some(gone) = gone.take() {
            let _ = gone.send(());
        }
    });
    let parent = window.downgrade();
    drop(window);
    chooser.set_modal(true);
    chooser.set_do_overwrite_confirmation(true);
    chooser.set_current_name(FILE_NAME);
    let response = tokio::select! {
        response = chooser.run_future() => response,
        _ = closed => gtk::ResponseType::Cancel,
    };
    if let Some(parent) = parent.upgrade() {
        parent.disconnect(watching);
    }
    let file = chooser.file().filter(|_| response == gtk::ResponseType::Accept);
    chooser.destroy();
    let Some(file) = file else { return };
    let name = file.parse_name();
    // Written beside the main loop: the file may be on a network.
    let written = file.replace_contents_future(pem, None, false, gio::FileCreateFlags::NONE).await;
    let said = match written {
        Ok(_) => words.certificate_saved(&name),
        Err((_, error)) => words.certificate_not_saved(&name, error.message()),
    };
    outcome.say(&said);
}
