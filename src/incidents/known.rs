//! Well-known defaults of timeouts, with which a measured one is compared.

use crate::origin::SECOND;

/// Who closes or forgets when: how it is named, and after how many seconds.
pub type Known = (&'static str, i64);

/// Idle timeouts of servers, which close by FIN.
pub const SERVERS: &[Known] = &[
    ("gunicorn keepalive, 2 s", 2),
    ("Apache KeepAliveTimeout, 5 s", 5),
    ("Node.js keepAliveTimeout, 5 s", 5),
    ("uvicorn timeout_keep_alive, 5 s", 5),
    ("Node.js keepAliveTimeout with its buffer, 5 + 1 s", 6),
    ("Tomcat's server.xml, 20 s", 20),
    ("Tomcat keepAliveTimeout, 60 s", 60),
    ("AWS application or classic load balancer, 60 s", 60),
    ("nginx client_header_timeout, 60 s", 60),
    ("nginx keepalive_timeout, 75 s", 75),
    ("Go http.DefaultTransport, 90 s", 90),
    ("Google application load balancer, 600 s", 600),
    ("Envoy idle_timeout, 1 h", 3600),
    ("Linux keep-alive, 7200 s", 7200),
];

/// Idle timeouts of what forgets in silence.
pub const MIDDLEBOXES: &[Known] = &[
    ("AWS application or classic load balancer, 60 s", 60),
    ("Azure load balancer, 4 min", 240),
    ("IBM VPC gateway, 4 min", 240),
    ("AWS network load balancer, 350 s", 350),
    ("Google Cloud VPC, 10 min", 600),
    ("Google Cloud NAT, 1200 s", 1200),
    ("FortiGate tcp-idle, 3600 s", 3600),
    ("Linux conntrack, 5 days", 432_000),
];

/// Those that agree with a measured time: within 3 %, or 0.3 s for the short ones.
pub fn matching(table: &[Known], nanos: i64) -> Vec<&'static str> {
    named(table, |exact| {
        (nanos - exact).abs() <= (exact / 33).max(3 * SECOND / 10)
    })
}

/// Those that lie between the longest silence that was survived and the shortest that was not.
pub fn between(table: &[Known], survived: i64, lost: i64) -> Vec<&'static str> {
    named(table, |exact| survived < exact && exact <= lost)
}

fn named(table: &[Known], fits: impl Fn(i64) -> bool) -> Vec<&'static str> {
    table
        .iter()
        .filter(|(_, seconds)| fits(seconds * SECOND))
        .map(|(name, _)| *name)
        .collect()
}
