//! Private keys in every form, and those that cannot be used.

use super::made::MADE;
use super::{assert_refused, read_with, subjects};

#[test]
fn keys_are_read_in_every_form() {
    let table: [(&str, &str, Option<&str>); 13] = [
        ("PKCS#8", "pkey -in server.key", None),
        ("PKCS#8 as DER", "pkey -in server.key -outform DER", None),
        ("PKCS#1", "rsa -in server.key -traditional", None),
        ("PKCS#1 as DER", "rsa -in server.key -traditional -outform DER", None),
        ("a password for nothing", "pkey -in server.key", Some("needless")),
        ("encrypted", "pkcs8 -topk8 -in server.key -passout pass:open", Some("open")),
        ("encrypted as DER", "pkcs8 -topk8 -in server.key -passout pass:open -outform DER", Some("open")),
        ("AES-128", "pkcs8 -topk8 -in server.key -v2 aes-128-cbc -passout pass:open", Some("open")),
        (
            "AES-192 and SHA-1",
            "pkcs8 -topk8 -in server.key -v2 aes-192-cbc -v2prf hmacWithSHA1 -passout pass:open",
            Some("open"),
        ),
        (
            "3DES and SHA-512",
            "pkcs8 -topk8 -in server.key -v2 des3 -v2prf hmacWithSHA512 -passout pass:open",
            Some("open"),
        ),
        ("600,000 rounds", "pkcs8 -topk8 -in server.key -iter 600000 -passout pass:open", Some("open")),
        ("as PKCS#12 does", "pkcs8 -topk8 -in server.key -v1 PBE-SHA1-3DES -passout pass:open", Some("open")),
        ("an empty password", "pkcs8 -topk8 -in server.key -v1 PBE-SHA1-3DES -passout pass:", None),
    ];
    let certificate = MADE.bytes("server.pem");
    for (name, words, password) in table {
        MADE.openssl(&format!("{words} -out form.key"));
        let key = MADE.bytes("form.key");
        let found =
            read_with(&[&key, &certificate], password).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(subjects(&found.chain), ["CN=server.example"], "{name}");
        // The same key comes out, not encrypted.
        let pem = found.private_key.to_pem();
        let again = read_with(&[pem.expose().as_bytes(), &certificate], None).unwrap();
        assert_eq!(again.private_key.to_pem(), pem, "{name}");
        assert!(!format!("{found:?}{:?}", found.private_key).contains("BEGIN"), "{name}");
    }
}

#[test]
fn keys_of_every_kind_that_tls_can_serve_are_read() {
    let table = [
        ("P-256", "ecparam -name prime256v1 -genkey", "EC PRIVATE KEY"),
        ("P-384", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384", "PRIVATE KEY"),
        ("P-521", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521", "PRIVATE KEY"),
        ("Ed25519", "genpkey -algorithm ED25519", "PRIVATE KEY"),
        ("RSA 3072", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:3072", "PRIVATE KEY"),
    ];
    for (name, words, label) in table {
        MADE.openssl(&format!("{words} -out kind.key"));
        MADE.openssl("req -x509 -key kind.key -subj /CN=kind -out kind.pem");
        let key = MADE.text("kind.key");
        assert!(key.contains(&format!("-----BEGIN {label}-----")), "{key}");
        let both = [key, MADE.text("kind.pem")].concat();
        let found = read_with(&[both.as_bytes()], None).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(subjects(&found.chain), ["CN=kind"], "{name}");
    }
}

#[test]
fn keys_that_cannot_be_used_are_refused_in_words() {
    let table = [
        (
            "RSA 1024",
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024",
            "RSA with 1024 bits, which is too weak",
        ),
        ("P-224", "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-224", "an ECDSA key on P-224"),
        ("secp256k1", "ecparam -name secp256k1 -genkey", "an ECDSA key on secp256k1"),
        (
            "brainpool",
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP384r1",
            "1.3.36.3.3.2.8.1.1.11",
        ),
        (
            "a curve without a name",
            "ecparam -name secp224r1 -genkey -param_enc explicit",
            "a curve without a name",
        ),
        ("Ed448", "genpkey -algorithm ED448", "an Ed448 key"),
        ("RSA-PSS", "genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "for RSA-PSS only"),
        ("outdated", "rsa -in server.key -aes128 -traditional -passout pass:open", "openssl pkcs8 -topk8"),
        (
            "scrypt",
            "pkcs8 -topk8 -in server.key -scrypt -scrypt_N 2 -passout pass:open",
            "with scrypt, which is not",
        ),
        (
            "wrong password",
            "pkcs8 -topk8 -in server.key -passout pass:other",
            "does not open the private key",
        ),
        (
            "wrong, as PKCS#12",
            "pkcs8 -topk8 -in server.key -v1 PBE-SHA1-3DES -passout pass:other",
            "does not open the",
        ),
    ];
    let certificate = MADE.bytes("server.pem");
    for (name, words, expected) in table {
        MADE.openssl(&format!("{words} -out unusable.key"));
        let key = MADE.bytes("unusable.key");
        assert_refused(name, read_with(&[&certificate, &key], Some("open")), expected);
    }
    MADE.openssl("pkcs8 -topk8 -in server.key -passout pass:open -out locked.key");
    let (locked, plain) = (MADE.bytes("locked.key"), MADE.bytes("server.key"));
    let other = MADE.bytes("intermediate.key");
    let ssh = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n";
    let damaged = b"-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n";
    let table: [(&str, &[&[u8]], &str); 9] = [
        ("no password", &[&certificate, &locked], "The private key is encrypted. Give its password"),
        (
            "the key of another",
            &[&certificate, &other],
            "none of the certificates that were given (“CN=server.example”)",
        ),
        ("two keys", &[&certificate, &plain, &other], "2 different private keys"),
        ("the key twice", &[&plain, &plain], "There is no certificate"),
        ("no key", &[&certificate], "There is no private key"),
        ("of ssh", &[&certificate, ssh], "format of OpenSSH"),
        ("damaged", &[&certificate, damaged], "The private key is damaged"),
        ("a request", &[&MADE.bytes("server.csr"), &plain], "is a certificate request"),
        ("a request alone", &[&MADE.bytes("server.csr")], "is a certificate request"),
    ];
    for (name, files, expected) in table {
        assert_refused(name, read_with(files, None), expected);
    }
}
