//! What the server does with a message of an agent, and with a change that concerns it.

use std::time::Duration;

use countersign_protocol::attributes::{self, find_text};
use countersign_protocol::custom::{self, ServerCustomMessage};
use countersign_protocol::opamp::{
    AgentCapabilities, AgentDescription, AgentToServer, ConnectionSettingsOffers, ConnectionSettingsRequest,
    Header, Headers, OpAmpConnectionSettings, ServerToAgent, ServerToAgentFlags, TlsCertificate,
};
use countersign_protocol::{InstanceUid, OPAMP_PATH, SignedProfile, capabilities};

use super::http::Credential;
use super::presence::{CloseReason, Destination, Wake};
use super::rehearsing::Rehearses;
use super::reports::{reports, short};
use super::session::{End, FirstMessage, Session, Speaks};
use crate::endpoint_control::{Admitted, validates};
use crate::store::{Assigned, Introduction, Placed, ProfileResult, Reports, StoreError};

impl Session {
    /// Heeds one message.
    pub(super) async fn heed(&mut self, message: AgentToServer) -> Result<(), End> {
        let uid = InstanceUid::from_bytes(&message.instance_uid)
            .map_err(|error| End::Protocol(error.to_string()))?;
        match self.endpoint {
            None => return self.introduced(uid, message).await,
            Some(endpoint) if endpoint == uid => {}
            Some(endpoint) => {
                return Err(End::Protocol(format!(
                    "the instance UID changed from {endpoint} to {uid} within a session"
                )));
            }
        }
        let expected =
            std::mem::replace(&mut self.next_sequence_number, message.sequence_num.wrapping_add(1));
        if message.sequence_num != expected {
            tracing::warn!(
                peer = %self.peer, endpoint = %uid, expected, received = message.sequence_num,
                "messages of an agent are missing or out of order; it is asked for its full state"
            );
            self.ask_for_full_state(uid).await?;
        }
        if message.capabilities != 0 {
            self.capabilities = message.capabilities;
        }
        if let Some(description) = &message.agent_description {
            let introduction = self.described(description, None);
            let telemetry = &self.telemetry;
            let placed = telemetry.store.describe(uid, self.id, &introduction, telemetry.clock.now()).await?;
            self.placed(uid, placed);
        }
        let mut reports = reports(&message);
        let answered = message.remote_config_status.as_ref().map(|status| &status.last_remote_config_hash);
        if self.offered.is_some() && self.offered.as_ref() != answered {
            // A late answer to a profile that is no longer the one of the endpoint.
            reports.profile = None;
        }
        if reports.profile == Some(ProfileResult::Applied) {
            reports.in_force = Some(self.assigned_action);
        }
        if let Some(result) = &reports.profile {
            let now = self.telemetry.clock.now();
            self.telemetry.store.keep_profile_event(uid, result, now).await?;
        }
        self.telemetry.store.keep_reports(uid, &reports).await?;
        self.trial_reported(uid, reports.profile.as_ref()).await?;
        if message.agent_disconnect.is_some() {
            return Err(End::Goodbye);
        }
        if let Some(request) = &message.connection_settings_request {
            self.settings_requested(uid, request).await?;
        }
        match &message.custom_message {
            Some(custom) => self.custom_received(uid, custom).await,
            None => Ok(()),
        }
    }

