//! What the pages get: plain data, in words where there are words for it.

use countersign_agent::{ConnectionEvent, Prompt, RememberedList};
use countersign_words::Words;
use serde::Serialize;

use crate::control_socket::protocol::{Event, Place, Response};
use crate::status_view::StatusView;

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
    History(Vec<ConnectionEvent>),
    /// The remembered certificates.
    Remembered(RememberedList),
    /// How many were forgotten.
    Forgotten(usize),
    /// Where the person wants to look.
    Place(Place),
}

impl View {
    /// The answer to a request.
    pub(super) fn of_response(words: &Words, response: Response) -> Self {
        match response {
            Response::Done => Self::Done,
            Response::Status(status) => Self::Status(Box::new(StatusView::of(words, &status))),
            Response::Question(question) => Self::Question(question),
            Response::History(history) => Self::History(history),
            Response::Remembered(remembered) => Self::Remembered(remembered),
            Response::Forgotten(number) => Self::Forgotten(number),
        }
    }

    /// What happened.
    pub(super) fn of_event(words: &Words, event: Event) -> Self {
        match event {
            Event::Status(status) => Self::Status(Box::new(StatusView::of(words, &status))),
            Event::Question(question) => Self::Question(question),
            Event::History(history) => Self::History(history),
            Event::Present(presentation) => Self::Place(presentation.place),
        }
    }
}
