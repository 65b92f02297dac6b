//! Lines on standard input: a port, a space, and what is shown there from now on.

use countersign_mock_server::catalogue::{Catalogue, Entry};
use tokio::sync::mpsc;

use crate::listening::Listening;

/// Obeys until the process is ended; that nobody writes any more is no reason to end.
pub(crate) async fn obey(catalogue: &Catalogue, listening: &mut [Listening]) {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        match read(catalogue, &line) {
            Ok((port, entry)) => println!("{}", exchange(listening, port, entry)),
            Err(reason) => println!("error: {reason}"),
        }
    }
    std::future::pending::<()>().await;
}

/// Standard input is read in a thread of its own, which ends with the process: a read cannot be called off.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn read<'catalogue>(
    catalogue: &'catalogue Catalogue,
    line: &str,
) -> Result<(u16, &'catalogue Entry), String> {
    let (port, name) = line.trim().split_once(' ').ok_or("give a port, a space, and a name")?;
    let port = port.parse().map_err(|_| format!("“{port}” is not a port"))?;
    let entry = catalogue.entry(name.trim()).ok_or_else(|| crate::unknown(catalogue, name))?;
    Ok((port, entry))
}

fn exchange(listening: &mut [Listening], port: u16, entry: &Entry) -> String {
    let Some(place) = listening.iter_mut().find(|place| place.address().port() == port) else {
        return format!("error: nothing is served at port {port}");
    };
    place.show(entry);
    format!("ok {port} {}", entry.name)
}
