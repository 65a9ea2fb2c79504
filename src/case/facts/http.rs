//! HTTP/1 (RFC 9112), as far as the first captured bytes of a turn show it.

use super::Facts;
use crate::tcp::{Prefix, Side};
use httparse::{EMPTY_HEADER, Header, Request, Response, Status};
use std::cell::OnceCell;

/// The head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// Bytes up to and with the empty line.
    pub len: u64,
    /// `Content-Length`, in bytes; 0 where there is none.
    pub announced: u64,
    /// The body comes in chunks (RFC 9112 7.1): its end shows only when it comes.
    pub chunked: bool,
}

/// The head of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status code.
    pub code: u16,
    /// Bytes up to and with the empty line; `None` when its end was not captured.
    pub len: Option<u64>,
    /// `Content-Length`, in bytes.
    pub announced: Option<u64>,
}

impl ResponseHead {
    /// Bytes of the whole response, head included; `None` where they are not announced.
    pub fn whole(&self) -> Option<u64> {
        Some(self.len? + self.announced?)
    }
}

impl Facts<'_> {
    /// The first request on the connection, where the capture holds its head whole.
    pub fn first_request(&self) -> Option<RequestHead> {
        let bytes = self.client().first_bytes.bytes();
        *self.heads.first_request.get_or_init(|| request(bytes))
    }

    /// Bytes of the first request's body that the server had received when it began its first answer; `None` where either is not known.
    ///
    /// A segment acknowledges all that its sender's stack has taken in, so this holds at either end's capture. An interim response
    /// (RFC 9110 15.2) is no answer yet.
    pub fn body_received_at_answer(&self) -> Option<u64> {
        let request = self.first_request()?;
        let mut turns = self.case.turns.recent();
        let asked = turns.find(|turn| turn.from == Side::Client)?;
        let interim = self.first_response().is_some_and(|head| head.code < 200);
        let answer = turns
            .filter(|turn| turn.from == Side::Server)
            .nth(usize::from(interim))?;
        let whole = u64::from(answer.heard?.distance_from(asked.begin));
        Some(whole.saturating_sub(request.len))
    }

    /// The first request was sent whole; `None` where it is not known.
    pub fn first_request_is_whole(&self) -> Option<bool> {
        let request = self.first_request()?;
        if request.chunked {
            return self.client().ends_body;
        }
        Some(self.client().payload_bytes >= request.len + request.announced)
    }

    /// The client had received the whole of its latest answer when it closed.
    pub fn answer_was_whole_at_fin(&self) -> bool {
        let Some((fin, answer)) = self
            .client()
            .fin
            .zip(self.case.turns.latest_of(Side::Server))
        else {
            return false;
        };
        let received = fin
            .ack
            .map(|ack| u64::from(ack.distance_from(answer.begin)));
        self.latest_response()
            .and_then(|head| head.whole())
            .zip(received)
            .is_some_and(|(whole, received)| received >= whole)
    }

    /// The client's latest turn begins with a request of its own.
    pub fn latest_turn_is_request(&self) -> bool {
        let bytes = self.client().latest_bytes().bytes();
        *self.heads.asks_anew.get_or_init(|| begins_request(bytes))
    }

    /// The snap length cut the client's first bytes before the end of a request's head, if they are one.
    pub fn request_head_is_cut(&self) -> bool {
        let first = &self.client().first_bytes;
        let cut = first.is_cut() && first.bytes().len() < Prefix::CAPACITY;
        cut && self.first_request().is_none() && self.tls().is_none()
    }

    /// The head of the server's first response on the connection.
    pub fn first_response(&self) -> Option<ResponseHead> {
        let bytes = self.server().first_bytes.bytes();
        *self.heads.first_response.get_or_init(|| response(bytes))
    }

    /// The head of the server's latest turn, where that is a response. What can have no body announces none here (RFC 9112 6.3).
    pub fn latest_response(&self) -> Option<ResponseHead> {
        let bytes = self.server().latest_bytes().bytes();
        let mut head = (*self.heads.latest_response.get_or_init(|| response(bytes)))?;
        let asked_for_head = self.client().latest_bytes().bytes().starts_with(b"HEAD ");
        if asked_for_head || matches!(head.code, 100..200 | 204 | 304) {
            head.announced = Some(0);
        }
        Some(head)
    }
}

/// What was read of the first bytes of a case, so that a question that many rules ask reads them once.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    first_request: OnceCell<Option<RequestHead>>,
    asks_anew: OnceCell<bool>,
    first_response: OnceCell<Option<ResponseHead>>,
    latest_response: OnceCell<Option<ResponseHead>>,
}

fn request(bytes: &[u8]) -> Option<RequestHead> {
    if bytes.is_empty() {
        return None; // Nothing to make room for header fields for.
    }
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut request = Request::new(&mut fields);
    match request.parse(bytes) {
        Ok(Status::Complete(len)) => Some(RequestHead {
            len: len as u64,
            announced: content_length(request.headers).unwrap_or(0),
            chunked: is_chunked(request.headers),
        }),
        _ => None,
    }
}

fn begins_request(bytes: &[u8]) -> bool {
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut request = Request::new(&mut fields);
    request.parse(bytes).is_ok() && request.path.is_some()
}

fn response(bytes: &[u8]) -> Option<ResponseHead> {
    if bytes.is_empty() {
        return None;
    }
    let mut fields = [EMPTY_HEADER; FIELDS];
    let mut response = Response::new(&mut fields);
    let len = match response.parse(bytes) {
        Ok(Status::Complete(len)) => Some(len as u64),
        Ok(Status::Partial) => None,
        Err(_) => return None,
    };
    let code = response.code?;
    Some(ResponseHead {
        code,
        len,
        announced: len.and_then(|_| content_length(response.headers)),
    })
}

fn is_chunked(fields: &[Header<'_>]) -> bool {
    fields.iter().any(|field| {
        field.name.eq_ignore_ascii_case("transfer-encoding")
            && field.value.to_ascii_lowercase().ends_with(b"chunked")
    })
}

fn content_length(fields: &[Header<'_>]) -> Option<u64> {
    let field = fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case("content-length"))?;
    std::str::from_utf8(field.value).ok()?.trim().parse().ok()
}

/// Header fields read at most; a head with more is taken for none.
const FIELDS: usize = 64;
