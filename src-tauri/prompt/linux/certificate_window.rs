//! The window with the certificates that a server presented.

use countersign_trust::Assessment;
use countersign_words::{CertificateField, Text, Words};
use gtk::gdk;
use gtk::glib;
use gtk::prelude::*;

use super::super::certificate_text::{CertificateText, certificates};
use super::super::text::printable;
use super::{focus, style, widgets};

/// The name by which the window of a parent is found again.
const WIDGET_NAME: &str = "countersign-certificates";

/// Opens the window, above `parent` if there is one; brings it to the front when it is already open.
pub(super) fn open(words: &Words, parent: Option<&gtk::Window>, assessment: &Assessment) {
    if let Some(open) = already_open(parent) {
        open.present();
        return;
    }
    let window = gtk::Window::new(gtk::WindowType::Toplevel);
    style::install(&window);
    window.set_widget_name(WIDGET_NAME);
    window.set_title(&printable(&words.window_title(&words.certificate_window(&assessment.server))));
    window.set_icon_name(Some("application-certificate"));
    window.set_type_hint(gdk::WindowTypeHint::Dialog);
    window.set_border_width(12);
    window.set_default_size(700, (focus::usable_height() - 80).clamp(300, 620));
    if let Some(parent) = parent {
        window.set_transient_for(Some(parent));
        window.set_destroy_with_parent(true);
        window.set_keep_above(true);
    }

    let column = gtk::Box::new(gtk::Orientation::Vertical, 12);
    let chain = gtk::Box::new(gtk::Orientation::Vertical, 14);
    chain.set_border_width(4);
    let texts = certificates(words, assessment);
    if texts.is_empty() {
        chain.add(&widgets::paragraph(&words.certificate_window_empty()));
    }
    for text in texts {
        chain.add(&certificate(words, text));
    }
    widgets::name(&chain, &words.certificate_window_area());
    let area = widgets::scrolled(&chain, i32::MAX);
    area.set_vexpand(true);
    column.add(&area);

    let close = gtk::Button::with_label(&words.certificate_close());
    close.set_halign(gtk::Align::End);
    close.set_can_default(true);
    let target = window.downgrade();
    close.connect_clicked(move |_| {
        if let Some(window) = target.upgrade() {
            window.close();
        }
    });
    column.add(&close);
    window.add(&column);
    window.connect_key_press_event(|window, event| {
        if event.keyval() == gdk::keys::constants::Escape {
            window.close();
            return glib::Propagation::Stop;
        }
        glib::Propagation::Proceed
    });
    close.grab_default();
    close.grab_focus();
    window.show_all();
    window.present();
}

fn already_open(parent: Option<&gtk::Window>) -> Option<gtk::Window> {
    gtk::Window::list_toplevels()
        .into_iter()
        .filter_map(|widget| widget.downcast::<gtk::Window>().ok())
        .find(|window| window.widget_name() == WIDGET_NAME && window.transient_for().as_ref() == parent)
}

fn certificate(words: &Words, text: CertificateText) -> gtk::Box {
    let area = gtk::Box::new(gtk::Orientation::Vertical, 6);
    area.add(&widgets::styled(&text.heading, style::HEADLINE));
    let grid = gtk::Grid::new();
    grid.set_column_spacing(14);
    grid.set_row_spacing(4);
    let findings = text.findings.into_iter().map(|(label, value)| (label, widgets::selectable(&value)));
    let fields = text.fields.into_iter().map(|(field, label, value)| (label, value_of(field, &value)));
    for (row, (label, value)) in (0..).zip(findings.chain(fields)) {
        let label = widgets::paragraph(&label);
        label.set_valign(gtk::Align::Start);
        value.set_hexpand(true);
        widgets::label_for(&label, &value);
        grid.attach(&label, 0, row, 1, 1);
        grid.attach(&value, 1, row, 1, 1);
    }
    area.add(&grid);
    let copy = gtk::Button::with_label(&words.certificate_copy());
    copy.set_halign(gtk::Align::Start);
    widgets::name(&copy, &words.certificate_copy_which(&text.heading));
    copy.connect_clicked(move |_| {
        // A clipboard carries line breaks, but no NUL.
        gtk::Clipboard::get(&gdk::SELECTION_CLIPBOARD).set_text(&text.pem.replace('\0', ""));
    });
    area.add(&copy);
    area
}

fn value_of(field: CertificateField, value: &Text) -> gtk::Label {
    if field == CertificateField::Fingerprint {
        widgets::fingerprint(value, widgets::Pairs::Sixteen)
    } else {
        widgets::selectable(value)
    }
}
