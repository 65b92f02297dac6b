//! The dialog itself: widgets and keys.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use countersign_agent::Answer;
use countersign_trust::Assessment;
use countersign_words::{CertificateField, Words};
use gtk::atk;
use gtk::atk::prelude::*;
use gtk::glib;
use gtk::prelude::*;
use tokio::sync::oneshot;

use super::super::Presence;
use super::super::text::{ComparedField, Novelty, ProblemText, PromptText, Tone};
use super::choice::Choice;
use super::focus::OnAppearing;
use super::widgets::Scrolled;
use super::{certificate_window, closing, deliberate, focus, mnemonics, room, style, widgets};

const ALLOW: gtk::ResponseType = gtk::ResponseType::Accept;
const DENY: gtk::ResponseType = gtk::ResponseType::Reject;

thread_local! {
    /// The dialog on the screen. There is one at most: [`super::Prompter`] asks one question at a time.
    static OPEN: RefCell<Option<Open>> = const { RefCell::new(None) };
}

struct Open {
    number: u64,
    dialog: gtk::Dialog,
}

/// Shows the dialog. The answer, *Allow* for as long as was chosen or *Deny*, is sent once; closing, Escape, Enter and Space
/// are *Deny*.
pub(super) fn open(
    number: u64,
    words: &Words,
    text: &PromptText,
    assessment: Assessment,
    appearing: OnAppearing,
    answer: oneshot::Sender<Answer>,
) {
    let Built { dialog, allow, deny, choice } = build(words, text, assessment);
    let answer = Rc::new(Cell::new(Some(answer)));
    dialog.connect_response(move |dialog, response| {
        let given = if response == ALLOW { Answer::Allow(choice.chosen()) } else { Answer::Deny };
        if let Some(answer) = answer.take() {
            // Nobody waits any more when the question was withdrawn at this very moment.
            let _ = answer.send(given);
        }
        close(dialog);
    });
    deliberate::after_a_second(&dialog, &allow);
    deny.grab_default();
    deny.grab_focus();
    let previous = OPEN.replace(Some(Open { number, dialog: dialog.clone() }));
    if let Some(previous) = previous {
        close(&previous.dialog);
    }
    dialog.show_all();
    deny.grab_focus();
    match appearing {
        OnAppearing::TakeFocus => dialog.present(),
        OnAppearing::LeaveFocus => {}
    }
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

/// Brings the dialog to the front, with the focus.
pub(super) fn present() -> Presence {
    let dialog = OPEN.with_borrow(|open| open.as_ref().map(|open| open.dialog.clone()));
    match dialog {
        Some(dialog) => {
            dialog.present();
            Presence::Shown
        }
        None => Presence::Absent,
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

/// The dialog, and what of it has to be followed.
struct Built {
    dialog: gtk::Dialog,
    allow: gtk::Widget,
    deny: gtk::Widget,
    choice: Choice,
}

fn build(words: &Words, text: &PromptText, assessment: Assessment) -> Built {
    let dialog = gtk::Dialog::new();
    style::install(&dialog);
    dialog.set_title(&text.window_title);
    dialog.set_icon_name(Some(match text.tone {
        Tone::Question => "dialog-warning",
        Tone::Alarm => "dialog-error",
    }));
    dialog.set_type_hint(gtk::gdk::WindowTypeHint::Dialog);
    dialog.set_position(gtk::WindowPosition::Center);
    dialog.set_border_width(12);
    dialog.set_resizable(false);
    dialog.set_urgency_hint(true);
    dialog.set_keep_above(true);
    dialog.set_focus_on_map(focus::on_appearing() == OnAppearing::TakeFocus);
    if let Some(accessible) = dialog.accessible() {
        accessible.set_role(atk::Role::Alert);
        accessible.set_name(&text.headline);
        accessible.set_description(&text.lead);
    }

    let content = dialog.content_area();
    content.set_spacing(10);
    content.add(&heading(text));
    if let Some(cause) = &text.likely_cause {
        content.add(&widgets::styled(cause, style::CAUSE));
    }
    content.add(&widgets::selectable(&text.lead));
    let labels = Labels::of(words, text);
    let view = view_certificate(words, &labels.view, &dialog, assessment);
    let problems = problem_list(words, &text.problems);
    let areas = if text.comparison.is_empty() {
        content.add(&problems.area);
        content.add(&fingerprint(words, text, &view));
        vec![problems]
    } else {
        // The fingerprints are among what is compared.
        let comparison = widgets::scrolled(&comparison(words, &text.comparison));
        content.add(&comparison.area);
        content.add(&problems.area);
        view.set_halign(gtk::Align::Start);
        content.add(&view);
        vec![comparison, problems]
    };
    content.add(&widgets::paragraph(&text.compare_with));
    content.add(&widgets::styled(&text.consequence, style::PROBLEM));
    let choice = Choice::new(words, text, &labels.offers);
    content.add(&choice.area);

    let allow = dialog.add_button(&labels.allow, ALLOW);
    let deny = dialog.add_button(&labels.deny, DENY);
    widgets::name(&allow, &words.prompt_allow());
    widgets::name(&deny, &words.prompt_deny());
    allow.set_sensitive(false);
    // A key on its own never allows: its letter leads there, and the person then presses it.
    allow.connect_mnemonic_activate(|allow, _| {
        allow.grab_focus();
        glib::Propagation::Stop
    });
    deny.set_can_default(true);
    deny.style_context().add_class("suggested-action");
    // Apart from the safe answer, so that nobody slips.
    if let Some(buttons) = allow.parent().and_then(|parent| parent.downcast::<gtk::ButtonBox>().ok()) {
        buttons.set_child_secondary(&allow, true);
    }
    dialog.set_default_response(DENY);
    room::share(&dialog, &areas, focus::usable_height());
    Built { dialog, allow, deny, choice }
}

/// What can be chosen, with the letters for Alt marked.
struct Labels {
    deny: String,
    allow: String,
    view: String,
    offers: Vec<String>,
}

impl Labels {
    fn of(words: &Words, text: &PromptText) -> Self {
        let (deny, allow, view) =
            (words.prompt_deny(), words.prompt_allow(), words.prompt_view_certificate());
        let mut labels: Vec<&str> = vec![&deny, &allow, &view];
        labels.extend(text.offers.iter().map(|offer| &*offer.label));
        let mut marked = mnemonics::mark(&labels).into_iter();
        let mut next = || marked.next().unwrap_or_default();
        Self { deny: next(), allow: next(), view: next(), offers: marked.collect() }
    }
}

fn heading(text: &PromptText) -> gtk::Box {
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    let (icon, class) = match text.tone {
        Tone::Question => ("dialog-warning", None),
        Tone::Alarm => ("dialog-error", Some(style::ALARM)),
    };
    row.add(&gtk::Image::from_icon_name(Some(icon), gtk::IconSize::Dialog));
    let headline = widgets::styled(&text.headline, style::HEADLINE);
    headline.set_valign(gtk::Align::Center);
    row.pack_start(&headline, true, true, 0);
    if let Some(class) = class {
        row.style_context().add_class(class);
    }
    row
}

fn problem_list(words: &Words, problems: &[ProblemText]) -> Scrolled {
    let list = gtk::Box::new(gtk::Orientation::Vertical, 8);
    list.set_border_width(4);
    let numbered = problems.len() > 1;
    for (position, problem) in problems.iter().enumerate() {
        let entry = gtk::Box::new(gtk::Orientation::Vertical, 2);
        let first = gtk::Box::new(gtk::Orientation::Horizontal, 6);
        if problem.novelty == Novelty::New {
            let mark = gtk::Label::new(Some(&words.prompt_new_problem()));
            mark.style_context().add_class(style::NEW);
            mark.set_valign(gtk::Align::Start);
            first.add(&mark);
        }
        let summary = if numbered {
            words.prompt_numbered_problem(position + 1, &problem.summary)
        } else {
            problem.summary.clone()
        };
        first.pack_start(&widgets::styled(&summary, style::PROBLEM), true, true, 0);
        entry.add(&first);
        entry.add(&widgets::paragraph(&problem.meaning));
        list.add(&entry);
    }
    widgets::name(&list, &words.prompt_problems());
    widgets::scrolled(&list)
}

fn comparison(words: &Words, fields: &[ComparedField]) -> gtk::Grid {
    let grid = gtk::Grid::new();
    grid.set_column_spacing(14);
    grid.set_row_spacing(4);
    grid.set_border_width(4);
    widgets::name(&grid, &words.prompt_comparison());
    for (column, title) in [(1, words.prompt_allowed_before()), (2, words.prompt_shown_now())] {
        grid.attach(&widgets::styled(&title, style::PROBLEM), column, 0, 1, 1);
    }
    for (row, field) in (1..).zip(fields) {
        let label = widgets::paragraph(&if field.is_same() {
            words.prompt_field_same(&field.label)
        } else {
            words.prompt_field_different(&field.label)
        });
        label.set_max_width_chars(24);
        label.set_valign(gtk::Align::Start);
        grid.attach(&label, 0, row, 1, 1);
        for (column, value) in [(1, &field.before), (2, &field.now)] {
            let value = if field.kind == CertificateField::Fingerprint {
                widgets::fingerprint(value, widgets::Pairs::Eight)
            } else {
                let value = widgets::selectable(value);
                value.set_max_width_chars(50);
                value.set_hexpand(true);
                value
            };
            value.set_valign(gtk::Align::Start);
            if !field.is_same() {
                value.style_context().add_class(style::DIFFERS);
            }
            widgets::label_for(&label, &value);
            grid.attach(&value, column, row, 1, 1);
        }
    }
    grid
}

fn fingerprint(words: &Words, text: &PromptText, view: &gtk::Button) -> gtk::Box {
    let area = gtk::Box::new(gtk::Orientation::Vertical, 4);
    let label = widgets::paragraph(&words.prompt_fingerprint());
    let row = gtk::Box::new(gtk::Orientation::Horizontal, 12);
    let value = widgets::fingerprint(&text.fingerprint, widgets::Pairs::Sixteen);
    widgets::label_for(&label, &value);
    row.add(&value);
    row.pack_end(view, false, false, 0);
    area.add(&label);
    area.add(&row);
    area
}

/// Opens the window with the certificates, and leaves the dialog as it is.
fn view_certificate(words: &Words, label: &str, dialog: &gtk::Dialog, assessment: Assessment) -> gtk::Button {
    let view = gtk::Button::with_mnemonic(label);
    view.set_valign(gtk::Align::Start);
    widgets::name(&view, &words.prompt_view_certificate());
    let words = words.clone();
    let parent = dialog.clone().upcast::<gtk::Window>().downgrade();
    view.connect_clicked(move |_| certificate_window::open(&words, parent.upgrade().as_ref(), &assessment));
    view
}
