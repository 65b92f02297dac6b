//! D-Bus by way of GLib's main loop: calls with a limit, and changes that wake whoever follows them.
//!
//! Everything here belongs to the main thread. Nothing starts a service: what does not run has nothing to say.

use std::rc::Rc;

use gtk::gio;
use gtk::glib;
use gtk::glib::variant::{FromVariant, ToVariant, Variant};
use tokio::sync::Notify;

/// How long a service may take to answer, in milliseconds.
const TO_ANSWER: i32 = 2_000;
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// The bus, if there is one.
pub(crate) async fn connect(bus: gio::BusType) -> Option<gio::DBusConnection> {
    match gio::bus_get_future(bus).await {
        Ok(connection) => Some(connection),
        Err(error) => {
            tracing::debug!(%error, ?bus, "there is no such bus");
            None
        }
    }
}

/// An interface of an object of a service.
#[derive(Clone, Debug)]
pub(crate) struct Remote {
    pub(crate) connection: gio::DBusConnection,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) interface: &'static str,
}

impl Remote {
    /// Names an interface; asks nothing yet.
    pub(crate) fn new(
        connection: &gio::DBusConnection,
        name: &str,
        path: &str,
        interface: &'static str,
    ) -> Self {
        Self { connection: connection.clone(), name: name.to_owned(), path: path.to_owned(), interface }
    }

    /// Calls a method; `parameters` is a tuple.
    pub(crate) async fn call(
        &self,
        method: &str,
        parameters: Option<Variant>,
    ) -> Result<Variant, glib::Error> {
        self.call_on(self.interface, method, parameters).await
    }

    /// The first value that a method without parameters returns; nothing when it fails or is of another type.
    pub(crate) async fn value<T: FromVariant>(&self, method: &str) -> Option<T> {
        first(&self.call(method, None).await.ok()?)
    }

    /// A property; nothing when the service has none of this name and type, or does not run.
    pub(crate) async fn property<T: FromVariant>(&self, property: &str) -> Option<T> {
        let parameters = (self.interface, property).to_variant();
        let answer = self.call_on(PROPERTIES, "Get", Some(parameters)).await.ok()?;
        first::<Variant>(&answer)?.get()
    }

    async fn call_on(
        &self,
        interface: &str,
        method: &str,
        parameters: Option<Variant>,
    ) -> Result<Variant, glib::Error> {
        let flags = gio::DBusCallFlags::NO_AUTO_START;
        self.connection
            .call_future(
                Some(&self.name),
                &self.path,
                interface,
                method,
                parameters.as_ref(),
                None,
                flags,
                TO_ANSWER,
            )
            .await
    }
}

/// The first value of a tuple.
pub(crate) fn first<T: FromVariant>(tuple: &Variant) -> Option<T> {
    (tuple.n_children() > 0).then(|| tuple.child_value(0))?.get()
}

/// Wakes one task whenever something has happened that it follows. Dropping it ends all subscriptions.
#[derive(Default)]
pub(crate) struct Changes {
    happened: Rc<Notify>,
    subscriptions: Vec<Subscription>,
}

impl Changes {
    /// Waits for the next change; one that came since the last wait counts.
    pub(crate) async fn next(&self) {
        self.happened.notified().await;
    }

    /// What other kinds of events call.
    pub(crate) fn trigger(&self) -> impl Fn() + 'static {
        let happened = Rc::clone(&self.happened);
        move || happened.notify_one()
    }

    /// Follows a signal of a service, on whichever of its objects when `remote` has no path.
    pub(crate) fn signal(&mut self, remote: &Remote, signal: &str) {
        self.subscribe(remote, remote.interface, signal, None);
    }

    /// Follows the properties of an interface.
    pub(crate) fn properties(&mut self, remote: &Remote) {
        self.subscribe(remote, PROPERTIES, "PropertiesChanged", Some(remote.interface));
    }

    /// Follows whether a service runs.
    pub(crate) fn owner(&mut self, remote: &Remote) {
        let bus = Remote::new(
            &remote.connection,
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
        );
        self.subscribe(&bus, bus.interface, "NameOwnerChanged", Some(&remote.name));
    }

    fn subscribe(&mut self, remote: &Remote, interface: &str, signal: &str, argument: Option<&str>) {
        let happened = self.trigger();
        let subscription = Subscription::new(remote, interface, signal, argument, move |_| happened());
        self.subscriptions.push(subscription);
    }
}

/// A function that is called for every signal of a kind, until this is dropped.
pub(crate) struct Subscription {
    connection: gio::DBusConnection,
    identifier: Option<gio::SignalSubscriptionId>,
}

impl Subscription {
    /// Calls `happened` with the parameters of the signal.
    pub(crate) fn new(
        remote: &Remote,
        interface: &str,
        signal: &str,
        argument: Option<&str>,
        happened: impl Fn(&Variant) + 'static,
    ) -> Self {
        let identifier = remote.connection.signal_subscribe(
            Some(&remote.name),
            Some(interface),
            Some(signal),
            Some(remote.path.as_str()).filter(|path| !path.is_empty()),
            argument,
            gio::DBusSignalFlags::NONE,
            move |_, _, _, _, _, parameters| happened(parameters),
        );
        Self { connection: remote.connection.clone(), identifier: Some(identifier) }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(identifier) = self.identifier.take() {
            self.connection.signal_unsubscribe(identifier);
        }
    }
}
