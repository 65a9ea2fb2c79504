//! What the applications said, as far as the first bytes of their turns show it: context for a verdict, seldom its ground.
//!
//! Bounded by [`Prefix::CAPACITY`](crate::tcp::Prefix::CAPACITY); bodies are never put together. What the snap length cut is read as far
//! as it goes.

use super::Facts;
use httparse::{EMPTY_HEADER, Request, Response};
use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_extensions, parse_tls_plaintext,
};

/// One thing that an application said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// The first request line of HTTP/1, without its version.
    HttpRequest(String),
    /// The status of the server's latest HTTP/1 answer.
    HttpAnswer(u16),
    /// The server announced by `Keep-Alive: timeout=` how long it keeps a quiet connection.
    KeepsAlive {
        /// Seconds.
        seconds: u32,
    },
    /// The server announced by `Connection: close` that it would close.
    WillClose,
    /// The client began with HTTP/2 in clear text.
    Http2,
    /// The server sent a GOAWAY frame (RFC 9113 6.8).
    GoAway {
        /// Its error code; 0 is none.
        code: u32,
    },
    /// The client said hello in TLS.
    TlsHello {
        /// The server name it asked for, where it was captured.
        name: Option<String>,
    },
    /// An alert in clear text.
    TlsAlert {
        /// Its description (RFC 8446 6).
        code: u8,
        /// From the server.
        by_server: bool,
    },
    /// A PROXY protocol header comes before the client's own bytes.
    ProxyHeader,
    /// The server's last words are an error of Redis, `MySQL` or `PostgreSQL`.
    ServerError {
        /// Whose protocol.
        protocol: &'static str,
        /// Its text, one line.
        text: String,
    },
}

impl Facts<'_> {
    /// What the applications said that helps a reader, the client first.
    pub fn said(&self) -> Vec<Said> {
        let (client, server) = (
            self.client().first_bytes.bytes(),
            self.server().latest_bytes().bytes(),
        );
        let body = after_proxy_header(client);
        let proxied = (body.len() < client.len()).then_some(Said::ProxyHeader);
        proxied
            .into_iter()
            .chain(asked(body))
            .chain(answered(server))
            .collect()
    }

    /// The seconds after which the server closes a quiet connection, as its latest answer announces.
    pub fn announced_keep_alive(&self) -> Option<u32> {
        self.said().into_iter().find_map(|said| match said {
            Said::KeepsAlive { seconds } => Some(seconds),
            _ => None,
        })
    }
}

fn asked(bytes: &[u8]) -> Vec<Said> {
    if bytes.starts_with(HTTP2_PREFACE) {
        return vec![Said::Http2];
    }
    if let [HANDSHAKE, MAJOR_VERSION, ..] = bytes {
        return vec![Said::TlsHello {
            name: server_name(bytes),
        }];
    }
    alert(bytes, false)
        .or_else(|| request_line(bytes))
        .into_iter()
        .collect()
}

fn answered(bytes: &[u8]) -> Vec<Said> {
    if let Some(said) = alert(bytes, true)
        .or_else(|| go_away(bytes))
        .or_else(|| server_error(bytes))
    {
        return vec![said];
    }
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut response = Response::new(&mut fields);
    if response.parse(bytes).is_err() {
        return Vec::new();
    }
    let Some(code) = response.code else {
        return Vec::new();
    };
    let mut said = vec![Said::HttpAnswer(code)];
    for field in response.headers.iter() {
        let value = field.value.to_ascii_lowercase();
        if field.name.eq_ignore_ascii_case("keep-alive") {
            said.extend(timeout(&value).map(|seconds| Said::KeepsAlive { seconds }));
        }
        if field.name.eq_ignore_ascii_case("connection") && value == b"close" {
            said.push(Said::WillClose);
        }
    }
    said
}

fn timeout(value: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(value).ok()?;
    let mut parts = text.split(',').map(str::trim);
    parts
        .find_map(|part| part.strip_prefix("timeout="))?
        .parse()
        .ok()
}

fn request_line(bytes: &[u8]) -> Option<Said> {
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut request = Request::new(&mut fields);
    request.parse(bytes).ok()?;
    let path: String = request.path?.chars().take(LONGEST).collect();
    Some(Said::HttpRequest(format!("{} {path}", request.method?)))
}

/// The server name of a `ClientHello`. What was cut off is taken for zeros, which hold no name.
fn server_name(bytes: &[u8]) -> Option<String> {
    let announced =
        usize::from(u16::from_be_bytes([*bytes.get(3)?, *bytes.get(4)?])) + RECORD_HEADER;
    let mut whole = bytes.to_vec();
    whole.resize(announced.max(bytes.len()), 0);
    let (_, record) = parse_tls_plaintext(&whole).ok()?;
    record.msg.iter().find_map(|message| match message {
        TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello)) => name_among(hello.ext?),
        _ => None,
    })
}

fn name_among(extensions: &[u8]) -> Option<String> {
    let (_, extensions) = parse_tls_extensions(extensions).ok()?;
    extensions.iter().find_map(|extension| match extension {
        TlsExtension::SNI(names) => {
            let name = std::str::from_utf8(names.first()?.1).ok()?;
            (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()))
                .then(|| name.chars().take(LONGEST).collect())
        }
        _ => None,
    })
}

/// An alert whose content shows: record header, level, description.
fn alert(bytes: &[u8], by_server: bool) -> Option<Said> {
    match bytes {
        [ALERT, MAJOR_VERSION, _, 0, 2, 1 | 2, code, ..] => Some(Said::TlsAlert {
            code: *code,
            by_server,
        }),
        _ => None,
    }
}

