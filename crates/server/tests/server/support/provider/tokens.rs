//! What a provider says of somebody, and how it signs that, rightly or not.

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde_json::{Value, json};

use super::SECRET;

/// How an ID token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signed {
    WithRsa,
    WithEc,
    /// With a key that the provider does not show.
    ByAnother,
    /// With the secret of the client, which others may know.
    WithSecret,
    NotAtAll,
    /// For something else.
    ForOther,
}

/// What the provider says of somebody.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) signed: Signed,
    pub(crate) claims: Value,
}

/// With which the provider signs.
pub(super) struct Keys {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
    number: u32,
}

impl Keys {
    pub(super) fn make(number: u32) -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            number,
        }
    }

    /// Others, in the place of these.
    pub(super) fn renewed(&self) -> Self {
        Self::make(self.number + 1)
    }

    /// What the provider shows of them (RFC 7517).
    pub(super) fn shown(&self) -> Value {
        // PKCS #1: a sequence of the modulus, which begins with a zero, and the exponent.
        let modulus = &self.rsa.public_key().as_ref()[9..265];
        let point = self.ec.public_key().as_ref();
        json!({"keys": [
            {
                "kty": "RSA", "use": "sig", "alg": "RS256", "kid": format!("rsa-{}", self.number),
                "n": BASE64.encode(modulus), "e": "AQAB",
            },
            {
                "kty": "EC", "use": "sig", "alg": "ES256", "kid": format!("ec-{}", self.number),
                "crv": "P-256", "x": BASE64.encode(&point[1..33]), "y": BASE64.encode(&point[33..65]),
            },
        ]})
    }

    /// The token, signed as it says.
    pub(super) fn sign(&self, token: &Token) -> String {
        let (algorithm, kid) = match token.signed {
            Signed::WithRsa | Signed::ByAnother | Signed::ForOther => ("RS256", "rsa"),
            Signed::WithEc => ("ES256", "ec"),
            Signed::WithSecret => ("HS256", "secret"),
            Signed::NotAtAll => ("none", "none"),
        };
        let head = json!({"alg": algorithm, "typ": "JWT", "kid": format!("{kid}-{}", self.number)});
        let encode = |value: &Value| BASE64.encode(value.to_string());
        let message = format!("{}.{}", encode(&head), encode(&token.claims));
        let with_rsa = |key: &RsaKeyPair, message: &str| {
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
            signature
        };
        let signature = match token.signed {
            Signed::WithRsa => with_rsa(&self.rsa, &message),
            Signed::ByAnother => with_rsa(&Keys::make(0).rsa, &message),
            Signed::ForOther => with_rsa(&self.rsa, "something else"),
            Signed::WithEc => {
                self.ec.sign(&SystemRandom::new(), message.as_bytes()).unwrap().as_ref().to_vec()
            }
            Signed::WithSecret => {
                hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), message.as_bytes())
                    .as_ref()
                    .to_vec()
            }
            Signed::NotAtAll => Vec::new(),
        };
        format!("{message}.{}", BASE64.encode(signature))
    }
}
