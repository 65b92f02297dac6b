//! From the configuration to the server's certificate, one step after another: each needs the one before.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use countersign_trust::{
    Assessment, Decision, Host, Possession, Question, RememberedCertificate, decide, diagnose_renewal,
    display_text,
};

use super::Surroundings;
use super::course::{Course, milliseconds};
use super::facts::{
    CertificateFacts, CertificateFault, ConfigurationFacts, ConfigurationFault, ProxyFacts, ProxyFault,
    RememberedKnowledge, TcpFacts, TcpFault, TlsFacts, TlsFault,
};
use super::reach::{self, reach};
use super::report::{Check, Finding, NotApplicable, Omission, Outcome};
use super::resolver;
use super::route::{BoxedStream, Proxy, TunnelFailure};
use super::target::Target;
use crate::status::BackOffReason;
use crate::tls::examination::{NothingShown, Shown, examine as shake_hands, hung_up};
use crate::tls::{Circumstances, tls_reason};
use time::OffsetDateTime;

/// The keychain cannot be read, so that nothing counts as remembered.
pub(super) struct KeychainNotRead;

/// Goes as far as it gets, and returns what the certificate looked like if it got there.
pub(super) async fn examine(
    target: &Result<Target, ConfigurationFault>,
    around: &Surroundings,
    course: &Course<'_>,
    remembered: impl Future<Output = Result<Option<RememberedCertificate>, KeychainNotRead>>,
) -> Option<Assessment> {
    use Check::{Certificate, Dns, Proxy, Tcp, TlsVersion};
    course.begin(Check::Configuration);
    let target = match target {
        Ok(target) => target,
        Err(fault) => {
            course.found(Finding::Configuration(Outcome::Failed(fault.clone())));
            course.skip(&[Proxy, Dns, Tcp, TlsVersion, Certificate], Check::Configuration);
            return None;
        }
    };
    let facts = ConfigurationFacts { server: target.server.clone(), action: target.action };
    course.found(Finding::Configuration(Outcome::Ok(facts)));

    course.begin(Proxy);
    let proxy = match course.limited(proxy(target, around, course.limits.check)).await {
        Ok(None) => {
            course.found(Finding::omitted(Proxy, Omission::NotApplicable { why: NotApplicable::NoProxy }));
            None
        }
        Ok(Some((proxy, facts))) => {
            course.found(Finding::Proxy(Outcome::Ok(facts)));
            Some(proxy)
        }
        Err(stopped) => {
            course.found(Finding::Proxy(stopped.into()));
            course.skip(&[Dns, Tcp, TlsVersion, Certificate], Proxy);
            return None;
        }
    };

    course.begin(Dns);
    let Ok(addresses) = addresses(target, around, course, proxy.is_some()).await else {
        course.skip(&[Tcp, TlsVersion, Certificate], Dns);
        return None;
    };

    course.begin(Tcp);
    let connected = course.limited(connect(target, around, proxy, &addresses, course.limits.check)).await;
    let stream = match connected {
        Ok((stream, facts)) => {
            course.found(Finding::Tcp(Outcome::Ok(facts)));
            stream
        }
        Err(stopped) => {
            course.found(Finding::Tcp(stopped.into()));
            course.skip(&[TlsVersion, Certificate], Tcp);
            return None;
        }
    };

    course.begin(TlsVersion);
    let begun = Instant::now();
    let circumstances = Circumstances {
        server: target.server.clone(),
        roots: around.roots.clone(),
        now: around.clock.now(),
        action: target.action,
        remembered: None,
    };
    let shown = course.limited(async { shake_hands(stream, circumstances).await.map_err(fault) }).await;
    let shown = match shown {
        Ok(shown) => shown,
        Err(stopped) => {
            course.found(Finding::TlsVersion(stopped.into()));
            course.skip(&[Certificate], TlsVersion);
            return None;
        }
    };
    let facts = TlsFacts { milliseconds: milliseconds(begun.elapsed()) };
    course.found(Finding::TlsVersion(Outcome::Ok(facts)));

    course.begin(Certificate);
    let assessment = shown.assessment.clone();
    let outcome = certificate(target, shown, remembered.await, around.clock.now());
    course.found(Finding::Certificate(outcome));
    Some(assessment)
}

/// The proxy, if one applies, and whether it takes connections.
async fn proxy(
    target: &Target,
    around: &Surroundings,
    limit: Duration,
) -> Result<Option<(Proxy, ProxyFacts)>, ProxyFault> {
    let begun = Instant::now();
    let applies = around.route.proxy(&target.server).await;
    let Some(proxy) = applies.map_err(|detail| ProxyFault::Settings { detail })? else { return Ok(None) };
    let addresses = match proxy.address.host() {
        Host::Address(address) => vec![*address],
        Host::Name(name) => around
            .resolver
            .addresses(name.as_str())
            .await
            .map_err(|_| ProxyFault::NameUnknown { proxy: proxy.address.clone() })?,
    };
    let addresses = with_port(&addresses, proxy.address.port());
    let reached = reach(&addresses, within(limit)).await;
    if reached.stream.is_none() {
        return Err(ProxyFault::Unreachable { proxy: proxy.address, attempts: reached.attempts });
    }
    let facts = ProxyFacts {
        kind: proxy.kind,
        proxy: proxy.address.clone(),
        milliseconds: milliseconds(begun.elapsed()),
    };
    Ok(Some((proxy, facts)))
}

