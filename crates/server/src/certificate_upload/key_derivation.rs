//! Keys from passwords: PKCS#12's own way (RFC 7292, appendix B.2) and PBKDF2 (RFC 8018, section 5.2).

use std::num::NonZeroU32;

use aws_lc_rs::digest::{self, Context};
use aws_lc_rs::{hmac, pbkdf2};
use zeroize::Zeroizing;

use super::algorithms::{HMAC_WITH_SHA1, PBKDF2, keyed_hash, name_or_number};
use super::ber::{Malformed, OCTET_STRING, Reader, SEQUENCE};
use super::error::{Encrypted, UploadError};
use super::work::Work;

/// What PKCS#12 derives (RFC 7292, appendix B.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Key = 1,
    InitialValue = 2,
    Integrity = 3,
}

/// How often a round is repeated; at least once, and not more often than there are numbers for.
pub(super) fn iterations(number: u64) -> Result<NonZeroU32, Malformed> {
    NonZeroU32::new(u32::try_from(number).unwrap_or(u32::MAX)).ok_or(Malformed)
}

/// So many bytes for a purpose. The password is as PKCS#12 wants it, with a zero at the end.
pub(super) fn pkcs12(
    hash: &'static digest::Algorithm,
    purpose: Purpose,
    (password, salt, iterations): (&[u8], &[u8], NonZeroU32),
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let block = hash.block_len();
    let diversifier = vec![purpose as u8; block];
    let mut input = Zeroizing::new(Vec::with_capacity(2 * block + salt.len() + password.len()));
    for part in [salt, password] {
        let filled = part.len().div_ceil(block) * block;
        input.extend(part.iter().cycle().take(filled));
    }
    let mut derived = Zeroizing::new(Vec::with_capacity(length + hash.output_len()));
    loop {
        let mut context = Context::new(hash);
        context.update(&diversifier);
        context.update(&input);
        let mut round = context.finish();
        for _ in 1..iterations.get() {
            round = digest::digest(hash, round.as_ref());
        }
        derived.extend_from_slice(round.as_ref());
        if derived.len() >= length {
            derived.truncate(length);
            return derived;
        }
        let addend: Vec<u8> = round.as_ref().iter().copied().cycle().take(block).collect();
        for chunk in input.chunks_exact_mut(block) {
            // chunk + addend + 1, as numbers with the most significant byte first.
            let mut carry = 1_u16;
            for (digit, add) in chunk.iter_mut().zip(&addend).rev() {
                let [high, low] = (u16::from(*digit) + u16::from(*add) + carry).to_be_bytes();
                *digit = low;
                carry = u16::from(high);
            }
        }
    }
}

/// What a file says about PBKDF2.
pub(super) struct Pbkdf2 {
    salt: Zeroizing<Vec<u8>>,
    iterations: NonZeroU32,
    /// As the file says it; what it is used for knows it, too.
    pub(super) length: Option<u64>,
    method: pbkdf2::Algorithm,
    output: usize,
}

/// Why PBKDF2 cannot be done.
pub(super) enum Pbkdf2Error {
    Malformed,
    /// With the name of what is not supported.
    Unsupported(String),
}

impl From<Malformed> for Pbkdf2Error {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Pbkdf2 {
    /// Reads an AlgorithmIdentifier.
    pub(super) fn read(mut algorithm: Reader<'_>) -> Result<Self, Pbkdf2Error> {
        let kind = algorithm.object_identifier()?;
        if kind != PBKDF2 {
            return Err(Pbkdf2Error::Unsupported(name_or_number(kind)));
        }
        let mut parameters = algorithm.sequence()?;
        // In place of the salt can stand where it is from; nobody has ever defined that.
        let salt = parameters.expect(OCTET_STRING)?.octets_tagged(OCTET_STRING)?;
        let iterations = iterations(parameters.number()?)?;
        let length =
            if parameters.peek() == Some(super::ber::INTEGER) { Some(parameters.number()?) } else { None };
        let method = if parameters.peek() == Some(SEQUENCE) {
            parameters.sequence()?.object_identifier()?
        } else {
            HMAC_WITH_SHA1
        };
        let Some((_, method, output)) = keyed_hash(method) else {
            return Err(Pbkdf2Error::Unsupported(name_or_number(method)));
        };
        Ok(Self { salt, iterations, length, method, output })
    }

    /// So many bytes.
    pub(super) fn derive(
        &self,
        password: &[u8],
        length: usize,
        encrypted: Encrypted,
        work: &mut Work,
    ) -> Result<Zeroizing<Vec<u8>>, UploadError> {
        work.spend(encrypted, self.iterations.get(), length.div_ceil(self.output))?;
        let mut key = Zeroizing::new(vec![0; length]);
        pbkdf2::derive(self.method, self.iterations, &self.salt, password, &mut key);
        Ok(key)
    }
}

/// Whether a message has this authentication code. Takes the same time whatever differs.
pub(super) fn authenticates(method: hmac::Algorithm, key: &[u8], message: &[u8], code: &[u8]) -> bool {
    hmac::verify(&hmac::Key::new(method, key), message, code).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known results, those of OpenSSL's `pkcs12` tests among them (“smeg” and “queeg”, from the drafts of PKCS#12).
    #[test]
    fn known_passwords_give_known_keys() {
        /// Password, salt, rounds, purpose, key.
        type Case<'a> = (&'a str, &'a [u8], u32, Purpose, &'a [u8]);
        let table: [Case<'_>; 4] = [
            (
                "smeg",
                b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f",
                1,
                Purpose::Key,
                b"\x8a\xaa\xe6\x29\x7b\x6c\xb0\x46\x42\xab\x5b\x07\x78\x51\x28\x4e\xb7\x12\x8f\x1a\x2a\x7f\xbc\xa3",
            ),
            (
                "smeg",
                b"\x0a\x58\xcf\x64\x53\x0d\x82\x3f",
                1,
                Purpose::InitialValue,
                b"\x79\x99\x3d\xfe\x04\x8d\x3b\x76",
            ),
            (
                "queeg",
                b"\x05\xde\xc9\x59\xac\xff\x72\xf7",
                1000,
                Purpose::Key,
                b"\xed\x20\x34\xe3\x63\x28\x83\x0f\xf0\x9d\xf1\xe1\xa0\x7d\xd3\x57\x18\x5d\xac\x0d\x4f\x9e\xb3\xd4",
            ),
            (
                "queeg",
                b"\x05\xde\xc9\x59\xac\xff\x72\xf7",
                1000,
                Purpose::InitialValue,
                b"\x11\xde\xda\xd7\x75\x8d\x48\x60",
            ),
        ];
        for (password, salt, iterations, purpose, expected) in table {
            let wide: Vec<u8> = password.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
            let iterations = NonZeroU32::new(iterations).unwrap();
            let hash = &digest::SHA1_FOR_LEGACY_USE_ONLY;
            let found = pkcs12(hash, purpose, (&wide, salt, iterations), expected.len());
            assert_eq!(&found[..], expected, "{password} {purpose:?}");
        }
    }
}
