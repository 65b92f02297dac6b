//! Decrypts with a password: PKCS#5's PBES2 and PKCS#12's own ways (RFC 8018, section 6.2; RFC 7292, appendix C).

use aws_lc_rs::cipher::{self, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, InnerIvInit as _, KeyInit as _};
use des::{TdesEde2, TdesEde3};
use rc2::Rc2;
use zeroize::Zeroizing;

use super::algorithms::{
    AES_128, AES_192, AES_256, PBES2, PKCS12_ENCRYPTION, SHA1, TRIPLE_DES, name_or_number,
};
use super::ber::{Malformed, Reader};
use super::error::{Encrypted, UploadError};
use super::key_derivation::{self, Pbkdf2, Pbkdf2Error, Purpose};
use super::password::PasswordForm;
use super::work::Work;

/// Why there is no plain text.
pub(super) enum DecryptionError {
    Malformed,
    /// The password does not fit, as far as can be told: what comes out does not end as it must.
    WrongPassword,
    /// It is refused, whatever the password.
    Refused(UploadError),
}

impl From<Malformed> for DecryptionError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl From<UploadError> for DecryptionError {
    fn from(error: UploadError) -> Self {
        Self::Refused(error)
    }
}

/// A cipher in the mode CBC with the padding of PKCS#7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    TripleDes,
    /// With two keys.
    DoubleKeyDes,
    Rc2Of128,
    Rc2Of40,
}

impl Cipher {
    fn key_length(self) -> usize {
        match self {
            Self::Aes128 | Self::DoubleKeyDes | Self::Rc2Of128 => 16,
            Self::Aes192 | Self::TripleDes => 24,
            Self::Aes256 => 32,
            Self::Rc2Of40 => 5,
        }
    }

    /// None when the padding is wrong, or the initial value has another length than a block.
    fn decrypt(self, key: &[u8], initial_value: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        /// The key of RC2 counts for so many bits as it has.
        const BITS: usize = 8;
        let mut buffer = Zeroizing::new(data.to_vec());
        let length = match self {
            Self::Aes128 => aes(&cipher::AES_128, key, initial_value, &mut buffer)?,
            Self::Aes192 => aes(&cipher::AES_192, key, initial_value, &mut buffer)?,
            Self::Aes256 => aes(&cipher::AES_256, key, initial_value, &mut buffer)?,
            Self::TripleDes => cbc(TdesEde3::new_from_slice(key).ok()?, initial_value, &mut buffer)?,
            Self::DoubleKeyDes => cbc(TdesEde2::new_from_slice(key).ok()?, initial_value, &mut buffer)?,
            Self::Rc2Of128 | Self::Rc2Of40 => {
                cbc(Rc2::new_with_eff_key_len(key, key.len() * BITS), initial_value, &mut buffer)?
            }
        };
        buffer.truncate(length);
        Some(buffer)
    }
}

fn aes(
    algorithm: &'static cipher::Algorithm,
    key: &[u8],
    initial_value: &[u8],
    buffer: &mut [u8],
) -> Option<usize> {
    let key = UnboundCipherKey::new(algorithm, key).ok()?;
    let initial_value: [u8; 16] = initial_value.try_into().ok()?;
    let context = DecryptionContext::Iv128(initial_value.into());
    let plain = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?.decrypt(buffer, context).ok()?;
    Some(plain.len())
}

fn cbc<C>(cipher: C, initial_value: &[u8], buffer: &mut [u8]) -> Option<usize>
where
    C: cbc::cipher::BlockCipherDecrypt,
{
    let decryptor = Decryptor::inner_iv_slice_init(cipher, initial_value).ok()?;
    Some(decryptor.decrypt_padded::<Pkcs7>(buffer).ok()?.len())
}

/// The block of triple DES and RC2, in bytes.
const BLOCK: usize = 8;

/// Decrypts. `algorithm` is what is in the AlgorithmIdentifier.
pub(super) fn decrypt(
    algorithm: Reader<'_>,
    data: &[u8],
    password: &PasswordForm,
    encrypted: Encrypted,
    work: &mut Work,
) -> Result<Zeroizing<Vec<u8>>, DecryptionError> {
    let mut algorithm = algorithm;
    let method = algorithm.object_identifier()?;
    let plain = if method == PBES2 {
        let mut parameters = algorithm.sequence()?;
        let derivation = Pbkdf2::read(parameters.sequence()?).map_err(|error| match error {
            Pbkdf2Error::Malformed => DecryptionError::Malformed,
            Pbkdf2Error::Unsupported(method) => unsupported(encrypted, method),
        })?;
        let mut scheme = parameters.sequence()?;
        let method = scheme.object_identifier()?;
        let cipher = match method {
            AES_128 => Cipher::Aes128,
            AES_192 => Cipher::Aes192,
            AES_256 => Cipher::Aes256,
            TRIPLE_DES => Cipher::TripleDes,
            other => return Err(unsupported(encrypted, name_or_number(other))),
        };
        let length = cipher.key_length();
        if derivation.length.is_some_and(|said| u64::try_from(length) != Ok(said)) {
            return Err(DecryptionError::Malformed);
        }
        let initial_value = scheme.octets()?;
        let key = derivation.derive(&password.narrow, length, encrypted, work)?;
        cipher.decrypt(&key, &initial_value, data)
    } else {
        let cipher = match method.strip_prefix(PKCS12_ENCRYPTION) {
            Some([3]) => Cipher::TripleDes,
            Some([4]) => Cipher::DoubleKeyDes,
            Some([5]) => Cipher::Rc2Of128,
            Some([6]) => Cipher::Rc2Of40,
            Some(_) | None => return Err(unsupported(encrypted, name_or_number(method))),
        };
        let mut parameters = algorithm.sequence()?;
        let salt = parameters.octets()?;
        let iterations = key_derivation::iterations(parameters.number()?)?;
        let (hash, length) = (SHA1.digest, cipher.key_length());
        // The key is two blocks of SHA-1 at most, and the initial value one.
        work.spend(encrypted, iterations.get(), length.div_ceil(hash.output_len()) + 1)?;
        let given = (password.wide.as_slice(), salt.as_slice(), iterations);
        let key = key_derivation::pkcs12(hash, Purpose::Key, given, length);
        let initial_value = key_derivation::pkcs12(hash, Purpose::InitialValue, given, BLOCK);
        cipher.decrypt(&key, &initial_value, data)
    };
    plain.ok_or(DecryptionError::WrongPassword)
}

fn unsupported(encrypted: Encrypted, method: String) -> DecryptionError {
    DecryptionError::Refused(UploadError::UnsupportedEncryption { encrypted, method })
}
