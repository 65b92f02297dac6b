//! Why an upload is refused.

use std::fmt;

use thiserror::Error;

use super::{MAXIMUM_CERTIFICATES, MAXIMUM_UPLOAD_BYTES};

/// What is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encrypted {
    /// A whole PKCS#12 file.
    Pkcs12,
    /// A private key by itself.
    Key,
}

impl fmt::Display for Encrypted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Pkcs12 => "PKCS#12 file",
            Self::Key => "private key",
        })
    }
}

/// Why an upload is refused. Whole sentences that end with what to do: the administrator reads them.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UploadError {
    /// More than [`MAXIMUM_UPLOAD_BYTES`].
    #[error(
        "What was given is larger than {MAXIMUM_UPLOAD_BYTES} bytes (1 MiB), and no certificate is. Give only the server's \
         certificate, its private key and the certificates of its issuers."
    )]
    TooLarge,
    /// Nothing at all.
    #[error("Nothing was given. Give a PKCS#12 file, or a certificate and its private key as PEM or DER.")]
    Nothing,
    /// Neither PKCS#12 nor PKCS#7, PEM or DER.
    #[error(
        "What was given is neither a PKCS#12 file nor certificates and a key as PEM or DER. Give the file as your certificate \
         authority or your tool wrote it."
    )]
    Unrecognised,
    /// It begins as ASN.1 does.
    #[error("The {0} is damaged or not complete. Copy or export it again.")]
    Damaged(&'static str),
    /// A block of PEM has no end.
    #[error("The PEM block “{0}” is not complete: it has no END line. Give all of it, to the END line.")]
    NoEnd(String),
    /// A block of PEM is not Base64.
    #[error(
        "The PEM block “{0}” is damaged: what stands between its BEGIN and END lines is not Base64. Copy it again."
    )]
    NotBase64(String),
    /// It is encrypted, and no password fits.
    #[error("The {0} is encrypted. Give its password, too.")]
    PasswordNeeded(Encrypted),
    /// It is encrypted with another password.
    #[error(
        "The password does not open the {0}. Give the password that was chosen when it was exported; capital letters count."
    )]
    WrongPassword(Encrypted),
    /// Within a PKCS#12 file is something that its password does not open.
    #[error(
        "The password opens the PKCS#12 file, but not all that is in it. Export it again, with one password for the file and \
         its private key."
    )]
    OtherPasswordWithin,
    /// Encryption as in SSLeay, with one round of MD5.
    #[error(
        "The private key is encrypted in an outdated way (“Proc-Type: 4,ENCRYPTED”). Convert it first, for example with: \
         openssl pkcs8 -topk8 -in key.pem -out converted.pem"
    )]
    OutdatedEncryption,
    /// A method of encryption that is not supported.
    #[error(
        "The {encrypted} is encrypted with {method}, which is not supported. Export it again with AES-256, for example by \
         OpenSSL 3 or a current Windows."
    )]
    UnsupportedEncryption {
        /// What is encrypted.
        encrypted: Encrypted,
        /// The method, or its object identifier.
        method: String,
    },
    /// A method of protection against changes that is not supported.
    #[error(
        "The PKCS#12 file is protected against changes with {method}, which is not supported. Export it again with SHA-256, \
         for example by OpenSSL 3 or a current Windows."
    )]
    UnsupportedIntegrity {
        /// The method, or its object identifier.
        method: String,
    },
    /// Opening it would take too long.
    #[error(
        "Opening the {0} would take too long: it asks for more than {1} rounds of work on the password. Export it again with \
         fewer iterations."
    )]
    TooMuchWork(Encrypted, u64),
    /// There is no key.
    #[error(
        "There is no private key in what was given. Give it, too: it was made together with the certificate request, and the \
         certificate authority does not have it; a PKCS#12 file has to be exported with the private key."
    )]
    NoPrivateKey,
    /// There are different keys.
    #[error(
        "There are {0} different private keys in what was given. Give one of them only, with its certificate."
    )]
    SeveralKeys(usize),
    /// A key with too few bits.
    #[error(
        "The private key is RSA with {0} bits, which is too weak. Have a certificate issued for an RSA key of 2048 bits or \
         more, or for an ECDSA key on P-256."
    )]
    WeakKey(usize),
    /// A key of another kind.
    #[error(
        "The private key is {0}, which cannot be used. Have a certificate issued for an RSA key of 2048 to 8192 bits, an \
         ECDSA key on P-256, P-384 or P-521, or an Ed25519 key."
    )]
    UnsupportedKey(String),
    /// A key of the program ssh.
    #[error(
        "The private key is in the format of OpenSSH, which is not for certificates. Give the private key of the certificate, \
         or convert it first, for example with: ssh-keygen -p -m PKCS8 -f key"
    )]
    OpenSshKey,
    /// A key store of Java in its own format.
    #[error(
        "What was given is a key store in Java's own format. Convert it first, for example with: keytool -importkeystore \
         -srckeystore store.jks -destkeystore store.p12 -deststoretype PKCS12"
    )]
    JavaKeyStore,
    /// There is a key and no certificate.
    #[error(
        "There is no certificate in what was given. Give the certificate that belongs to the private key, too."
    )]
    NoCertificate,
    /// There is a request in the place of the certificate.
    #[error(
        "What was given is a certificate request, not a certificate. Have a certificate authority sign it, and give the \
         certificate that comes back and the private key of the request."
    )]
    Request,
    /// None of the certificates is that of the key.
    #[error(
        "The private key belongs to none of the certificates that were given ({subjects}). Give the certificate that was \
         issued for this key, or the key of one of these."
    )]
    KeyOfAnother {
        /// To whom they were issued.
        subjects: String,
    },
    /// A collection rather than a chain.
    #[error(
        "There are more than {MAXIMUM_CERTIFICATES} certificates in what was given. Give only the server's certificate and \
         those of its issuers."
    )]
    TooManyCertificates,
    /// The TLS library does not take it.
    #[error(
        "The certificate “{subject}” cannot be used: it cannot be read by the rules for certificates of servers. Have another \
         one issued."
    )]
    Unusable {
        /// To whom it was issued.
        subject: String,
    },
}
