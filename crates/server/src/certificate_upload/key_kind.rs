//! What kind of private key the TLS library has refused.

use super::algorithms::{EC, RSA, name, name_or_number};
use super::ber::{BIT_STRING, INTEGER, Malformed, OBJECT_IDENTIFIER, Reader};
use super::error::UploadError;
use super::private_key::KeyFormat;

/// RSA keys with fewer bits are too weak, for agents as well.
const MINIMUM_RSA_BITS: usize = 2048;
const MAXIMUM_RSA_BITS: usize = 8192;
const DAMAGED: UploadError = UploadError::Damaged("private key");

/// Why a key cannot be used that cannot be used.
pub(super) fn refusal(format: KeyFormat, der: &[u8]) -> UploadError {
    let refusal = match format {
        KeyFormat::Pkcs8 => pkcs8(der),
        KeyFormat::Pkcs1 => rsa(der),
        KeyFormat::Sec1 => sec1(der),
    };
    refusal.unwrap_or(DAMAGED)
}

fn pkcs8(der: &[u8]) -> Result<UploadError, Malformed> {
    let mut key = Reader::new(der).sequence()?;
    key.number()?;
    let mut algorithm = key.sequence()?;
    let private_key = key.octets()?;
    Ok(match algorithm.object_identifier()? {
        RSA => rsa(&private_key)?,
        EC => curve(algorithm)?,
        ED25519 => DAMAGED,
        other => UploadError::UnsupportedKey(
            name(other)
                .unwrap_or_else(|| format!("of a kind that is not supported ({})", name_or_number(other))),
        ),
    })
}

/// `id-Ed25519` (RFC 8410).
const ED25519: &[u8] = b"\x2b\x65\x70";

fn rsa(der: &[u8]) -> Result<UploadError, Malformed> {
    let mut key = Reader::new(der).sequence()?;
    key.number()?;
    let modulus = key.expect(INTEGER)?.content;
    let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
    let digits = modulus.get(zeros..).unwrap_or_default();
    let first = digits.first().ok_or(Malformed)?;
    let bits = digits.len() * 8 - usize::try_from(first.leading_zeros()).map_err(|_| Malformed)?;
    Ok(match bits {
        ..MINIMUM_RSA_BITS => UploadError::WeakKey(bits),
        MINIMUM_RSA_BITS..=MAXIMUM_RSA_BITS => DAMAGED,
        _ => UploadError::UnsupportedKey(format!("RSA with {bits} bits")),
    })
}

fn sec1(der: &[u8]) -> Result<UploadError, Malformed> {
    let mut key = Reader::new(der).sequence()?;
    key.number()?;
    key.octets()?;
    curve(key.context_0()?)
}

fn curve(mut parameters: Reader<'_>) -> Result<UploadError, Malformed> {
    /// P-256, P-384 and P-521 (RFC 5480, section 2.1.1.1): it was not the curve.
    const GOOD: [&[u8]; 3] =
        [b"\x2a\x86\x48\xce\x3d\x03\x01\x07", b"\x2b\x81\x04\x00\x22", b"\x2b\x81\x04\x00\x23"];
    let curve = parameters.next()?;
    Ok(match curve.tag {
        OBJECT_IDENTIFIER if GOOD.contains(&curve.content) => DAMAGED,
        OBJECT_IDENTIFIER => {
            UploadError::UnsupportedKey(name(curve.content).unwrap_or_else(|| {
                format!("an ECDSA key on another curve ({})", name_or_number(curve.content))
            }))
        }
        BIT_STRING => DAMAGED,
        _ => UploadError::UnsupportedKey("an ECDSA key on a curve without a name".to_owned()),
    })
}
