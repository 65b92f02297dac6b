//! PKCS#12 files of several programs, and PKCS#7.

use super::super::ber::{OCTET_STRING, Reader};
use super::super::{Limits, UploadError, read_within};
use super::made::{MADE, kept};
use super::{assert_refused, read_with, subjects};
use countersign_protocol::Secret;
use countersign_trust::TrustedRoots;

const CHAIN: [&str; 3] = ["CN=server.example", "CN=Intermediate", "CN=Root"];
const PASSWORD: &str = "-passout pass:open";
/// What Windows writes into the files that it exports.
const AS_WINDOWS: &str =
    "-keyex -LMK -passout pass:open -iter 2000 -certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1";

#[test]
fn every_way_to_write_a_pkcs12_file_is_read() {
    let odd = "Gräße 🔑";
    let odd_argument = format!("pass:{odd}");
    let windows = ["-name", "Webserver für alle", "-CSP", "Microsoft Enhanced Cryptographic Provider v1.0"];
    let table: [(&str, &str, &[&str], Option<&str>); 17] = [
        ("as it is", PASSWORD, &[], Some("open")),
        ("legacy", "-legacy -passout pass:open", &[], Some("open")),
        (
            "3DES",
            "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1 -passout pass:open",
            &[],
            Some("open"),
        ),
        ("2DES", "-certpbe PBE-SHA1-2DES -keypbe PBE-SHA1-2DES -passout pass:open", &[], Some("open")),
        (
            "RC2-128",
            "-legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-RC2-40 -passout pass:open",
            &[],
            Some("open"),
        ),
        (
            "AES-128",
            "-certpbe AES-128-CBC -keypbe AES-192-CBC -macalg sha384 -passout pass:open",
            &[],
            Some("open"),
        ),
        (
            "SHA-512",
            "-certpbe DES-EDE3-CBC -keypbe AES-256-CBC -macalg sha512 -passout pass:open",
            &[],
            Some("open"),
        ),
        ("SHA-224", "-certpbe NONE -macalg sha224 -passout pass:open", &[], Some("open")),
        ("no MAC", "-nomac -passout pass:open", &[], Some("open")),
        ("no encryption", "-certpbe NONE -keypbe NONE -passout pass:open", &[], Some("open")),
        ("nothing", "-certpbe NONE -keypbe NONE -nomac -passout pass:open", &[], None),
        ("one round", "-noiter -nomaciter -passout pass:open", &[], Some("open")),
        ("many rounds", "-iter 100000 -passout pass:open", &[], Some("open")),
        ("empty password", "-passout pass:", &[], Some("")),
        ("empty and none", "-legacy -passout pass:", &[], None),
        ("odd password", "", &["-passout", odd_argument.as_str()], Some(odd)),
        ("odd and legacy", "-legacy", &["-passout", odd_argument.as_str()], Some(odd)),
    ];
    for (name, words, more, password) in table {
        let file = MADE.pkcs12(name, words, more);
        let found = read_with(&[&file], password).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(subjects(&found.chain), CHAIN, "{name}");
        assert!(found.unused.is_empty(), "{name}");
    }
    let file = MADE.pkcs12("Windows", AS_WINDOWS, &windows);
    assert_eq!(subjects(&read_with(&[&file], Some("open")).unwrap().chain), CHAIN);
}

#[test]
fn files_of_other_programs_are_read() {
    let table: [(&str, Option<&str>, &[&str]); 4] = [
        ("keytool.p12", Some("changeit"), &["CN=server.example, O=Example", "CN=Intermediate", "CN=Root"]),
        (
            "keytool-legacy.p12",
            Some("changeit"),
            &["CN=server.example, O=Example", "CN=Intermediate", "CN=Root"],
        ),
        ("pbmac1.p12", Some("open"), &CHAIN),
        ("windows.pfx", Some("Passwort ä"), &CHAIN),
    ];
    for (name, password, expected) in table {
        let found = read_with(&[&kept(name)], password).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(subjects(&found.chain), expected, "{name}");
        assert_refused(
            name,
            read_with(&[&kept(name)], Some("wrong")),
            "The password does not open the PKCS#12 file",
        );
    }
}

#[test]
fn indefinite_lengths_and_strings_in_pieces_are_read() {
    for words in [PASSWORD, "-legacy -passout pass:open"] {
        let file = MADE.pkcs12("to be rewritten", words, &[]);
        let rewritten = in_pieces(&file);
        assert_ne!(rewritten, file);
        assert_eq!(subjects(&read_with(&[&rewritten], Some("open")).unwrap().chain), CHAIN);
    }
}