    /// The first message of a session.
    async fn introduced(&mut self, uid: InstanceUid, message: AgentToServer) -> Result<(), End> {
        match &self.credential {
            Credential::Certificate(endpoint, _) if *endpoint != uid => {
                return Err(End::Protocol(format!(
                    "the client certificate is for {endpoint}, and the agent calls itself {uid}"
                )));
            }
            Credential::Certificate(..) => {}
            Credential::Token => self.rename_if_taken(uid).await?,
        }
        let Some(description) = &message.agent_description else {
            return self.begun_without_description(uid).await;
        };
        self.endpoint = Some(uid);
        self.capabilities = message.capabilities;
        self.next_sequence_number = message.sequence_num.wrapping_add(1);
        let said = message.custom_capabilities.as_ref().map(|said| said.capabilities.as_slice());
        let known: Vec<&str> = custom::CAPABILITIES
            .iter()
            .copied()
            .filter(|known| said.unwrap_or_default().iter().any(|said| said == known))
            .collect();
        self.rehearses = Rehearses::of(&known);
        self.speaks = if known.contains(&custom::COMMANDS) { Speaks::Countersign } else { Speaks::OpAmpOnly };
        let (telemetry, now) = (&self.telemetry, self.telemetry.clock.now());
        let introduction = self.described(description, Some(known.join(" ")));
        let (session, first_profile) = (self.id, telemetry.default_profile);
        let Introduction { service_name, agent_version, .. } = &introduction;
        let not_validating = validates(service_name, agent_version, &known.join(" ")).err();
        // Its profile is offered in any case.
        telemetry
            .store
            .introduce(uid, session, &introduction, &reports(&message), first_profile, now)
            .await?;
        self.place = Some(telemetry.presence.enter(uid, self.id, now));
        // Changes before this moment were not told to this session, changes after it are.
        self.not_validating = not_validating;
        self.refuse_not_validating()?;
        if self.generation != self.telemetry.certificates.generation() {
            return Err(End::Closed(CloseReason::CertificateChanged));
        }
        if self.not_validating.is_some() {
            telemetry.store.forget_too_old(uid).await?;
        }
        telemetry.metrics.sessions.inc();
        tracing::info!(peer = %self.peer, endpoint = %uid, credential = ?self.credential, "an endpoint is connected");
        self.send(ServerToAgent {
            capabilities: capabilities::server(),
            custom_capabilities: Some(capabilities::custom()),
            ..ServerToAgent::default()
        })
        .await?;
        if let Some(request) = &message.connection_settings_request {
            self.settings_requested(uid, request).await?;
        }
        let status = message.remote_config_status.as_ref();
        let reported = status.map(|status| status.last_remote_config_hash.as_slice());
        let assigned = self.assigned(uid).await?;
        let has_commands = assigned.open_commands > 0;
        self.trial_at_first = assigned.trial;
        self.offer_profile(uid, assigned, reported).await?;
        if self.offered.as_deref() == reported {
            self.trial_reported(uid, reports(&message).profile.as_ref()).await?;
        }
        self.send_licence().await?;
        if has_commands {
            self.send_commands(uid).await?;
        }
        if self.telemetry.rehearsals.are_open(self.telemetry.clock.now()) {
            self.send_rehearsals(uid).await?;
        }
        match &message.custom_message {
            Some(custom) => self.custom_received(uid, custom).await,
            None => Ok(()),
        }
    }

    /// An agent that believes that the server knows it may leave its description out. It is asked for it once.
    async fn begun_without_description(&mut self, uid: InstanceUid) -> Result<(), End> {
        match self.introduction {
            FirstMessage::Awaited => {
                self.introduction = FirstMessage::AskedFor;
                tracing::info!(
                    peer = %self.peer, endpoint = %uid,
                    "the first message of a session has no agent description; the agent is asked for its full state"
                );
                self.ask_for_full_state(uid).await
            }
            FirstMessage::AskedFor => Err(End::Protocol(
                "the agent was asked for its full state, and its answer has no agent description".to_owned(),
            )),
        }
    }

    async fn ask_for_full_state(&mut self, uid: InstanceUid) -> Result<(), End> {
        let flags = u64::from((ServerToAgentFlags::ReportFullState as i32).unsigned_abs());
        self.send(ServerToAgent { instance_uid: uid.to_bytes(), flags, ..ServerToAgent::default() }).await
    }

    /// What the agent understands is said in its first message only.
    fn described(&self, description: &AgentDescription, custom_capabilities: Option<String>) -> Introduction {
        let text = |key| short(find_text(description, key).unwrap_or_default());
        Introduction {
            service_name: text(attributes::SERVICE_NAME),
            host_name: text(attributes::HOST_NAME),
            agent_version: text(attributes::SERVICE_VERSION),
            os: match text(attributes::OS_DESCRIPTION) {
                description if description.is_empty() => text(attributes::OS_TYPE),
                description => description,
            },
            os_type: text(attributes::OS_TYPE),
            address: self.peer.ip().to_canonical().to_string(),
            capabilities: self.capabilities,
            custom_capabilities,
        }
    }

