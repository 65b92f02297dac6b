//! One attempt at a certificate: account, order, challenges, certificate (RFC 8555, section 7). How far it is, is kept before each
//! step that cannot be taken back, so that a server that is started in the middle carries on with the same order.

use std::time::Duration;

use countersign_protocol::Secret;
use instant_acme::{
    Account, AuthorizationStatus, CertificateIdentifier, ChallengeStatus, ChallengeType, Error, Identifier,
    NewOrder, Order, OrderStatus,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::client::AcmeClient;
use super::failure::{AcmeFailure, FailureKind, is_unknown_account};
use super::progress::OrderStage;
use super::repeated::{Waits, repeated};
use super::settings::{AcmeSettings, ChallengeKind};
use crate::clock::Clock;
use crate::store::{AcmeOrder, AttemptKept, Store, StoreError};

/// How long an authority may take to convince itself, and to issue.
const TO_VALIDATE: Duration = Duration::from_mins(3);
const TO_ISSUE: Duration = Duration::from_mins(3);

/// Why there is no certificate.
#[derive(Debug)]
pub(super) enum Stopped {
    Failed(AcmeFailure),
    /// Somebody has ordered anew meanwhile.
    Overtaken,
    Store(StoreError),
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What an authority has issued.
pub(super) struct IssuedChain {
    pub(super) chain_pem: String,
    pub(super) private_key_pem: Secret,
}

/// One attempt.
pub(super) struct Attempt<'server> {
    pub(super) store: &'server Store,
    pub(super) clock: &'server dyn Clock,
    pub(super) settings: AcmeSettings,
    pub(super) binding_key: Option<Secret>,
    pub(super) client: AcmeClient,
    pub(super) order: AcmeOrder,
}

impl Attempt<'_> {
    fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(super) fn failed(&self, error: &Error) -> Stopped {
        Stopped::Failed(AcmeFailure::of(error, self.now()))
    }

    pub(super) fn own(&self, kind: FailureKind, text: impl Into<String>) -> Stopped {
        Stopped::Failed(AcmeFailure::own(kind, text, self.now()))
    }

    /// Keeps how far it is.
    pub(super) async fn keep(&self) -> Result<(), Stopped> {
        match self.store.keep_acme_progress(&self.order).await? {
            AttemptKept::Yes => Ok(()),
            AttemptKept::Overtaken => Err(Stopped::Overtaken),
        }
    }

    /// Gets a certificate.
    pub(super) async fn run(&mut self) -> Result<IssuedChain, Stopped> {
        let account = self.account().await?;
        let mut order = match self.carried_on(&account).await? {
            Some(order) => order,
            None => self.ordered(&account).await?,
        };
        let mut answered = Vec::new();
        let issued = self.through(&mut order, &mut answered).await;
        for (name, answer) in answered {
            self.store.forget_acme_challenge(self.settings.challenge, &name, &answer).await?;
        }
        issued
    }

    async fn through(
        &mut self,
        order: &mut Order,
        answered: &mut Vec<(String, String)>,
    ) -> Result<IssuedChain, Stopped> {
        if order.state().status == OrderStatus::Pending {
            self.answer(order, answered).await?;
            self.until(order, TO_VALIDATE, |status| status != OrderStatus::Pending).await?;
        }
        let private_key_pem = self.private_key()?;
        if order.state().status == OrderStatus::Ready {
            let request = self.signing_request(&private_key_pem)?;
            match repeated!(order.finalize_csr(&request)) {
                Ok(()) => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        self.until(order, TO_ISSUE, |status| matches!(status, OrderStatus::Valid | OrderStatus::Invalid))
            .await?;
        match repeated!(order.certificate()) {
            Ok(Some(chain_pem)) => Ok(IssuedChain { chain_pem, private_key_pem }),
            Ok(None) => {
                Err(self
                    .own(FailureKind::Passing, "The certificate authority has not issued the certificate."))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// The order of an attempt that was cut off, if it is of use.
    async fn carried_on(&self, account: &Account) -> Result<Option<Order>, Stopped> {
        let Some(url) = &self.order.progress.order_url else { return Ok(None) };
        if self.order.private_key.is_none() {
            return Ok(None);
        }
        match repeated!(account.order(url.clone())) {
            Ok(mut order) => {
                if order.state().status == OrderStatus::Invalid {
                    return Ok(made_anew());
                }
                tracing::info!("the order of a certificate is carried on with");
                Ok(Some(order))
            }
            // The authority has forgotten it, or it is of another account.
            Err(Error::Api(_)) => Ok(made_anew()),
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Orders, with a new key.
    async fn ordered(&mut self, account: &Account) -> Result<Order, Stopped> {
        let key = KeyPair::generate().map_err(|error| self.failed(&Error::Other(error.into())))?;
        let identifiers = [Identifier::Dns(self.settings.domain.clone())];
        let replaces = self.replaces();
        let mut order = Err(Error::Str("an order"));
        if let Some(replaces) = &replaces {
            let new = NewOrder::new(&identifiers).replaces(replaces.clone());
            order = repeated!(account.new_order(&new));
        }
        // An authority may not know the one that is replaced, or not want to.
        let unbound = replaces.is_none()
            || matches!(&order, Err(Error::Api(_) | Error::Unsupported(_) | Error::Other(_)));
        if order.is_err() && unbound {
            let new = NewOrder::new(&identifiers);
            order = repeated!(account.new_order(&new));
        }
        let order = match order {
            Ok(order) => order,
            Err(error) => {
                if is_unknown_account(&error) {
                    self.store.forget_acme_account(&self.settings.directory_url).await?;
                }
                return Err(self.failed(&error));
            }
        };
        self.order.private_key = Some(Secret::new(key.serialize_pem()));
        self.order.progress.order_url = Some(order.url().to_owned());
        self.order.progress.stage = OrderStage::Ordered;
        self.keep().await?;
        Ok(order)
    }

    /// The certificate that the new one takes the place of (RFC 9773, section 5), for the same name.
    fn replaces(&self) -> Option<CertificateIdentifier<'static>> {
        let id = self.order.progress.issued.as_ref()?.authority_id.as_deref()?;
        let (authority, serial) = id.split_once('.')?;
        Some(CertificateIdentifier {
            authority_key_identifier: authority.to_owned().into(),
            serial: serial.to_owned().into(),
        })
    }

    /// Answers the challenges, and says so.
    async fn answer(&self, order: &mut Order, answered: &mut Vec<(String, String)>) -> Result<(), Stopped> {
        let mut waits = Waits::new();
        loop {
            match self.answer_once(order, answered).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) if waits.again(&error).await => {}
                Ok(Err(error)) => return Err(self.failed(&error)),
                Err(stopped) => return Err(stopped),
            }
        }
    }

    async fn answer_once(
        &self,
        order: &mut Order,
        answered: &mut Vec<(String, String)>,
    ) -> Result<Result<(), Error>, Stopped> {
        let kind = self.settings.challenge;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = match authorization {
                Ok(authorization) => authorization,
                Err(error) => return Ok(Err(error)),
            };
            match authorization.status {
                AuthorizationStatus::Valid => continue,
                AuthorizationStatus::Pending => {}
                AuthorizationStatus::Invalid
                | AuthorizationStatus::Revoked
                | AuthorizationStatus::Expired
                | AuthorizationStatus::Deactivated => return Err(self.refused(&authorization.challenges)),
            }
            let wanted = match kind {
                ChallengeKind::Http => ChallengeType::Http01,
                ChallengeKind::TlsAlpn => ChallengeType::TlsAlpn01,
            };
            let Some(mut challenge) = authorization.challenge(wanted) else {
                return Err(self.own(
                    FailureKind::Lasting,
                    format!(
                        "The certificate authority does not offer the challenge {} for this name. Choose another one.",
                        kind.code()
                    ),
                ));
            };
            let answer = challenge.key_authorization().as_str().to_owned();
            let name = match kind {
                ChallengeKind::Http => challenge.token.clone(),
                ChallengeKind::TlsAlpn => self.settings.domain.clone(),
            };
            self.store.keep_acme_challenge(kind, &name, &answer, self.now()).await?;
            answered.push((name, answer));
            if challenge.status == ChallengeStatus::Pending
                && let Err(error) = challenge.set_ready().await
            {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    /// What the authority found when it looked.
    fn refused(&self, challenges: &[instant_acme::Challenge]) -> Stopped {
        match challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
            Some(problem) => Stopped::Failed(AcmeFailure::of_problem(problem, self.now())),
            None => self.own(
                FailureKind::Lasting,
                "The certificate authority is not convinced that the domain belongs to this server, and does not say why.",
            ),
        }
    }

    /// Looks at an order again and again until it is as wanted.
    async fn until(
        &self,
        order: &mut Order,
        limit: Duration,
        wanted: impl Fn(OrderStatus) -> bool,
    ) -> Result<(), Stopped> {
        let deadline = Instant::now() + limit;
        let mut waits = Waits::new();
        loop {
            if order.state().status == OrderStatus::Invalid {
                return Err(self.invalid(order).await);
            }
            if wanted(order.state().status) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(self.failed(&Error::Timeout(None)));
            }
            waits.wait().await;
            match repeated!(refresh(order)) {
                Ok(()) => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    /// Why an order came to nothing: the authorisations say it more exactly than the order.
    async fn invalid(&self, order: &mut Order) -> Stopped {
        let error = order.state().error.clone();
        let mut authorizations = order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let looked = repeated!(async { authorization.refresh().await.map(drop) });
            if looked.is_ok() && authorization.status == AuthorizationStatus::Invalid {
                return self.refused(&authorization.challenges);
            }
        }
        match error {
            Some(problem) => Stopped::Failed(AcmeFailure::of_problem(&problem, self.now())),
            None => self.own(
                FailureKind::Lasting,
                "The certificate authority gave the order up, and does not say why.",
            ),
        }
    }

    fn private_key(&self) -> Result<Secret, Stopped> {
        let key = self.order.private_key.clone();
        key.ok_or_else(|| {
            self.own(FailureKind::Passing, "The key of the certificate is missing. Another one is made.")
        })
    }

    /// The request for the certificate, signed with its key.
    fn signing_request(&self, private_key_pem: &Secret) -> Result<Vec<u8>, Stopped> {
        let request = || -> Result<Vec<u8>, rcgen::Error> {
            let key = KeyPair::from_pem(private_key_pem.expose())?;
            let mut parameters = CertificateParams::new(vec![self.settings.domain.clone()])?;
            parameters.distinguished_name = DistinguishedName::new();
            Ok(parameters.serialize_request(&key)?.der().to_vec())
        };
        request().map_err(|error| self.failed(&Error::Other(error.into())))
    }
}

/// Instead of an order that is of no use.
fn made_anew() -> Option<Order> {
    tracing::info!("an order of a certificate that has come to nothing is made anew");
    None
}

async fn refresh(order: &mut Order) -> Result<(), Error> {
    order.refresh().await.map(drop)
}
