//! Small widgets that dialog and certificate window share. Text is always plain, never markup.

use gtk::atk;
use gtk::atk::prelude::*;
use gtk::pango;
use gtk::prelude::*;

use super::super::text::{printable, printable_in_full};
use super::style;

/// The usual width of a line of text, in characters.
const LINE: i32 = 72;

/// How many pairs of a fingerprint stand in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pairs {
    Eight,
    Sixteen,
}

/// A label that breaks its lines. It asks for the usual width and takes what there is, because wider lines need less height.
pub(super) fn paragraph(text: &str) -> gtk::Label {
    let label = gtk::Label::new(Some(&printable(text)));
    label.set_line_wrap(true);
    label.set_line_wrap_mode(pango::WrapMode::WordChar);
    label.set_max_width_chars(LINE);
    label.set_xalign(0.0);
    label
}

/// A paragraph that can be marked and copied.
pub(super) fn selectable(text: &str) -> gtk::Label {
    let label = paragraph(text);
    label.set_selectable(true);
    label
}

/// The same for what has to be whole to be compared, such as all names of a certificate.
pub(super) fn selectable_in_full(text: &str) -> gtk::Label {
    let label = selectable("");
    label.set_text(&printable_in_full(text));
    label
}

/// A paragraph in one of the classes of [`style`].
pub(super) fn styled(text: &str, class: &str) -> gtk::Label {
    let label = paragraph(text);
    label.style_context().add_class(class);
    label
}

/// A fingerprint: copied in one piece, shown in lines of equally many pairs.
pub(super) fn fingerprint(text: &str, pairs: Pairs) -> gtk::Label {
    let characters = match pairs {
        Pairs::Eight => 24,
        Pairs::Sixteen => 48,
    };
    let label = selectable(text);
    label.style_context().add_class(style::FINGERPRINT);
    label.set_line_wrap_mode(pango::WrapMode::Char);
    label.set_width_chars(characters);
    label.set_max_width_chars(characters);
    // A wider label would have other lines.
    label.set_halign(gtk::Align::Start);
    label
}

/// A scrolling area with its content.
pub(super) struct Scrolled {
    /// What stands in the window.
    pub(super) area: gtk::ScrolledWindow,
    /// What is scrolled in it.
    pub(super) content: gtk::Widget,
}

/// A scrolling area. It can have the focus, so it has the name of its content.
pub(super) fn scrolled(content: &impl IsA<gtk::Widget>) -> Scrolled {
    let area = gtk::ScrolledWindow::new(gtk::Adjustment::NONE, gtk::Adjustment::NONE);
    area.set_policy(gtk::PolicyType::Never, gtk::PolicyType::Automatic);
    area.set_propagate_natural_width(true);
    area.set_overlay_scrolling(false);
    area.add(content);
    if let Some(content) = content.accessible().and_then(|accessible| accessible.name()) {
        name(&area, &content);
    }
    Scrolled { area, content: content.clone().upcast() }
}

/// Gives a widget the name that screen readers say.
pub(super) fn name(widget: &impl IsA<gtk::Widget>, name: &str) {
    if let Some(accessible) = widget.accessible() {
        accessible.set_name(&printable(name));
    }
}

/// Tells screen readers which label belongs to a value.
pub(super) fn label_for(label: &gtk::Label, value: &impl IsA<gtk::Widget>) {
    if let (Some(label), Some(value)) = (label.accessible(), value.accessible()) {
        value.add_relationship(atk::RelationType::LabelledBy, &label);
        label.add_relationship(atk::RelationType::LabelFor, &value);
    }
}

/// Tells screen readers that a text says more about a value.
pub(super) fn describes(description: &gtk::Label, value: &impl IsA<gtk::Widget>) {
    if let (Some(description), Some(value)) = (description.accessible(), value.accessible()) {
        value.add_relationship(atk::RelationType::DescribedBy, &description);
        description.add_relationship(atk::RelationType::DescriptionFor, &value);
    }
}

/// Keeps the accessibility objects of a widget and of all within it, for as long as the process lives.
///
/// The accessibility bridge of GTK 3 (at-spi2-atk 2.46) goes on listing the objects of destroyed widgets in its cache,
/// without holding them, and then reads freed memory when a screen reader asks for the list. What is kept is small and
/// says that its widget is defunct; the widgets themselves are freed.
pub(super) fn keep_accessible(widget: &gtk::Widget) {
    if let Some(accessible) = widget.accessible() {
        std::mem::forget(accessible);
    }
    if let Some(container) = widget.downcast_ref::<gtk::Container>() {
        container.forall(keep_accessible);
    }
}
