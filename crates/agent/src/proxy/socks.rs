//! SOCKS version 5 (RFC 1928), with user and password (RFC 1929).

use countersign_trust::Host;
use tokio::net::TcpStream;
use tokio_socks::tcp::Socks5Stream;
use tokio_socks::{Error, TargetAddr};

use super::{Destination, Failure, ProxyLogin, Relayed};

/// Asks the proxy at the other end to relay to the destination, whose name it resolves. Reads nothing of what the server
/// sends.
///
/// Without a login only the method “no authentication” is offered, so that a proxy that wants more says so.
pub(super) async fn connect(
    stream: &mut TcpStream,
    destination: &Destination,
    login: Option<&ProxyLogin>,
) -> Result<Relayed, Failure> {
    let target = match destination.host() {
        Host::Name(name) => TargetAddr::Domain(name.as_str().to_owned().into(), destination.port()),
        Host::Address(address) => TargetAddr::Ip((address, destination.port()).into()),
    };
    let connected = match login {
        None => Socks5Stream::connect_with_socket(stream, target).await,
        Some(login) => {
            let (user, password) = (login.user().expose(), login.password().expose());
            Socks5Stream::connect_with_password_and_socket(stream, target, user, password).await
        }
    };
    match connected {
        Ok(_) => Ok(Relayed::Yes),
        Err(
            Error::NoAcceptableAuthMethods | Error::AuthorizationRequired | Error::PasswordAuthFailure(_),
        ) => Ok(Relayed::LoginWanted),
        Err(error) => Err(failure(&error)),
    }
}

fn failure(error: &Error) -> Failure {
    let refused = |what: &str| Failure::Refused(what.to_owned());
    match error {
        Error::Io(error) => Failure::broken(error),
        Error::GeneralSocksServerFailure => refused("it answered that it failed"),
        Error::ConnectionNotAllowedByRuleset => refused("its rules do not allow connections to this server"),
        Error::NetworkUnreachable => refused("it answered that the server’s network cannot be reached"),
        Error::HostUnreachable => refused("it answered that the server cannot be reached"),
        Error::ConnectionRefused => refused("it answered that the server refuses the connection"),
        Error::TtlExpired => refused("it answered that the server did not answer in time"),
        Error::CommandNotSupported => refused("it answered that it does not relay connections"),
        Error::AddressTypeNotSupported => {
            refused("it answered that it does not relay to addresses of the server’s kind")
        }
        Error::InvalidAuthValues(what) | Error::InvalidTargetAddress(what) => refused(what),
        // What the library says of answers that are none.
        Error::InvalidResponseVersion
        | Error::UnknownAuthMethod
        | Error::InvalidReservedByte
        | Error::UnknownAddressType
        | Error::UnknownError
        | Error::ParseError(_)
        | Error::ProxyServerUnreachable
        | Error::IdentdAuthFailure
        | Error::InvalidUserIdAuthFailure
        | Error::NoAcceptableAuthMethods
        | Error::AuthorizationRequired
        | Error::PasswordAuthFailure(_) => refused("its answer is not SOCKS version 5"),
    }
}
