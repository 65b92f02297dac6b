//! What the person enters to connect to another server. Pure.

use countersign_trust::{ServerAddress, ServerAddressError};
use countersign_words::{Text, Words};
use serde::Serialize;

/// What is wrong with what was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Rejection {
    /// Where.
    field: Field,
    /// What, and what to enter instead.
    message: Text,
}

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Field {
    Host,
    Port,
}

/// The server. Without a port in its own field the one behind the host counts, or else the usual one.
pub(super) fn read(words: &Words, host: &str, port: &str) -> Result<ServerAddress, Rejection> {
    let rejected = |field, error| Rejection { field, message: words.server_address_error(&error) };
    let port = port.trim();
    if port.is_empty() {
        return ServerAddress::parse(host).map_err(|error| rejected(Field::Host, error));
    }
    // For what is wrong with the host alone, before anything is said about the port.
    let alone = ServerAddress::parse(host).map_err(|error| rejected(Field::Host, error))?;
    let number = match port.parse::<u16>() {
        Ok(number) if number > 0 => number,
        Ok(_) | Err(_) => {
            let port = countersign_trust::display_text(port);
            return Err(rejected(Field::Port, ServerAddressError::InvalidPort { port }));
        }
    };
    if alone.port() == number {
        return Ok(alone);
    }
    ServerAddress::new(host, number).map_err(|error| rejected(Field::Host, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_read_as_people_enter_them() {
        for (host, port, expected) in [
            ("management.example.com", "", "management.example.com:8013"),
            (" management.example.com ", " 9000 ", "management.example.com:9000"),
            ("management.example.com:9000", "", "management.example.com:9000"),
            ("management.example.com:9000", "9000", "management.example.com:9000"),
            ("192.0.2.7", "8013", "192.0.2.7:8013"),
            ("2001:db8::7", "", "[2001:db8::7]:8013"),
            ("2001:db8::7", "9000", "[2001:db8::7]:9000"),
            ("[2001:db8::7]:9000", "", "[2001:db8::7]:9000"),
            ("B\u{fc}cher.example", "1", "xn--bcher-kva.example:1"),
        ] {
            let read = read(&Words::english(), host, port).map(|server| server.to_string());
            assert_eq!(read.as_deref(), Ok(expected), "{host} {port}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_at_its_field() {
        for (host, port, field, says) in [
            ("", "", Field::Host, "Enter the host name"),
            ("", "x", Field::Host, "Enter the host name"),
            ("https://management.example.com/", "", Field::Host, "is a web address"),
            ("two words", "", Field::Host, "neither a host name nor an IP address"),
            ("management.example.com:9000", "9001", Field::Host, "neither a host name nor an IP address"),
            ("management.example.com:0", "", Field::Host, "is not a port"),
            ("management.example.com", "0", Field::Port, "is not a port"),
            ("management.example.com", "65536", Field::Port, "is not a port"),
            ("management.example.com", "eight", Field::Port, "is not a port"),
        ] {
            let rejection = read(&Words::english(), host, port);
            assert!(
                matches!(&rejection, Err(rejection) if rejection.field == field && rejection.message.contains(says)),
                "{host} {port}: {rejection:?}"
            );
        }
    }
}