/// A GOAWAY frame at the beginning: length, type 7, no flags, stream 0, last stream, error code.
fn go_away(bytes: &[u8]) -> Option<Said> {
    match bytes {
        [0, 0, 8..=255, 7, 0, 0, 0, 0, 0, _, _, _, _, a, b, c, d, ..] => Some(Said::GoAway {
            code: u32::from_be_bytes([*a, *b, *c, *d]),
        }),
        _ => None,
    }
}

/// An error greeting: Redis's `-ERR`, `MySQL`'s error packet, `PostgreSQL`'s error response.
fn server_error(bytes: &[u8]) -> Option<Said> {
    let (protocol, text) = match bytes {
        [b'-', b'A'..=b'Z', b'A'..=b'Z', ..] => ("Redis", bytes.get(1..)?),
        // Length, sequence 0 or 1, marker 0xff, a code of two bytes, and perhaps a state after '#'.
        [_, _, 0, 0 | 1, 0xff, _, _, rest @ ..] => (
            "MySQL",
            rest.strip_prefix(b"#")
                .and_then(|rest| rest.get(5..))
                .unwrap_or(rest),
        ),
        [b'E', 0, 0, _, _, b'S', ..] => {
            let message = bytes.windows(2).position(|pair| pair == [0, b'M'])?;
            ("PostgreSQL", bytes.get(message + 2..)?)
        }
        _ => return None,
    };
    let line = text
        .split(|byte| matches!(byte, 0 | b'\r' | b'\n'))
        .next()?;
    let text: String = String::from_utf8_lossy(line)
        .chars()
        .take(LONGEST)
        .collect();
    Some(Said::ServerError { protocol, text })
}

/// What follows a PROXY protocol header of version 1 or 2; all of it where there is none.
fn after_proxy_header(bytes: &[u8]) -> &[u8] {
    if let Some(rest) = bytes.strip_prefix(PROXY_2) {
        let len = rest
            .get(2..4)
            .map_or(0, |len| usize::from(u16::from_be_bytes([len[0], len[1]])));
        return rest.get(4 + len..).unwrap_or(&[]);
    }
    if bytes.starts_with(b"PROXY ") {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n");
        return end.and_then(|end| bytes.get(end + 2..)).unwrap_or(&[]);
    }
    bytes
}

const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM";
/// The signature of version 2.
const PROXY_2: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
const ALERT: u8 = 0x15;
const HANDSHAKE: u8 = 0x16;
const MAJOR_VERSION: u8 = 0x03;
const RECORD_HEADER: usize = 5;
/// Header fields read at most.
const FIELDS: usize = 64;
/// Characters of a path, a name or an error shown at most; chosen, a line.
const LONGEST: usize = 80;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_tells_how_long_the_server_waits() {
        let said = answered(
            b"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\nContent-Length: 0\r\n\r\n",
        );
        assert_eq!(
            said,
            [Said::HttpAnswer(200), Said::KeepsAlive { seconds: 5 }]
        );
        let said = answered(b"HTTP/1.0 413 Too Large\r\nConnection: close\r\n\r\n");
        assert_eq!(said, [Said::HttpAnswer(413), Said::WillClose]);
    }

    #[test]
    fn a_request_is_read_behind_a_proxy_header() {
        let bytes = b"PROXY TCP4 192.0.2.1 192.0.2.2 4000 80\r\nGET /a HTTP/1.1\r\n\r\n";
        assert_eq!(
            asked(after_proxy_header(bytes)),
            [Said::HttpRequest("GET /a".into())]
        );
    }

    #[test]
    fn a_server_name_is_read_from_a_hello_that_was_cut() {
        let name = b"shop.example";
        let mut sni = vec![0, 0, 0, 17, 0, 15, 0, 0, 12];
        sni.extend(name);
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x13, 0x01, 1, 0]);
        body.extend(u16::try_from(sni.len() + 300).unwrap().to_be_bytes());
        body.extend(sni);
        let len = body.len() + 300;
        let mut hello = vec![0x16, 3, 1];
        hello.extend(u16::try_from(len + 4).unwrap().to_be_bytes());
        hello.extend([1, 0]);
        hello.extend(u16::try_from(len).unwrap().to_be_bytes());
        hello.extend(body);
        assert_eq!(
            asked(&hello),
            [Said::TlsHello {
                name: Some("shop.example".into())
            }]
        );
        hello.truncate(40);
        assert_eq!(asked(&hello), [Said::TlsHello { name: None }]);
    }

    #[test]
    fn errors_of_databases_are_read() {
        let text = |bytes: &[u8]| match server_error(bytes) {
            Some(Said::ServerError { protocol, text }) => (protocol, text),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            text(b"-ERR max number of clients reached\r\n"),
            ("Redis", "ERR max number of clients reached".into())
        );
        assert_eq!(
            text(b"\x17\0\0\0\xff\x10\x04Too many connections"),
            ("MySQL", "Too many connections".into())
        );
        assert_eq!(
            text(b"E\0\0\0\x50SFATAL\0C53300\0Msorry, too many clients already\0\0"),
            ("PostgreSQL", "sorry, too many clients already".into())
        );
    }

    #[test]
    fn alerts_and_goaways_are_told_from_payload() {
        assert_eq!(
            alert(&[0x15, 3, 3, 0, 2, 2, 40], true),
            Some(Said::TlsAlert {
                code: 40,
                by_server: true
            })
        );
        assert_eq!(
            go_away(&[0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 11]),
            Some(Said::GoAway { code: 11 })
        );
        assert_eq!(answered(b"hello"), []);
    }
}
