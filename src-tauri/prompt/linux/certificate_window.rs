//! The window with the certificates that a server presented.

use countersign_trust::Assessment;
use countersign_words::{CertificateField, Words};
use gtk::gdk;
use gtk::glib;
use gtk::prelude::*;

use super::super::certificate_text::{CertificateText, FieldText, certificates};
use super::super::text::printable;
use super::outcome::Outcome;
use super::{focus, save, style, widgets};

/// With which the name begins by which the window of a parent is found again.
const WIDGET_NAME: &str = "countersign-certificates";

/// How much further in than its subject a certificate stands, in pixels.
const INDENT: i32 = 24;
/// Deeper certificates stand no further in: a server may present more of them than have room.
const DEEPEST: i32 = 4;

/// Opens the window, above `parent` if there is one; brings it to the front when it is already open.
pub(super) fn open(words: &Words, parent: Option<&gtk::Window>, assessment: &Assessment) {
    let name = widget_name(assessment);
    if let Some(open) = already_open(parent) {
        if open.widget_name() == name {
            open.present();
            return;
        }
        // It shows another certificate, or that of another server.
        open.close();
    }
    let window = gtk::Window::new(gtk::WindowType::Toplevel);
    style::install(&window);
    window.set_widget_name(&name);
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
    let (outcome, said) = Outcome::new();
    for text in texts {
        let depth = i32::try_from(text.depth).unwrap_or(DEEPEST).min(DEEPEST);
        let area = certificate(words, &window, &outcome, text);
        // Who issued stands below and further in, down to the root.
        area.set_margin_start(INDENT * depth);
        chain.add(&area);
    }
    widgets::name(&chain, &words.certificate_window_area());
    let area = widgets::scrolled(&chain).area;
    area.set_vexpand(true);
    column.add(&area);
    column.add(&said);

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
    // Whichever way it ends, with the dialog above which it stands too.
    window.connect_destroy(|window| widgets::keep_accessible(window.upcast_ref()));
    close.grab_default();
    close.grab_focus();
    window.show_all();
    window.present();
}

fn already_open(parent: Option<&gtk::Window>) -> Option<gtk::Window> {
    gtk::Window::list_toplevels().into_iter().filter_map(|widget| widget.downcast::<gtk::Window>().ok()).find(
        |window| window.widget_name().starts_with(WIDGET_NAME) && window.transient_for().as_ref() == parent,
    )
}

/// Says what the window shows.
fn widget_name(assessment: &Assessment) -> String {
    let fingerprint = assessment.fingerprint.map(|fingerprint| fingerprint.to_string()).unwrap_or_default();
    printable(&format!("{WIDGET_NAME} {} {fingerprint} {}", assessment.server, assessment.codes()))
}

fn certificate(words: &Words, window: &gtk::Window, outcome: &Outcome, text: CertificateText) -> gtk::Box {
    let area = gtk::Box::new(gtk::Orientation::Vertical, 6);
    area.add(&widgets::styled(&text.heading, style::HEADLINE));
    if let Some(issued) = &text.issued {
        area.add(&widgets::paragraph(issued));
    }
    let grid = gtk::Grid::new();
    grid.set_column_spacing(14);
    grid.set_row_spacing(4);
    let findings = text.findings.into_iter().map(|(label, value)| (label, widgets::selectable(&value)));
    let findings = findings.map(|(label, value)| (label, value, Vec::new()));
    let fields = text.fields.into_iter().map(|field| {
        let value = value_of(&field);
        (field.label, value, field.problems)
    });
    for (row, (label, value, problems)) in (0..).zip(findings.chain(fields)) {
        let label = widgets::paragraph(&label);
        label.set_valign(gtk::Align::Start);
        value.set_hexpand(true);
        widgets::label_for(&label, &value);
        let values = gtk::Box::new(gtk::Orientation::Vertical, 2);
        values.add(&value);
        for problem in problems {
            let (area, said) = problem_of(&problem);
            widgets::describes(&said, &value);
            values.add(&area);
        }
        grid.attach(&label, 0, row, 1, 1);
        grid.attach(&values, 1, row, 1, 1);
    }
    area.add(&grid);
    let buttons = gtk::Box::new(gtk::Orientation::Horizontal, 8);
    let save = save::button(words, window, outcome, &text.heading, &text.pem);
    let copy = gtk::Button::with_label(&words.certificate_copy());
    widgets::name(&copy, &words.certificate_copy_which(&text.heading));
    let (outcome, copied) = (outcome.clone(), words.certificate_copied(&text.heading));
    copy.connect_clicked(move |_| {
        // A clipboard carries line breaks, but no NUL.
        gtk::Clipboard::get(&gdk::SELECTION_CLIPBOARD).set_text(&text.pem.replace('\0', ""));
        outcome.say(&copied);
    });
    buttons.add(&copy);
    buttons.add(&save);
    area.add(&buttons);
    area
}

fn value_of(field: &FieldText) -> gtk::Label {
    if field.field == CertificateField::Fingerprint {
        widgets::fingerprint(&field.value, widgets::Pairs::Sixteen)
    } else {
        widgets::selectable_in_full(&field.value)
    }
}

fn problem_of(problem: &str) -> (gtk::Box, gtk::Label) {
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 6);
    let mark = gtk::Image::from_icon_name(Some("dialog-warning"), gtk::IconSize::Menu);
    mark.set_valign(gtk::Align::Start);
    let said = widgets::selectable(problem);
    said.style_context().add_class(style::PROBLEM);
    row.add(&mark);
    row.add(&said);
    (row, said)
}
