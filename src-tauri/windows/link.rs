//! The link of a window's process to the tray process: requests of the page go there, events come back.

use countersign_trust::ServerAddress;
use countersign_words::{Text, Words};
use tauri::{AppHandle, Emitter, State};
use tokio::sync::{mpsc, oneshot};

use super::process::{self, Shown};
use super::server_form::{self, Rejection};
use super::view::View;
use crate::control_socket::protocol::{Event, Request};
use crate::control_socket::{ClientError, ControlClient};
use crate::examination::{Examined, examine_for_person};
use crate::words::{ExaminationText, PageText, client_error};

/// The event that a page follows.
const EVENT: &str = "event";
/// How many requests of the page may wait.
const WAITING: usize = 8;

type Reply = oneshot::Sender<Result<View, Text>>;

/// Where the page's requests go.
pub(super) struct Link(mpsc::Sender<(Request, Reply)>);

impl Link {
    /// Begins to carry. The window's process ends with the tray process.
    pub(super) fn start(app: &AppHandle, client: ControlClient, words: Words) -> Self {
        let (sender, requests) = mpsc::channel(WAITING);
        tauri::async_runtime::spawn(carry(app.clone(), client, requests, words));
        Self(sender)
    }
}

/// What the pages ask the running app for. What a window may ask for is judged where it is done, by its name.
#[tauri::command]
pub(super) async fn request(
    link: State<'_, Link>,
    words: State<'_, Words>,
    request: Request,
) -> Result<View, Text> {
    let (reply, answer) = oneshot::channel();
    let ended = || client_error(&words, &ClientError::Ended);
    link.0.send((request, reply)).await.map_err(|_| ended())?;
    answer.await.map_err(|_| ended())?
}

/// The texts of the page that stand there whatever happens.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands states over by value.
pub(super) fn page_text(words: State<'_, Words>, shown: State<'_, Shown>) -> PageText {
    PageText::of(shown.0.window, &words)
}

/// The server that the person has entered, or what is wrong with it.
#[tauri::command]
#[allow(clippy::needless_pass_by_value)] // Tauri hands states over by value.
pub(super) fn entered_server(
    words: State<'_, Words>,
    host: &str,
    port: &str,
) -> Result<ServerAddress, Rejection> {
    server_form::read(&words, host, port)
}

/// Looks at everything that a connection needs, from this process, and tells the page how far it is.
#[tauri::command]
pub(super) async fn examine(
    app: AppHandle,
    words: State<'_, Words>,
    examined: State<'_, Examined>,
) -> Result<ExaminationText, Text> {
    let tell = |progress| {
        if let Err(error) = app.emit(EVENT, View::Examination(progress)) {
            // The window is about to close.
            tracing::debug!(%error, "the progress was not delivered");
        }
    };
    Ok(examine_for_person(&words, &examined, &tell).await)
}

async fn carry(
    app: AppHandle,
    mut client: ControlClient,
    mut requests: mpsc::Receiver<(Request, Reply)>,
    words: Words,
) {
    loop {
        let broken = tokio::select! {
            Some((request, reply)) = requests.recv() => match client.request(&request).await {
                Ok(response) => {
                    let _ = reply.send(Ok(View::of_response(&words, response)));
                    None
                }
                Err(error @ ClientError::Failure(_)) => {
                    let _ = reply.send(Err(client_error(&words, &error)));
                    None
                }
                Err(error) => Some(error),
            },
            event = client.event() => match event {
                Ok(event) => {
                    deliver(&app, &words, event);
                    None
                }
                Err(error) => Some(error),
            },
        };
        if let Some(error) = broken {
            tracing::info!(%error, "the window closes");
            app.exit(0);
            return;
        }
    }
}

fn deliver(app: &AppHandle, words: &Words, event: Event) {
    let seen = event.clone();
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || process::follow(&handle, &seen));
    if let Err(error) = shown.and_then(|()| app.emit(EVENT, View::of_event(words, event))) {
        // The window is about to close.
        tracing::debug!(%error, "an event was not delivered");
    }
}
