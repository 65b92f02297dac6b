//! For how long *Allow* holds: what the person can choose beside it.

use std::cell::Cell;
use std::rc::Rc;

use countersign_trust::RememberFor;
use countersign_words::Words;
use gtk::prelude::*;

use super::super::text::{OfferText, PromptText};
use super::widgets;

/// The choice, as it stands. It begins with the first offer.
pub(super) struct Choice {
    /// What belongs into the dialog.
    pub(super) area: gtk::Box,
    chosen: Rc<Cell<RememberFor>>,
}

impl Choice {
    /// Radio buttons, because Enter on them is the dialog's default, *Deny*, and no wheel turns them by accident. Where
    /// there is nothing to choose, a sentence says what holds.
    ///
    /// `labels` are those of the offers, with their letters for Alt marked.
    pub(super) fn new(words: &Words, text: &PromptText, labels: &[String]) -> Self {
        let first = text.offers.first().map(|offer| offer.offer).unwrap_or_default();
        let chosen = Rc::new(Cell::new(first));
        let area = gtk::Box::new(gtk::Orientation::Vertical, 4);
        match text.offers.as_slice() {
            [] => {}
            [only] => area.add(&widgets::paragraph(&words.allow_only(&only.label))),
            several => area.add(&radio_buttons(words, several, labels, &chosen)),
        }
        if let Some(end) = &text.latest_end {
            area.add(&widgets::paragraph(end));
        }
        Self { area, chosen }
    }

    /// What the person has chosen by now.
    pub(super) fn chosen(&self) -> RememberFor {
        self.chosen.get()
    }
}

fn radio_buttons(
    words: &Words,
    offers: &[OfferText],
    labels: &[String],
    chosen: &Rc<Cell<RememberFor>>,
) -> gtk::Box {
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    let label = widgets::paragraph(&words.allow_how_long());
    label.set_valign(gtk::Align::Start);
    let group = gtk::Box::new(gtk::Orientation::Vertical, 0);
    let mut first: Option<gtk::RadioButton> = None;
    for (OfferText { offer, label }, marked) in offers.iter().zip(labels) {
        let button = gtk::RadioButton::with_mnemonic(marked);
        widgets::name(&button, label);
        button.join_group(first.as_ref());
        let (offer, chosen) = (*offer, Rc::clone(chosen));
        button.connect_toggled(move |button| {
            if button.is_active() {
                chosen.set(offer);
            }
        });
        group.add(&button);
        first.get_or_insert(button);
    }
    widgets::name(&group, &words.allow_how_long());
    widgets::label_for(&label, &group);
    row.add(&label);
    row.add(&group);
    row
}
