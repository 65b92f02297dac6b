//! Figures for monitoring, in the text format of OpenMetrics.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

/// What is asked for by whoever reads the figures.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    standing: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Certificate {
    certificate: &'static str,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Version {
    version: &'static str,
}

/// What has happened since the server was started. Counted where it happens.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// Connections to the telemetry address.
    pub(crate) connections: Counter,
    /// Those of them whose TLS handshake failed or took too long.
    pub(crate) failed_handshakes: Counter,
    /// Those of them that became sessions.
    pub(crate) sessions: Counter,
    /// Messages of agents.
    pub(crate) messages: Counter,
    /// Client certificates that were issued.
    pub(crate) issued_certificates: Counter,
    /// How often an endpoint came too often or sent too much.
    pub(crate) sent_away: Counter,
}

/// What is so at the moment.
#[derive(Debug)]
pub(crate) struct Figures {
    /// Sessions with this server.
    pub(crate) sessions: usize,
    /// Endpoints that are connected, to any server of this database.
    pub(crate) online: u64,
    pub(crate) offline: u64,
    /// Endpoints with a profile that they could not apply.
    pub(crate) profile_failed: u64,
    /// Endpoints that have not come back since the server's certificate was changed.
    pub(crate) not_back: u64,
    /// How endpoints trust the server, by the words of the API.
    pub(crate) by_standing: Vec<(&'static str, u64)>,
    /// Servers that use the database.
    pub(crate) servers: u64,
    /// When certificates end, in seconds since 1970, by `ssl` or `built_in`.
    pub(crate) certificates: Vec<(&'static str, i64)>,
    /// Seats of the licence.
    pub(crate) seats: u32,
}

impl Metrics {
    /// The text.
    pub(crate) fn text(&self, figures: &Figures) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("countersign");
        let counters = [
            ("connections", "Connections to the telemetry address", &self.connections),
            (
                "failed_handshakes",
                "Telemetry connections whose TLS handshake failed",
                &self.failed_handshakes,
            ),
            ("opened_sessions", "Telemetry connections that became sessions", &self.sessions),
            ("received_messages", "Messages of agents", &self.messages),
            ("issued_certificates", "Client certificates that were issued", &self.issued_certificates),
            ("sent_away", "Times that an endpoint came too often or sent too much", &self.sent_away),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let gauges = [
            ("sessions", "Telemetry sessions with this server", number(figures.sessions)),
            (
                "endpoints_online",
                "Endpoints that are connected to any server of this database",
                number(figures.online),
            ),
            ("endpoints_offline", "Endpoints that are not connected", number(figures.offline)),
            (
                "endpoints_profile_failed",
                "Endpoints that could not apply their profile",
                number(figures.profile_failed),
            ),
            (
                "endpoints_not_back",
                "Endpoints that have not come back since the certificate of the server was changed",
                number(figures.not_back),
            ),
            ("servers", "Servers that use this database", number(figures.servers)),
            ("licence_seats", "Endpoints that the licence is for", i64::from(figures.seats)),
        ];
        for (name, help, value) in gauges {
            let gauge = Gauge::<i64>::default();
            gauge.set(value);
            registry.register(name, help, gauge);
        }
        let standings = Family::<Standing, Gauge>::default();
        for (standing, endpoints) in &figures.by_standing {
            standings.get_or_create(&Standing { standing }).set(number(*endpoints));
        }
        registry.register("endpoints_by_standing", "How endpoints trust this server", standings);
        let ends = Family::<Certificate, Gauge>::default();
        for (certificate, end) in &figures.certificates {
            ends.get_or_create(&Certificate { certificate }).set(*end);
        }
        let help = "When a certificate of the server ends, since 1970";
        registry.register_with_unit("certificate_not_after", help, Unit::Seconds, ends);
        let version = Family::<Version, Gauge>::default();
        version.get_or_create(&Version { version: env!("CARGO_PKG_VERSION") }).set(1);
        registry.register("build", "The version of the server", version);
        if let Some(bytes) = resident_bytes() {
            let memory = Gauge::<i64>::default();
            memory.set(bytes);
            registry.register_with_unit("resident_memory", "Memory of this server", Unit::Bytes, memory);
        }
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }
}

fn number(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The memory that this process has in use, where the system says so.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_in_the_usual_form() {
        let metrics = Metrics::default();
        metrics.connections.inc_by(3);
        let figures = Figures {
            sessions: 2,
            online: 5,
            offline: 1,
            profile_failed: 0,
            not_back: 3,
            by_standing: vec![("valid", 5)],
            servers: 2,
            certificates: vec![("built_in", 1_800_000_000)],
            seats: 100,
        };
        let text = metrics.text(&figures).unwrap();
        for line in [
            "# TYPE countersign_connections counter",
            "countersign_connections_total 3",
            "countersign_sessions 2",
            "countersign_endpoints_online 5",
            "countersign_endpoints_not_back 3",
            "countersign_endpoints_by_standing{standing=\"valid\"} 5",
            "countersign_certificate_not_after_seconds{certificate=\"built_in\"} 1800000000",
            "countersign_servers 2",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "“{line}” is missing in: {text}");
        }
    }
}
