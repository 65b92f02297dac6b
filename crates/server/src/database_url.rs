//! Where a PostgreSQL database is, and how this server signs in there.

use std::fmt;
use std::str::FromStr as _;

use countersign_protocol::Secret;
use sqlx::postgres::PgConnectOptions;
use thiserror::Error;

/// The address of a PostgreSQL database. It may hold a password, so it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    text: Secret,
    place: String,
}

/// Why a text is no such address. Does not repeat it.
#[derive(Debug, Error)]
pub enum DatabaseUrlError {
    /// It is of another kind of database, or no address at all.
    #[error(
        "It is no address of a PostgreSQL database. Give one such as postgres://countersign@db.example/countersign; without \
         one, the server keeps everything in its data directory."
    )]
    NotPostgreSql,
    /// A part of it does not fit.
    #[error("{0}. Give one such as postgres://countersign@db.example/countersign?sslmode=verify-full")]
    Part(String),
}

impl DatabaseUrl {
    /// Reads an address; nothing is connected.
    pub fn new(text: Secret) -> Result<Self, DatabaseUrlError> {
        let known = ["postgres://", "postgresql://"];
        if !known.iter().any(|scheme| text.expose().starts_with(scheme)) {
            return Err(DatabaseUrlError::NotPostgreSql);
        }
        let options = PgConnectOptions::from_str(text.expose())
            .map_err(|error| DatabaseUrlError::Part(error.to_string()))?;
        let database = options.get_database().unwrap_or(options.get_username());
        let place = match options.get_socket() {
            Some(socket) => format!("“{database}” at the socket in {}", socket.display()),
            None => format!("“{database}” at {}:{}", options.get_host(), options.get_port()),
        };
        Ok(Self { text, place })
    }

    /// The address itself, for the driver.
    pub(crate) fn expose(&self) -> &str {
        self.text.expose()
    }
}

impl fmt::Display for DatabaseUrl {
    /// Database and host, and nothing secret.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.place)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseUrl({})", self.place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_shown_without_what_is_secret() {
        for (text, expected) in [
            ("postgres://anna:geheim@db.example:5433/countersign", "“countersign” at db.example:5433"),
            (
                "postgresql://anna:geheim@db.example/countersign?sslmode=verify-full",
                "“countersign” at db.example:5432",
            ),
            (
                "postgres:///countersign?host=/run/postgresql&user=anna&password=geheim",
                "“countersign” at the socket in /run/postgresql",
            ),
        ] {
            let url = DatabaseUrl::new(Secret::new(text.to_owned())).unwrap();
            assert_eq!(url.to_string(), expected);
            assert!(!format!("{url:?}").contains("geheim"));
        }
        for text in [
            "",
            "mysql://anna:geheim@db.example/a",
            "db.example",
            "postgres://anna:geheim@db.example:port/a",
            "postgres://anna:geheim@db.example/a?sslmode=never",
        ] {
            let error = DatabaseUrl::new(Secret::new(text.to_owned())).unwrap_err().to_string();
            assert!(error.contains("postgres://countersign@") && !error.contains("geheim"), "{error}");
        }
    }
}