/// The same in the Basic Encoding Rules, as some programs write it: indefinite lengths, and octet strings in pieces.
fn in_pieces(bytes: &[u8]) -> Vec<u8> {
    const CONSTRUCTED: u8 = 0x20;
    let mut written = Vec::new();
    let mut reader = Reader::new(bytes);
    while !reader.is_at_end() {
        let element = reader.next().unwrap();
        if element.tag & CONSTRUCTED != 0 {
            written.extend([element.tag, 0x80]);
            written.extend(in_pieces(element.content));
            written.extend([0, 0]);
        } else if element.tag == OCTET_STRING {
            written.extend([element.tag | CONSTRUCTED, 0x80]);
            for piece in element.content.chunks(100) {
                written.extend([OCTET_STRING, u8::try_from(piece.len()).unwrap()]);
                written.extend(piece);
            }
            written.extend([0, 0]);
        } else {
            written.extend(element.whole);
        }
    }
    written
}

#[test]
fn what_cannot_be_read_is_refused_in_words() {
    let good = MADE.pkcs12("good", PASSWORD, &[]);
    let without_mac = MADE.pkcs12("wrong without MAC", "-nomac -passout pass:open", &[]);
    let rc4 = "-legacy -certpbe PBE-SHA1-RC4-128 -keypbe PBE-SHA1-3DES -passout pass:open";
    let rc4 = MADE.pkcs12("RC4", rc4, &[]);
    let md5 = MADE.pkcs12("MD5", "-macalg md5 -passout pass:open", &[]);
    MADE.openssl(
        "pkcs12 -export -nokeys -in server.pem -certfile issuers.pem -out no-key.p12 -passout pass:open",
    );
    MADE.openssl(
        "pkcs12 -export -nocerts -inkey server.key -in server.pem -out no-certificate.p12 -passout pass:open",
    );
    let (no_key, no_certificate) = (MADE.bytes("no-key.p12"), MADE.bytes("no-certificate.p12"));
    let cut = &good[..good.len() / 2];
    let wrong = "The password does not open the PKCS#12 file";
    let needed = "The PKCS#12 file is encrypted. Give its password";
    let table: [(&str, &[u8], Option<&str>, &str); 12] = [
        ("wrong password", &good, Some("Open"), wrong),
        ("wrong password without MAC", &without_mac, Some("Open"), wrong),
        ("no password", &good, None, needed),
        ("empty password", &good, Some(""), needed),
        ("no password without MAC", &without_mac, None, needed),
        ("no key", &no_key, Some("open"), "There is no private key"),
        ("no certificate", &no_certificate, Some("open"), "There is no certificate"),
        ("RC4", &rc4, Some("open"), "RC4 of 128 bits, which is not supported"),
        ("MD5", &md5, Some("open"), "protected against changes with MD5"),
        ("half of it", cut, Some("open"), "is damaged or not complete"),
        ("Java's own format", b"\xfe\xed\xfe\xed\0\0\0\x02", Some("open"), "keytool -importkeystore"),
        ("two keys", &kept("two-keys.p12"), Some("changeit"), "2 different private keys"),
    ];
    for (name, file, password, expected) in table {
        assert_refused(name, read_with(&[file], password), expected);
    }
}

#[test]
fn a_hostile_number_of_rounds_is_refused_before_it_is_done() {
    let roots = TrustedRoots::default();
    let password = Secret::new("open".to_owned());
    for words in [PASSWORD, "-legacy -passout pass:open", "-nomac -passout pass:open"] {
        let file = MADE.pkcs12("rounds", words, &[]);
        let read = |iterations| read_within(Limits { iterations }, &[&file], Some(&password), &roots);
        assert_refused(words, read(2000), "would take too long");
        assert!(read(20_000).is_ok());
    }
    // More rounds, in each place where a number of them stands.
    for (words, numbers, expected) in [("-certpbe NONE -nomac -passout pass:open", 1, 1), (PASSWORD, 3, 1)] {
        let file = MADE.pkcs12("rounds", &format!("-iter 2048 {words}"), &[]);
        let places = (0..file.len()).filter(|at| file[*at..].starts_with(b"\x02\x02\x08\x00"));
        let places: Vec<usize> = places.collect();
        assert_eq!(places.len(), numbers);
        let refused = places.iter().filter(|place| {
            let mut hostile = file.clone();
            hostile[**place + 2..**place + 4].copy_from_slice(b"\x7f\xff");
            let read = read_within(Limits { iterations: 20_000 }, &[&hostile], Some(&password), &roots);
            // What the MAC covers cannot be changed without the password.
            matches!(read, Err(UploadError::TooMuchWork(..)))
        });
        assert_eq!(refused.count(), expected, "{words}");
    }
}

#[test]
fn chains_as_pkcs7_are_read() {
    MADE.openssl("crl2pkcs7 -nocrl -certfile issuers.pem -certfile server.pem -outform DER -out chain.p7b");
    MADE.openssl("crl2pkcs7 -nocrl -certfile issuers.pem -certfile server.pem -out chain.p7b.pem");
    for name in ["chain.p7b", "chain.p7b.pem"] {
        let found = read_with(&[&MADE.bytes(name), &MADE.bytes("server.key")], None).unwrap();
        assert_eq!(subjects(&found.chain), CHAIN, "{name}");
    }
    let chain = MADE.bytes("chain.p7b");
    assert_refused("no key", read_with(&[&chain], None), "There is no private key");
}
