//! The dialog about a recovery file: what it would do, or what came of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use countersign_words::Words;
use gtk::atk;
use gtk::atk::prelude::*;
use gtk::prelude::*;
use tokio::sync::oneshot;

use super::super::RecoveryChoice;
use super::super::recovery_text::{RecoveryButtons, RecoveryText};
use super::{closing, deliberate, focus, mnemonics, room, style, widgets};
use crate::windows::focus::bring_to_front;

const USE: gtk::ResponseType = gtk::ResponseType::Accept;
const LEAVE: gtk::ResponseType = gtk::ResponseType::Reject;

thread_local! {
    /// The dialog on the screen. There is one at most.
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

struct Open {
    number: u64,
    dialog: gtk::Dialog,
}

/// Shows the dialog in front: the person has opened the file. The choice is sent once; closing, Escape, Enter and Space are
/// [`RecoveryChoice::Leave`]. Another one that is open goes away.
pub(super) fn open(
    number: u64,
    words: &Words,
    text: &RecoveryText,
    activation: Option<&str>,
    choice: oneshot::Sender<RecoveryChoice>,
) {
    let (dialog, safe) = build(words, text);
    let choice = Rc::new(Cell::new(Some(choice)));
    dialog.connect_response(move |dialog, response| {
        let chosen = if response == USE { RecoveryChoice::Use } else { RecoveryChoice::Leave };
        if let Some(choice) = choice.take() {
            // Nobody waits any more when another file was opened at this very moment.
            let _ = choice.send(chosen);
        }
        close(dialog);
    });
    let previous = OPEN.replace(Some(Open { number, dialog: dialog.clone() }));
    if let Some(previous) = previous {
        close(&previous.dialog);
    }
    dialog.show_all();
    safe.grab_focus();
    bring_to_front(dialog.upcast_ref(), activation);
}

/// Takes the dialog away without an answer.
pub(super) fn withdraw(number: u64) {
    let dialog = OPEN.with_borrow(|open| {
        open.as_ref().filter(|open| open.number == number).map(|open| open.dialog.clone())
    });
    if let Some(dialog) = dialog {
        close(&dialog);
    }
}

fn close(dialog: &gtk::Dialog) {
    OPEN.with_borrow_mut(|open| {
        if open.as_ref().is_some_and(|open| open.dialog == *dialog) {
            *open = None;
        }
    });
    closing::close(dialog);
}

/// The dialog, and its safe button.
fn build(words: &Words, text: &RecoveryText) -> (gtk::Dialog, gtk::Widget) {
    let dialog = gtk::Dialog::new();
    style::install(&dialog);
    dialog.set_title(&text.window_title);
    dialog.set_icon_name(Some("countersign"));
    dialog.set_type_hint(gtk::gdk::WindowTypeHint::Dialog);
    dialog.set_position(gtk::WindowPosition::Center);
    dialog.set_border_width(12);
    dialog.set_resizable(false);
    if let Some(accessible) = dialog.accessible() {
        accessible.set_role(atk::Role::Dialog);
        accessible.set_name(&text.headline);
        accessible.set_description(text.paragraphs.first().map_or("", |lead| lead.as_str()));
    }

    let content = dialog.content_area();
    content.set_spacing(10);
    content.add(&widgets::styled(&text.headline, style::HEADLINE));
    let said = gtk::Box::new(gtk::Orientation::Vertical, 10);
    for paragraph in &text.paragraphs {
        said.add(&widgets::selectable(paragraph));
    }
    if let Some(fingerprint) = &text.fingerprint {
        let area = gtk::Box::new(gtk::Orientation::Vertical, 4);
        let label = widgets::paragraph(&words.prompt_fingerprint());
        let value = widgets::fingerprint(fingerprint, widgets::Pairs::Sixteen);
        widgets::label_for(&label, &value);
        area.add(&label);
        area.add(&value);
        said.add(&area);
    }
    widgets::name(&said, &text.headline);
    let said = widgets::scrolled(&said);
    content.add(&said.area);
    if let Some(advice) = &text.advice {
        content.add(&widgets::styled(advice, style::PROBLEM));
    }
    let safe = buttons(&dialog, &text.buttons);
    dialog.set_default_response(LEAVE);
    room::share(&dialog, &[said], focus::usable_height());
    (dialog, safe)
}

fn buttons(dialog: &gtk::Dialog, buttons: &RecoveryButtons) -> gtk::Widget {
    let safe = match buttons {
        RecoveryButtons::Close { close } => button(dialog, close, &mnemonics::mark(&[close]), LEAVE),
        RecoveryButtons::Offer { accept, cancel } => {
            let marked = mnemonics::mark(&[cancel, accept]);
            let accept = button(dialog, accept, &marked[1..], USE);
            let cancel = button(dialog, cancel, &marked, LEAVE);
            deliberate::after_a_second(dialog, &accept);
            // A key on its own never uses it: its letter leads there, and the person then presses it.
            accept.connect_mnemonic_activate(|accept, _| {
                accept.grab_focus();
                gtk::glib::Propagation::Stop
            });
            // Apart from the safe answer, so that nobody slips.
            if let Some(area) = accept.parent().and_then(|parent| parent.downcast::<gtk::ButtonBox>().ok()) {
                area.set_child_secondary(&accept, true);
            }
            cancel
        }
    };
    safe.set_can_default(true);
    safe.style_context().add_class("suggested-action");
    safe.grab_default();
    safe
}

/// A button by its label, of which the first of `marked` has a letter for Alt.
fn button(dialog: &gtk::Dialog, label: &str, marked: &[String], response: gtk::ResponseType) -> gtk::Widget {
    let button = dialog.add_button(marked.first().map_or(label, String::as_str), response);
    widgets::name(&button, label);
    button
}