    /// An endpoint that belongs to other groups than before may have another profile. A session that is not open yet is
    /// offered its profile in any case.
    pub(super) fn placed(&self, uid: InstanceUid, placed: Placed) {
        if placed == Placed::OtherProfile {
            self.telemetry.presence.wake(uid, Wake::Profile);
        }
    }

    /// What the endpoint has been given, as long as this is its session.
    async fn assigned(&self, uid: InstanceUid) -> Result<Assigned, End> {
        let telemetry = &self.telemetry;
        let Some(assigned) = telemetry.store.assigned_profile(uid, telemetry.clock.now()).await? else {
            return Err(End::Closed(CloseReason::Removed));
        };
        // Another server may have it meanwhile.
        if assigned.session.as_ref().is_some_and(|session| *session != self.id.to_string()) {
            return Err(End::Closed(CloseReason::Replaced));
        }
        Ok(assigned)
    }

    /// Sends the endpoint's profile unless the agent has reported its hash.
    async fn offer_profile(
        &mut self,
        uid: InstanceUid,
        assigned: Assigned,
        reported: Option<&[u8]>,
    ) -> Result<(), End> {
        let profile = assigned.profile.document;
        self.assigned_action = profile.invalid_certificate_action;
        self.heartbeat = Duration::from_secs(u64::from(profile.heartbeat_seconds));
        if !capabilities::agent_has(self.capabilities, AgentCapabilities::AcceptsRemoteConfig)
            || self.speaks == Speaks::OpAmpOnly
        {
            return Ok(());
        }
        let signed: SignedProfile = match profile.sign(&self.telemetry.identity) {
            Ok(signed) => signed,
            Err(error) => {
                tracing::error!(profile = %profile.id, %error, "an endpoint profile cannot be signed; it is not sent");
                return Ok(());
            }
        };
        let hash = signed.hash();
        self.trial = assigned.trial;
        if reported == Some(hash.as_slice()) {
            self.offered = Some(hash);
            return Ok(());
        }
        // It was woken because others have another profile.
        if self.offered.as_ref() == Some(&hash) && !assigned.pending {
            return Ok(());
        }
        if !assigned.pending {
            let pending = Reports { profile: Some(ProfileResult::Pending), ..Reports::default() };
            self.telemetry.store.keep_reports(uid, &pending).await?;
        }
        self.offered = Some(hash);
        self.send(ServerToAgent {
            remote_config: Some(signed.to_remote_config()),
            ..ServerToAgent::default()
        })
        .await
    }

    async fn settings_requested(
        &mut self,
        uid: InstanceUid,
        request: &ConnectionSettingsRequest,
    ) -> Result<(), End> {
        let Some(request) = request.opamp.as_ref().and_then(|opamp| opamp.certificate_request.as_ref())
        else {
            return Ok(());
        };
        let telemetry = &self.telemetry;
        let issued = telemetry
            .authority
            .issue(uid, &request.csr, telemetry.clock.now())
            .map_err(|error| End::Protocol(error.to_string()))?;
        // Before it is sent: a certificate that is out there must be one that the server knows of.
        match telemetry.store.keep_client_key(uid, self.client_key.as_ref(), &issued.key).await {
            Ok(()) => {}
            Err(error @ (StoreError::Conflict(_) | StoreError::NotFound(_))) => {
                return Err(End::Protocol(error.to_string()));
            }
            Err(error) => return Err(error.into()),
        }
        if self.client_key.is_none() {
            self.client_key = Some(issued.key);
        }
        telemetry.metrics.issued_certificates.inc();
        tracing::info!(endpoint = %uid, "issued a client certificate");
        let settings = OpAmpConnectionSettings {
            certificate: Some(TlsCertificate {
                cert: issued.certificate_pem.into_bytes(),
                private_key: Vec::new(),
                ca_cert: telemetry.authority.certificate_pem().as_bytes().to_vec(),
            }),
            ..OpAmpConnectionSettings::default()
        };
        self.offer(settings).await
    }

