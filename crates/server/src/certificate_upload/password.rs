//! The forms in which a password goes into keys.

use countersign_protocol::Secret;
use zeroize::Zeroizing;

/// One way to write the password that was given.
pub(super) struct PasswordForm {
    /// For PKCS#12's own derivation: UTF-16, most significant byte first, with a zero at the end (RFC 7292, appendix B.1).
    /// No password at all is nothing, and the empty one the zero alone.
    pub(super) wide: Zeroizing<Vec<u8>>,
    /// For PKCS#5: UTF-8.
    pub(super) narrow: Zeroizing<Vec<u8>>,
}

impl PasswordForm {
    fn new(units: impl Iterator<Item = u16>, narrow: &str) -> Self {
        let wide = units.chain([0]).flat_map(u16::to_be_bytes).collect();
        Self { wide: Zeroizing::new(wide), narrow: Zeroizing::new(narrow.as_bytes().to_vec()) }
    }

    fn none() -> Self {
        Self { wide: Zeroizing::new(Vec::new()), narrow: Zeroizing::new(Vec::new()) }
    }
}

/// Whether somebody has given a password that could be wrong.
pub(super) fn is_given(password: Option<&Secret>) -> bool {
    password.is_some_and(|password| !password.expose().is_empty())
}

/// The forms to try, the likeliest first.
pub(super) fn forms(password: Option<&Secret>) -> Vec<PasswordForm> {
    let empty = || PasswordForm::new(std::iter::empty(), "");
    let Some(password) = password.map(Secret::expose) else {
        return vec![PasswordForm::none(), empty()];
    };
    if password.is_empty() {
        return vec![empty(), PasswordForm::none()];
    }
    let mut forms = vec![PasswordForm::new(password.encode_utf16(), password)];
    if !password.is_ascii() {
        // OpenSSL before 1.1.0 took every byte of the UTF-8 for a character.
        forms.push(PasswordForm::new(password.bytes().map(u16::from), password));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_and_empty_differ_where_pkcs12_tells_them_apart() {
        let wide = |password: Option<&str>| -> Vec<Vec<u8>> {
            let password = password.map(|text| Secret::new(text.to_owned()));
            forms(password.as_ref()).iter().map(|form| form.wide.to_vec()).collect()
        };
        assert_eq!(wide(None), [vec![], vec![0, 0]]);
        assert_eq!(wide(Some("")), [vec![0, 0], vec![]]);
        assert_eq!(wide(Some("a")), [vec![0, b'a', 0, 0]]);
        assert_eq!(wide(Some("ü")), [vec![0, 0xfc, 0, 0], vec![0, 0xc3, 0, 0xbc, 0, 0]]);
        assert_eq!(wide(Some("🔑"))[0], [0xd8, 0x3d, 0xdd, 0x11, 0, 0]);
    }
}
