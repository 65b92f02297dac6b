//! Notifications of the desktop.

use std::sync::Arc;
use std::time::Duration;

use countersign_words::Text;
use notify_rust::Notification;
use tokio::sync::{OnceCell, Semaphore};
use tokio_util::sync::CancellationToken;

/// How long the desktop may take to accept a notification.
const TO_SHOW: Duration = Duration::from_secs(5);
/// How many notifications may be on their way or wait for somebody to choose their action.
const AT_ONCE: usize = 8;
/// The identifier of the one action.
const REVIEW: &str = "review";

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub title: String,
    /// Whole sentences. Plain text, whoever wrote it.
    pub body: String,
}

/// What can be done with a notification.
pub enum Offer {
    /// Nothing but reading it.
    Reading,
    /// It has an action with this label, which calls the function. It is taken away when the token is cancelled.
    Review(Text, CancellationToken, Box<dyn FnOnce() + Send>),
}

/// What became of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The desktop has taken it.
    Taken,
    /// It has not; the log says why.
    NotTaken,
}

/// Shows notifications, without ever holding anybody up.
#[derive(Clone)]
pub struct Notifier {
    places: Arc<Semaphore>,
    markup: Arc<OnceCell<Markup>>,
}

/// Whether the desktop takes the body of a notification as markup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Markup {
    Rendered,
    Literal,
}

impl Default for Notifier {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), markup: Arc::default() }
    }
}

impl Notifier {
    /// Shows a notification. Returns when the desktop has taken it, or has not done so in time; an offered action is
    /// waited for in the background.
    pub async fn show(&self, message: Message, offer: Offer) -> Delivery {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::warn!(title = message.title, "too many notifications are open; this one is not shown");
            return Delivery::NotTaken;
        };
        let markup = *self.markup.get_or_init(markup_of_the_desktop).await;
        let mut notification = Notification::new();
        notification
            .appname("Countersign")
            .summary(&one_line(&message.title))
            .body(&body(&message.body, markup));
        #[cfg(target_os = "linux")]
        notification.icon("countersign").hint(notify_rust::Hint::DesktopEntry("countersign".to_owned()));
        if let Offer::Review(label, ..) = &offer {
            notification.action(REVIEW, label).action("default", label);
            #[cfg(target_os = "linux")]
            // Not critical, which desktops show through do-not-disturb. It stays until the question is over.
            notification.urgency(notify_rust::Urgency::Normal).timeout(notify_rust::Timeout::Never);
        }
        system::show(notification, offer, place).await
    }
}

async fn markup_of_the_desktop() -> Markup {
    let asked = tokio::task::spawn_blocking(system::renders_markup);
    match tokio::time::timeout(TO_SHOW, asked).await {
        Ok(Ok(markup)) => markup,
        // The desktop does not answer; escaping is the safe side.
        Ok(Err(_)) | Err(_) => Markup::Rendered,
    }
}

/// A title is never markup, and is one line.
fn one_line(text: &str) -> String {
    countersign_trust::display_text(text)
}

/// The body as the desktop wants it, so that the text shows as it is.
fn body(text: &str, markup: Markup) -> String {
    let plain: String =
        text.chars().filter(|character| *character == '\n' || !character.is_control()).take(1000).collect();
    match markup {
        Markup::Literal => plain,
        Markup::Rendered => plain.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
    }
}

#[cfg(target_os = "linux")]
mod system {
    use super::{Delivery, Markup, Notification, Offer, REVIEW, TO_SHOW};
    use notify_rust::NotificationResponse;
    use tokio::sync::OwnedSemaphorePermit;

    pub(super) fn renders_markup() -> Markup {
        match notify_rust::get_capabilities() {
            Ok(capabilities) if !capabilities.iter().any(|name| name == "body-markup") => Markup::Literal,
            Ok(_) | Err(_) => Markup::Rendered,
        }
    }

    pub(super) async fn show(
        notification: Notification,
        offer: Offer,
        place: OwnedSemaphorePermit,
    ) -> Delivery {
        let handle = match tokio::time::timeout(TO_SHOW, notification.show_async()).await {
            Ok(Ok(handle)) => handle,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the desktop shows no notification");
                return Delivery::NotTaken;
            }
            Err(_) => {
                tracing::warn!("the desktop does not answer; a notification is not shown");
                return Delivery::NotTaken;
            }
        };
        let Offer::Review(_, withdrawn, review) = offer else { return Delivery::Taken };
        tokio::spawn(async move {
            let _place = place;
            let mut chosen = false;
            tokio::select! {
                () = handle.wait_for_action_async(|response: &NotificationResponse| chosen = is_review(response)) => {}
                () = withdrawn.cancelled() => {}
            }
            if chosen {
                review();
            }
            // Not every desktop closes a notification whose action was chosen. Nothing depends on whether it obeys.
            let _ = tokio::time::timeout(TO_SHOW, handle.close_async()).await;
        });
        Delivery::Taken
    }

    fn is_review(response: &NotificationResponse) -> bool {
        match response {
            NotificationResponse::Default => true,
            NotificationResponse::Action(action) => action == REVIEW,
            NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => false,
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Delivery, Markup, Notification, Offer, TO_SHOW};
    use tokio::sync::OwnedSemaphorePermit;

    pub(super) fn renders_markup() -> Markup {
        Markup::Literal
    }

    /// Actions need a registered application identity there; the tray menu offers the same.
    pub(super) async fn show(
        notification: Notification,
        _offer: Offer,
        place: OwnedSemaphorePermit,
    ) -> Delivery {
        let shown = tokio::task::spawn_blocking(move || {
            let _place = place;
            notification.show().map(drop)
        });
        match tokio::time::timeout(TO_SHOW, shown).await {
            Ok(Ok(Ok(()))) => Delivery::Taken,
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "the desktop shows no notification");
                Delivery::NotTaken
            }
            Ok(Err(_)) | Err(_) => Delivery::NotTaken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_shows_as_it_is() {
        for (text, markup, expected) in [
            ("a < b & c > d", Markup::Rendered, "a &lt; b &amp; c &gt; d"),
            ("a < b & c > d", Markup::Literal, "a < b & c > d"),
            ("<a href=\"x\">y</a>", Markup::Rendered, "&lt;a href=\"x\"&gt;y&lt;/a&gt;"),
            ("one\ntwo\0three\u{7}", Markup::Rendered, "one\ntwothree"),
        ] {
            assert_eq!(body(text, markup), expected);
        }
    }

    #[test]
    fn a_body_is_bounded() {
        assert_eq!(body(&"x".repeat(5000), Markup::Literal).chars().count(), 1000);
    }
}
