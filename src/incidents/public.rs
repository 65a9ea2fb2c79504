//! A [`Kind`] in its public form, when all is read.

use super::exhibit::Exhibit;
use super::findings::Found;
use super::kind::Kind;
use super::rate::Grid;
use crate::report::{Advice, Client, Clients, Finding, Incident, ResetReport, Services};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

impl Kind {
    /// The most frequent cause, its title and its severity.
    fn main_cause(&self) -> (&'static str, &'static str, &'static str) {
        let most = self
            .causes
            .iter()
            .max_by_key(|(cause, (count, ..))| (*count, std::cmp::Reverse(**cause)));
        most.map_or(
            ("undetermined", "", "warning"),
            |(cause, (_, title, severity))| (*cause, *title, *severity),
        )
    }

    /// The incident in its public form.
    pub fn incident(&mut self, grid: &Grid, found: Found) -> Incident {
        let (cause, title, severity) = self.main_cause();
        let kept = std::mem::take(&mut self.representatives);
        let representatives: Vec<ResetReport> =
            kept.into_iter().map(Exhibit::into_report).collect();
        let advice: Vec<Advice> = match found.pattern {
            Some("scan") => vec![SCAN_ADVICE],
            _ => representatives
                .first()
                .map(|best| best.advice.clone())
                .unwrap_or_default(),
        };
        let findings: Vec<Finding> = found.findings;
        Incident {
            id: String::new(),
            headline: found.headline.unwrap_or_else(|| title.to_owned()),
            pattern: found.pattern,
            cause,
            title,
            meaning: match found.pattern {
                Some("scan") => SCAN_MEANING,
                _ => representatives
                    .first()
                    .map_or("", |best| best.verdict.meaning),
            },
            causes: self
                .causes
                .iter()
                .map(|(cause, (count, ..))| (*cause, *count))
                .collect(),
            severity: if found.pattern.is_some() {
                "benign"
            } else {
                severity
            },
            confidence: self.confidence,
            count: self.count,
            first: self.first,
            last: self.last,
            service: self.only_service(),
            services: self.services_in_short(),
            sender: self.senders.only(),
            origin: self.origins.only(),
            clients: self.clients_in_short(),
            rate: grid.rate(&self.ticks),
            findings,
            advice,
            examples: representatives.iter().map(ResetReport::reference).collect(),
            representatives,
        }
    }

    fn services_in_short(&self) -> Services {
        let hosts: BTreeSet<IpAddr> = self.services.iter().map(SocketAddr::ip).collect();
        let alone = hosts.len() == 1 && self.services_complete;
        Services {
            count: u32::try_from(self.services.len()).unwrap_or(u32::MAX),
            complete: self.services_complete,
            host: hosts.first().copied().filter(|_| alone),
        }
    }

    fn clients_in_short(&self) -> Clients {
        let mut most: Vec<Client> = self
            .clients
            .iter()
            .map(|(address, visits)| Client {
                address: *address,
                resets: visits.count,
            })
            .collect();
        most.sort_by_key(|client| (std::cmp::Reverse(client.resets), client.address));
        most.truncate(CLIENTS_NAMED);
        Clients {
            count: u32::try_from(self.clients.len()).unwrap_or(u32::MAX),
            complete: self.clients_complete,
            most,
        }
    }
}

/// Clients that are named; more are read by nobody.
const CLIENTS_NAMED: usize = 5;
const SCAN_MEANING: &str = "One client tries many ports or hosts to learn what answers. Closed ports refuse it with a reset, and open \
    ones are left with one: each of them is an answer, not a fault.";
const SCAN_ADVICE: Advice = Advice {
    who: "network",
    action: "Find out whose scanner this client is; the services themselves answered as they should.",
};