    /// Offers connection settings under a hash of their content.
    async fn offer(&mut self, settings: OpAmpConnectionSettings) -> Result<(), End> {
        use prost::Message as _;
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &settings.encode_to_vec());
        self.send(ServerToAgent {
            connection_settings: Some(ConnectionSettingsOffers {
                hash: hash.as_ref().to_vec(),
                opamp: Some(settings),
                ..ConnectionSettingsOffers::default()
            }),
            ..ServerToAgent::default()
        })
        .await
    }

    pub(super) async fn send_custom(&mut self, message: &ServerCustomMessage) -> Result<(), End> {
        match message.to_message() {
            Ok(custom) => {
                self.send(ServerToAgent { custom_message: Some(custom), ..ServerToAgent::default() }).await
            }
            Err(error) => {
                tracing::error!(%error, "a message could not be written; it is not sent");
                Ok(())
            }
        }
    }

    /// Tells the agent under which licence it is managed.
    async fn send_licence(&mut self) -> Result<(), End> {
        if self.speaks == Speaks::OpAmpOnly {
            return Ok(());
        }
        let licence = ServerCustomMessage::Licence(self.telemetry.licence().await?);
        self.send_custom(&licence).await
    }

    /// Sends the commands that have not been sent in this session.
    async fn send_commands(&mut self, uid: InstanceUid) -> Result<(), End> {
        if self.speaks == Speaks::OpAmpOnly {
            return Ok(());
        }
        for command in self.telemetry.store.open_commands(uid, self.telemetry.clock.now()).await? {
            if !self.sent.contains(&command.id) {
                self.sent.push(command.id);
                self.send_custom(&ServerCustomMessage::Command(command)).await?;
            }
        }
        Ok(())
    }

    /// Sees to a change that concerns this endpoint.
    pub(super) async fn woken(&mut self, wake: Wake) -> Result<(), End> {
        let Some(uid) = self.endpoint else {
            return match wake {
                Wake::Close(reason) => Err(End::Closed(reason)),
                Wake::Profile | Wake::Commands | Wake::Licence | Wake::Rehearsals | Wake::Move(_) => Ok(()),
            };
        };
        match wake {
            Wake::Profile => {
                let assigned = self.assigned(uid).await?;
                self.offer_profile(uid, assigned, None).await
            }
            Wake::Commands => self.send_commands(uid).await,
            Wake::Licence => self.send_licence().await,
            Wake::Rehearsals => self.send_rehearsals(uid).await,
            Wake::Move(to) => self.offer(move_settings(&to)).await,
            Wake::Close(CloseReason::CertificateChanged) => {
                self.refuse_not_validating()?;
                Err(End::Closed(CloseReason::CertificateChanged))
            }
            Wake::Close(reason) => Err(End::Closed(reason)),
        }
    }

    /// While the SSL certificate is used for endpoint control, an agent that does not validate certificates gets nothing.
    fn refuse_not_validating(&self) -> Result<(), End> {
        match (&self.not_validating, self.telemetry.admission.admitted()) {
            (Some(why), Admitted::Validating) => Err(End::NotValidating(why.clone())),
            (Some(_), Admitted::All) | (None, _) => Ok(()),
        }
    }
}

/// A token travels as the header with which the agent shall come to the other server.
fn move_settings(to: &Destination) -> OpAmpConnectionSettings {
    let headers = to.enrolment_token.as_ref().map(|token| Headers {
        headers: vec![Header {
            key: "Authorization".to_owned(),
            value: format!("Bearer {}", token.expose()),
        }],
    });
    OpAmpConnectionSettings {
        destination_endpoint: format!("wss://{}{OPAMP_PATH}", to.server),
        headers,
        ..OpAmpConnectionSettings::default()
    }
}
