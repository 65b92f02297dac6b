//! PEM as people have it, and DER without PEM.

use super::made::MADE;
use super::{assert_refused, read_with, subjects};

#[test]
fn text_around_the_blocks_does_not_matter() {
    MADE.openssl(
        "pkcs12 -export -in server.pem -inkey server.key -certfile issuers.pem -out bags.p12 -passout pass:a",
    );
    // With the attributes of the bags as text between the blocks.
    MADE.openssl("pkcs12 -in bags.p12 -passin pass:a -noenc -out bags.pem");
    MADE.openssl("x509 -in server.pem -text -out text.pem");
    MADE.openssl("x509 -in server.pem -trustout -addtrust serverAuth -out trusted.pem");
    MADE.openssl("x509 -in server.pem -outform DER -out server.der");
    MADE.openssl("x509 -in intermediate.pem -outform DER -out intermediate.der");
    MADE.openssl("pkey -in server.key -outform DER -out server.key.der");
    let key = MADE.text("server.key");
    let both = key.clone() + &MADE.text("server.pem");
    let indented = both.lines().map(|line| format!("   {line}  ")).collect::<Vec<_>>().join("\r\n");
    let one_line = both.replace("-----\n", "-----").replace('\n', " ");
    let bare: String = MADE.text("server.pem").lines().filter(|line| !line.starts_with('-')).collect();
    let der = [MADE.bytes("server.der"), MADE.bytes("intermediate.der"), MADE.bytes("server.key.der")];
    let filled = [der[0].as_slice(), b"\0\0\r\n"].concat();
    let latin = [b"# f\xfcr alle\n", both.as_bytes()].concat();
    let marked = format!("\u{feff}{both}");
    let table: [(&str, &[&[u8]]); 11] = [
        ("attributes of bags", &[&MADE.bytes("bags.pem")]),
        ("the certificate as text", &[&MADE.bytes("text.pem"), key.as_bytes()]),
        ("a trusted certificate", &[&MADE.bytes("trusted.pem"), key.as_bytes()]),
        ("indented, with other line ends", &[indented.as_bytes()]),
        ("in one line", &[one_line.as_bytes()]),
        ("in another encoding", &[&latin]),
        ("a byte order mark", &[marked.as_bytes()]),
        ("DER", &[&der[0], &der[2], b"", b" \n"]),
        ("DER, all in one", &[&der.concat()]),
        ("DER, filled up, and PEM", &[&filled, key.as_bytes()]),
        ("bare Base64", &[bare.as_bytes(), key.as_bytes()]),
    ];
    for (name, files) in table {
        let found = read_with(files, None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(subjects(&found.chain)[0], "CN=server.example", "{name}");
    }
}

#[test]
fn what_is_not_complete_is_refused_in_words() {
    let (certificate, key) = (MADE.text("server.pem"), MADE.text("server.key"));
    let no_end = certificate.replace("-----END CERTIFICATE-----", "");
    let end_of_another = format!("{no_end}{certificate}{key}");
    let no_base64 = certificate.replace("MII", "M!I");
    let cut = certificate.lines().enumerate().filter(|(line, _)| *line != 5);
    let cut = cut.map(|(_, line)| line).collect::<Vec<_>>().join("\n");
    let table: [(&str, &[&[u8]], &str); 12] = [
        ("no file", &[], "Nothing was given"),
        ("an empty file", &[b"", b"\n"], "Nothing was given"),
        ("something else", &[b"certificate"], "is neither a PKCS#12 file nor"),
        ("an image", &[b"\x89PNG\r\n\x1a\n"], "is neither a PKCS#12 file nor"),
        ("speaks of a block", &[b"It begins with -----BEGIN CERTIFICATE and so on"], "is neither a PKCS#12"),
        ("no END line", &[no_end.as_bytes()], "it has no END line"),
        ("the END line of another", &[end_of_another.as_bytes()], "it has no END line"),
        ("no Base64", &[no_base64.as_bytes(), key.as_bytes()], "is not Base64"),
        ("a line is missing", &[cut.as_bytes(), key.as_bytes()], "The certificate is damaged"),
        ("a sequence of something", &[b"0\x03\x02\x01\x80"], "is neither a PKCS#12 file nor"),
        ("a key and noise", &[key.as_bytes(), b"\x01\x02\x03"], "is neither a PKCS#12 file nor"),
        ("10 MB", &[&vec![0x30; 10_000_000]], "larger than 1048576 bytes (1 MiB)"),
    ];
    for (name, files, expected) in table {
        assert_refused(name, read_with(files, Some("open")), expected);
    }
}