/// The finding tells why.
struct NoAddress;

/// The addresses to connect to; none when that is the proxy's business.
async fn addresses(
    target: &Target,
    around: &Surroundings,
    course: &Course<'_>,
    through_proxy: bool,
) -> Result<Vec<SocketAddr>, NoAddress> {
    let not_applicable = |why| {
        course.found(Finding::omitted(Check::Dns, Omission::NotApplicable { why }));
    };
    if through_proxy {
        not_applicable(NotApplicable::ProxyResolves);
        return Ok(Vec::new());
    }
    if let Some(address) = target.connect_to {
        not_applicable(NotApplicable::AddressGiven);
        return Ok(vec![address]);
    }
    let port = target.server.port();
    match target.server.host() {
        Host::Address(address) => {
            not_applicable(NotApplicable::AddressGiven);
            Ok(with_port(&[*address], port))
        }
        Host::Name(name) => match course.limited(resolver::examine(around.resolver.as_ref(), name)).await {
            Ok(facts) => {
                let addresses = with_port(&facts.addresses, port);
                course.found(Finding::Dns(Outcome::Ok(facts)));
                Ok(addresses)
            }
            Err(stopped) => {
                course.found(Finding::Dns(stopped.into()));
                Err(NoAddress)
            }
        },
    }
}

async fn connect(
    target: &Target,
    around: &Surroundings,
    proxy: Option<Proxy>,
    addresses: &[SocketAddr],
    limit: Duration,
) -> Result<(BoxedStream, TcpFacts), TcpFault> {
    let begun = Instant::now();
    if let Some(proxy) = proxy {
        let stream = around.route.tunnel(&proxy, &target.server).await.map_err(|failure| match failure {
            TunnelFailure::Authentication { detail } => TcpFault::ProxyAuthentication { detail },
            TunnelFailure::Refused { detail } => TcpFault::ProxyRefuses { detail },
        })?;
        let milliseconds = milliseconds(begun.elapsed());
        return Ok((stream, TcpFacts { answered: None, attempts: Vec::new(), milliseconds }));
    }
    let reached = reach(addresses, within(limit)).await;
    let Some((address, stream)) = reached.stream else { return Err(reach::fault(reached.attempts)) };
    let facts = TcpFacts {
        answered: Some(address),
        attempts: reached.attempts,
        milliseconds: milliseconds(begun.elapsed()),
    };
    Ok((Box::new(stream), facts))
}

fn fault(nothing: NothingShown) -> TlsFault {
    let error = match nothing {
        NothingShown::Setup(detail) => return TlsFault::Other { detail },
        NothingShown::Handshake(error) => error,
    };
    if hung_up(&error) {
        return TlsFault::Closed;
    }
    // By the same rules as the agent's own attempts.
    match tls_reason(&error) {
        BackOffReason::OldTls => TlsFault::OnlyOlder,
        BackOffReason::NotTls => TlsFault::NotTls,
        BackOffReason::HandshakeFailed { detail } => TlsFault::Other { detail },
        other @ (BackOffReason::Unreachable { .. }
        | BackOffReason::TimedOut
        | BackOffReason::ProxyUnreachable { .. }
        | BackOffReason::ProxyRefused { .. }
        | BackOffReason::ProxyAuthentication { .. }
        | BackOffReason::ProxyUnusable { .. }
        | BackOffReason::NotTlsBehindProxy { .. }
        | BackOffReason::NotAccepted { .. }
        | BackOffReason::NotIdentified
        | BackOffReason::OtherIdentity
        | BackOffReason::ProtocolError { .. }
        | BackOffReason::ConnectionLost
        | BackOffReason::ServerBusy
        | BackOffReason::ServerRestarting) => TlsFault::Other { detail: display_text(&format!("{other:?}")) },
    }
}

/// What an attempt to connect would lead to.
fn certificate(
    target: &Target,
    shown: Shown,
    remembered: Result<Option<RememberedCertificate>, KeychainNotRead>,
    now: OffsetDateTime,
) -> Outcome<Box<CertificateFacts>, CertificateFault> {
    let Shown { mut assessment, possession } = shown;
    let (remembered, knowledge) = match remembered {
        Ok(remembered) => (remembered, RememberedKnowledge::Known),
        Err(KeychainNotRead) => (None, RememberedKnowledge::KeychainNotRead),
    };
    let decision = decide(possession, &assessment, target.action, remembered.as_ref(), now);
    if let Decision::Ask(Question::Changed { previous }) = &decision {
        assessment.diagnosis.extend(diagnose_renewal(&assessment, previous));
    }
    let valid = assessment.is_valid();
    let facts =
        Box::new(CertificateFacts { assessment, decision, action: target.action, remembered: knowledge });
    match (possession, valid) {
        (Possession::NotProved, _) => Outcome::Failed(CertificateFault::NotProved(facts)),
        (Possession::Proved, false) => Outcome::Failed(CertificateFault::NotValid(facts)),
        (Possession::Proved, true) => Outcome::Ok(facts),
    }
}

fn with_port(addresses: &[std::net::IpAddr], port: u16) -> Vec<SocketAddr> {
    addresses.iter().map(|address| SocketAddr::new(*address, port)).collect()
}

/// A little less than the limit of the check, so that it can still tell what each address did.
fn within(limit: Duration) -> Duration {
    limit * 9 / 10
}
