//! What the pages get: plain data, in words where there are words for it.

use countersign_agent::Prompt;
use countersign_words::{Text, Words};
use serde::Serialize;

use crate::control_socket::protocol::{Event, Place, Response};
use crate::views::{HistoryView, RememberedView, StatusView};
use crate::words::ExaminationProgress;

/// The answer to a request of the page, or an event, as the page gets it: `{"view": "status", "value": …}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "view", content = "value", rename_all = "snake_case")]
pub(super) enum View {
    /// It is done, or begun.
    Done,
    /// The status in words.
    Status(Box<StatusView>),
    /// The open question, if there is one.
    Question(Option<Box<Prompt>>),
    /// The history of the connection.
    History(HistoryView),
    /// The remembered certificates.
    Remembered(RememberedView),
    /// They have changed: to be asked for again.
    RememberedChanged,
    /// How many were forgotten, in words.
    Forgotten(Text),
    /// How far an examination is.
    Examination(ExaminationProgress),
    /// Where the person wants to look.
    Place(Place),
}

impl View {
    /// The answer to a request.
    pub(super) fn of_response(words: &Words, response: Response) -> Self {
        match response {
            // No window takes a recovery file.
            Response::Done | Response::Recovered(_) => Self::Done,
            Response::Status(status) => Self::Status(Box::new(StatusView::of(words, &status))),
            Response::Question(question) => Self::Question(question),
            Response::History(history) => Self::History(HistoryView::of(words, &history)),
            Response::Remembered(list) => Self::Remembered(RememberedView::of(words, &list)),
            Response::Forgotten(number) => Self::Forgotten(words.remembered_forgotten_count(number)),
        }
    }

    /// What happened.
    pub(super) fn of_event(words: &Words, event: Event) -> Self {
        match event {
            Event::Status(status) => Self::Status(Box::new(StatusView::of(words, &status))),
            Event::Question(question) => Self::Question(question),
            Event::History(history) => Self::History(HistoryView::of(words, &history)),
            Event::Remembered => Self::RememberedChanged,
            Event::Present(presentation) => Self::Place(presentation.place),
        }
    }
}
