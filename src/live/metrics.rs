//! Counters for Prometheus: what was found, what was lost, what is kept. [`Metrics`] counts, [`Server`] answers `GET /metrics`.
//!
//! The number of series is bounded: causes and severities are known beforehand, and services beyond the first hundred count as `other`.

use crate::analyzer::Progress;
use crate::report::ResetReport;
use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeSet;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use tiny_http::{Header, Response};

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    resets: Family<ByCause, Counter>,
    services: Family<ByService, Counter>,
    known: BTreeSet<SocketAddr>,
    totals: Family<Kind, Counter>,
    drops: Family<Dropped, Counter>,
    shed: Family<Shed, Counter>,
    connections: Gauge,
    cases: Gauge,
    memory: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCause {
    cause: &'static str,
    severity: &'static str,
    confidence: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByService {
    service: String,
    severity: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Dropped {
    interface: String,
    by: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Shed {
    what: &'static str,
}

/// Numbers that stand elsewhere, and are shown as they are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// How far the analysis is, and what it keeps.
    pub progress: Progress,
    /// Bytes of memory held; `None` where the system does not tell.
    pub memory: Option<u64>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("rstscope");
        let (resets, services) = (Family::default(), Family::default());
        let (totals, drops, shed) = (Family::default(), Family::default(), Family::default());
        let (connections, cases, memory) = (Gauge::default(), Gauge::default(), Gauge::default());
        registry.register(
            "resets",
            "Resets by cause, severity and confidence",
            resets.clone(),
        );
        registry.register(
            "service_resets",
            "Resets by service and severity; services beyond the first hundred count as other",
            services.clone(),
        );
        registry.register(
            "seen",
            "Records, segments and connections looked at",
            totals.clone(),
        );
        registry.register(
            "dropped",
            "Frames that no record holds, by who lost them",
            drops.clone(),
        );
        registry.register(
            "shed",
            "What was given up to stay within the bound of memory",
            shed.clone(),
        );
        registry.register(
            "connections",
            "Connections followed now",
            connections.clone(),
        );
        registry.register("open_cases", "Resets that have not settled", cases.clone());
        registry.register("memory_bytes", "Resident memory", memory.clone());
        Self {
            registry: Arc::new(registry),
            resets,
            services,
            known: BTreeSet::new(),
            totals,
            drops,
            shed,
            connections,
            cases,
            memory,
        }
    }
}

impl Metrics {
    /// Counts a reset.
    pub fn reset(&mut self, reset: &ResetReport) {
        let verdict = &reset.verdict;
        let (cause, severity, confidence) = (verdict.cause, verdict.severity, verdict.confidence);
        let labels = ByCause {
            cause,
            severity,
            confidence,
        };
        self.resets.get_or_create(&labels).inc();
        let service = reset.connection.server;
        let named = self.known.contains(&service)
            || self.known.len() < SERVICES && self.known.insert(service);
        let service = if named {
            service.to_string()
        } else {
            "other".into()
        };
        self.services
            .get_or_create(&ByService { service, severity })
            .inc();
    }

    /// Shows the totals as they are now.
    pub fn show(&self, totals: &Totals) {
        let now = totals.progress;
        for (kind, count) in [
            ("records", now.records),
            ("segments", now.segments),
            ("connections", now.connections),
        ] {
            raise(&self.totals.get_or_create(&Kind { kind }), count);
        }
        for (what, count) in [("connections", now.forgotten), ("cases", now.crowded)] {
            raise(&self.shed.get_or_create(&Shed { what }), count);
        }
        let set = |gauge: &Gauge, value: u64| {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        };
        set(&self.connections, now.followed as u64);
        set(&self.cases, now.open_cases as u64);
        if let Some(memory) = totals.memory {
            set(&self.memory, memory);
        }
    }

    /// Shows what an interface lost by now.
    pub fn drops(&self, interface: &str, kernel: u64, hardware: u64) {
        for (by, count) in [("kernel", kernel), ("interface", hardware)] {
            let labels = Dropped {
                interface: interface.to_owned(),
                by,
            };
            raise(&self.drops.get_or_create(&labels), count);
        }
    }

    /// All of it as text.
    pub fn text(&self) -> String {
        text(&self.registry)
    }
}

/// Brings a counter up to a count that is kept elsewhere.
fn raise(counter: &Counter, count: u64) {
    counter.inc_by(count.saturating_sub(counter.get()));
}

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, registry);
    text
}

/// An address that answers `GET /metrics`, taken while the process may still take it.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
}

impl Server {
    /// Takes an address.
    ///
    /// # Errors
    ///
    /// When it is taken already, or is not this machine's.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        TcpListener::bind(address).map(|listener| Self { listener })
    }

    /// Answers from a thread of its own until the process ends. Call it when privileges have been dropped, so that the thread never had any.
    ///
    /// # Errors
    ///
    /// When the thread cannot be started.
    pub fn start(self, metrics: &Metrics) -> io::Result<()> {
        let registry = Arc::clone(&metrics.registry);
        let server =
            tiny_http::Server::from_listener(self.listener, None).map_err(io::Error::other)?;
        thread::Builder::new()
            .name("metrics".into())
            .spawn(move || {
                for request in server.incoming_requests() {
                    let path = request.url().split('?').next().unwrap_or_default();
                    let response = if path == "/metrics" {
                        let response = Response::from_string(text(&registry));
                        match Header::from_bytes("Content-Type", OPEN_METRICS) {
                            Ok(kind) => response.with_header(kind),
                            Err(()) => response,
                        }
                    } else {
                        Response::from_string("the metrics are at /metrics\n").with_status_code(404)
                    };
                    // Whoever asked may have gone.
                    let _ = request.respond(response);
                }
            })?;
        Ok(())
    }
}

/// Services with a series of their own.
const SERVICES: usize = 100;
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_services_have_names_and_all_others_share_one() {
        let mut metrics = Metrics::default();
        let mut reset = ResetReport::sample();
        for port in 1..=150 {
            reset.connection.server.set_port(port);
            metrics.reset(&reset);
            metrics.reset(&reset);
        }
        let text = metrics.text();
        let series = text
            .lines()
            .filter(|line| line.starts_with("rstscope_service_resets_total{"));
        assert_eq!(series.count(), SERVICES + 1);
        let others = text.lines().find(|line| line.contains("\"other\""));
        assert!(others.is_some_and(|line| line.ends_with(" 100")), "{text}");
        assert!(text.contains("} 300\n"), "all by their cause: {text}");
    }

    #[test]
    fn totals_are_shown_as_they_are() {
        let metrics = Metrics::default();
        for segments in [3, 10, 10] {
            let progress = Progress {
                segments,
                followed: 7,
                ..Progress::default()
            };
            metrics.show(&Totals {
                progress,
                memory: None,
            });
        }
        metrics.drops("eth0", 5, 0);
        let text = metrics.text();
        for line in [
            "rstscope_seen_total{kind=\"segments\"} 10",
            "rstscope_connections 7",
            "rstscope_dropped_total{interface=\"eth0\",by=\"kernel\"} 5",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
