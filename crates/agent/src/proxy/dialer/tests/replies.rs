//! What proxies may answer, right and wrong.

use super::*;

#[tokio::test]
async fn what_goes_wrong_is_named() {
    let relay = || Script::Relay { login: LOGIN };
    let wants = |scheme: &str| answers(&format!("HTTP/1.1 407 No\r\nProxy-Authenticate: {scheme}\r\n\r\n"));
    // What the proxy does, the password in the keychain, and a part of what is said.
    let http_proxies = [
        (relay(), None, "the keychain holds none for it"),
        (relay(), Some("wrong"), "does not accept the user and password in the keychain"),
        (wants("Negotiate"), Some("hunter2"), "but asks for Negotiate"),
        (answers("HTTP/1.1 407 No\r\n\r\n"), Some("hunter2"), "it answered 407 No"),
        (answers("HTTP/1.1 403 Forbidden\r\n\r\n<html>"), None, "it answered 403 Forbidden"),
        (answers("HTTP/1.0 502 Bad\tGateway\r\n\r\n"), None, "it answered 502 Bad Gateway"),
        (answers("HTTP/1.1 302 Log in\r\nLocation: http://portal\r\n\r\n"), None, "it answered 302 Log in"),
        (answers("HTTP/1.1 200 OK\r\n"), None, "closed the connection without an answer"),
        (answers("SSH-2.0-OpenSSH\r\n"), None, "its answer is not HTTP"),
        (answers("\u{15}\u{3}\u{3}\0\u{2}\u{2}\u{28}"), None, "it speaks TLS itself"),
        (Script::Endless(b"HTTP/1.1 200 OK\r\nX: "), None, "the header of its answer is too long"),
        (
            answers(&format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(20_000))),
            None,
            "the header of its answer is too long",
        ),
        (Script::Endless(b"HTTP/1.1 100 Continue\r\n\r\n"), None, "the header of its answer is too long"),
        (Script::Endless(b"HTTP/1.1"), None, "its answer is not HTTP"),
        (Script::HangUp, None, "closed the connection without an answer"),
        (Script::Silent, None, "it did not answer in time"),
    ];
    let socks_proxies = [
        (relay(), None, "the keychain holds none for it"),
        (relay(), Some("wrong"), "does not accept the user and password in the keychain"),
        (Script::Reply(1), None, "answered that it failed"),
        (Script::Reply(2), None, "its rules do not allow"),
        (Script::Reply(3), None, "network cannot be reached"),
        (Script::Reply(4), None, "the server cannot be reached"),
        (Script::Reply(5), None, "refuses the connection"),
        (Script::Reply(6), None, "did not answer in time"),
        (Script::Reply(7), None, "does not relay connections"),
        (Script::Reply(8), None, "addresses of the server’s kind"),
        (Script::Reply(99), None, "not SOCKS version 5"),
        (answers("HTTP/1.1 400 Bad Request\r\n\r\n"), None, "not SOCKS version 5"),
        (answers("\u{5}"), None, "closed the connection without an answer"),
        (answers("\u{5}\u{1}"), None, "not SOCKS version 5"),
        (answers("\u{5}\0\u{5}\0\0\u{9}"), None, "not SOCKS version 5"),
        (Script::HangUp, None, "closed the connection without an answer"),
        (Script::Silent, None, "it did not answer in time"),
    ];
    let (destination, _server) = server().await;
    for (is_http, (script, password, expected)) in http_proxies
        .into_iter()
        .map(|row| (true, row))
        .chain(socks_proxies.into_iter().map(|row| (false, row)))
    {
        let what = format!("{script:?}");
        let silent = matches!(script, Script::Silent);
        let proxy = if is_http { TestProxy::http(script).await } else { TestProxy::socks(script).await };
        let address = address(&proxy);
        let keychain = password.map_or_else(empty, |password| with_login(&address, password));
        let mut dialer = dialer(through(address.clone()), keychain);
        if silent {
            dialer.limits.to_pass_a_proxy = Duration::from_millis(200);
        }
        let error = dialer.dial(&destination, ProxyFallback::None).await.expect_err(&what);
        let said = in_words(&error.reason());
        assert!(said.contains(expected) && said.contains(&address.to_string()), "{what}: {said}");
        assert!(!said.contains('\t'), "{said:?}");
        assert!(proxy.seen().iter().all(|seen| seen.relayed.is_empty()), "{what}");
        if is_http {
            // Nothing but the request came before the proxy agreed.
            assert!(proxy.seen().iter().all(|seen| seen.asked.ends_with(b"\r\n\r\n")), "{what}");
        }
    }
}

#[test]
fn no_answer_of_a_socks_proxy_is_too_strange() {
    use proptest::prelude::*;

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    proptest!(ProptestConfig::with_cases(64), |(bytes in proptest::collection::vec(prop_oneof![Just(5), 0..9_u8, any::<u8>()], 0..24))| {
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let answer = bytes.clone();
            let proxy = async move {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.write_all(&answer).await;
                let _ = stream.shutdown().await;
                // Reads on, so that the answer is not cut off by a reset.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            };
            let client = async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let login = ProxyLogin::from_user_info("anna:hunter2").unwrap();
                let destination = Destination { server: "server.invalid".parse().unwrap(), connect_to: None };
                socks::connect(&mut stream, &destination, Some(&login)).await
            };
            let ((), result) = tokio::join!(proxy, client);
            let relays = matches!(bytes.as_slice(), [5, 0, 5, 0, 0, 1 | 3 | 4, ..] | [5, 2, 1, 0, 5, 0, 0, 1 | 3 | 4, ..]);
            assert!(relays || result != Ok(Relayed::Yes), "{bytes:?}: {result:?}");
        });
    });
}
