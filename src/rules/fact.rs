//! [`Fact`]: one observation in numbers. `report` words it, so that judging formats no string.

use crate::case::facts::{Stated, Tell};
use crate::tcp::{Quoted, Side, State};
use std::net::SocketAddr;

/// One observed fact, or, in a claim's `hidden`, the one that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    // The form of the reset.
    /// It answers a SYN.
    AnswersSyn,
    /// It answers one segment, whose numbers it bears.
    AnswersSegment {
        /// Payload bytes of that segment.
        payload: u32,
    },
    /// It has no ACK and window 0, as answers have, but what it answers is not at hand.
    IsBare,
    /// It bears the numbers of the next segment of its sender: its own abort.
    IsAbort {
        /// Its window field.
        window: u16,
    },
    /// The segment that it answers.
    AnsweredSegment,

    // The opening.
    /// No SYN,ACK was sent on this connection.
    NoSynAck,
    /// The server answered the SYN.
    SynAckSent,
    /// The client acknowledged the SYN,ACK.
    HandshakeAcknowledged,
    /// The server sent its SYN,ACK again although the client had acknowledged it.
    SynAckRepeatedAfterAck {
        /// How often.
        times: u32,
        /// Nanoseconds from that acknowledgment to the last repetition.
        until: i64,
    },
    /// The server sent its SYN,ACK again.
    SynAckRepeated {
        /// How often.
        times: u32,
    },
    /// The server never acknowledged payload of the client.
    PayloadNeverAcknowledged {
        /// Payload bytes that the client sent.
        sent: u64,
    },
    /// The server never sent payload nor FIN.
    ServerSilent,
    /// The reset stands right after the SYN,ACK in the server's sequence space.
    RightAfterSynAck,
    /// The reset came this soon after the client's last step of the handshake or first payload.
    SoonAfterHandshake {
        /// Nanoseconds.
        nanos: i64,
    },
    /// The connection had been established.
    WasEstablished,

    /// The client had not acknowledged the SYN,ACK.
    HandshakeNotAcknowledged,
    /// The client's SYN is in the capture.
    SynCaptured,
    /// It answers a SYN,ACK with which nothing is wrong.
    AnswersSynAck,
    /// It answers a SYN,ACK that the client could not accept.
    SynAckUnacceptable(SynAckTrouble),
    /// It answers a bare ACK that belongs to no SYN of this connection.
    AnswersOldAck {
        /// How far the acknowledgment is from that of the SYN, in bytes.
        off_by: i32,
    },
    /// The same two addresses were used by a connection that was not seen to end.
    TupleWasInUse,
    /// The client repeated its SYN after the reset.
    SynRepeated {
        /// Nanoseconds after it.
        after: i64,
    },
    /// The SYN is one that raw scanners write: no option but MSS.
    BareSyn {
        /// Its window field.
        window: u16,
    },
    /// The client sent neither payload nor FIN.
    ClientSilent,
    /// The abort acknowledges no payload of the client.
    AcknowledgesNoPayload,
    /// The connection was never opened in this capture, and the side that reset it never spoke.
    NeverOpened,

    // Who spoke.
    /// The last payload was the sender's own.
    SenderSpokeLast {
        /// Whose.
        side: Side,
        /// Bytes of the last turn.
        bytes: u64,
    },
    /// The last payload of the receiver was the answer to what the sender had asked.
    AnswerReceived {
        /// Bytes of the answer.
        bytes: u64,
    },
    /// Neither side had sent payload.
    NothingSaid,
    /// The receiver's last payload was never answered.
    Unanswered {
        /// Who sent it.
        side: Side,
        /// Bytes of it.
        bytes: u64,
    },
    /// The window in the reset is larger than the last one offered.
    WindowGrew {
        /// The last window field before.
        before: u16,
        /// The reset's.
        after: u16,
    },
    /// The window in the reset is the last one offered.
    WindowUnchanged {
        /// The window field.
        window: u16,
    },
    /// Bytes that the receiver had sent had not reached the sender when it reset.
    Undelivered {
        /// Bytes.
        bytes: u32,
    },
    /// Bytes of the sender's that the receiver had not acknowledged.
    Unacknowledged {
        /// Bytes.
        bytes: u32,
    },
    /// Everything that both said was acknowledged.
    AllAcknowledged,
    /// The reset came this soon after the last payload.
    SoonAfterPayload {
        /// Nanoseconds.
        nanos: i64,
    },
    /// Exchanges of request and answer before.
    Exchanges {
        /// How many.
        count: u64,
    },
    /// The client sent on after the server had begun to answer.
    AnsweredMidRequest {
        /// Bytes of the answer.
        answer: u64,
        /// Bytes of the request up to then.
        request: u64,
    },
    /// The head of the request, which may announce a length.
    RequestHead,
    /// The request comes in chunks, and its last chunk was never sent.
    ChunksMissing {
        /// Bytes of the body that the server had received when it answered.
        received: u64,
    },
    /// The server answered before the announced end of the request had come.
    RequestIncomplete {
        /// `Content-Length`, in bytes.
        announced: u64,
        /// Bytes of the body that the server had received when it answered.
        received: u64,
    },
    /// The request was whole before it was answered.
    RequestWhole {
        /// Its bytes.
        bytes: u64,
    },
    /// The answer begins with this HTTP status.
    HttpStatus {
        /// The status code.
        code: u16,
    },

    /// The server's answer was still coming.
    AnswerStillComing {
        /// Bytes of it so far.
        bytes: u64,
    },
    /// The receiver's window had been closed.
    WindowClosed {
        /// For how long, in nanoseconds.
        nanos: i64,
    },

    /// All that the sender of the reset said is in the capture.
    SenderCaptured,
    /// The other direction is in the capture.
    ReceiverCaptured,

    // Closing.
    /// The sender of the reset had sent FIN.
    FinSent {
        /// Whose.
        side: Side,
    },
    /// The sender of the reset had not sent FIN.
    NoFinSent {
        /// Whose.
        side: Side,
    },
    /// The receiver of the reset had sent FIN.
    FinReceived {
        /// Whose.
        side: Side,
    },
    /// The segment that the reset answers did not acknowledge the FIN: the two crossed.
    CrossedFin,
    /// The segment that the reset answers acknowledged the FIN.
    AcknowledgedFin,
    /// How long the FIN had been there when the receiver sent that segment.
    HadFinFor {
        /// Nanoseconds.
        nanos: i64,
    },
    /// The FIN was sent again, and never acknowledged.
    FinRepeated {
        /// How often.
        times: u32,
    },
    /// The FIN ended a silence.
    IdleBeforeFin {
        /// Nanoseconds.
        nanos: i64,
    },
    /// The FIN came without a silence before it.
    NoIdleBeforeFin {
        /// Nanoseconds since the last payload.
        nanos: i64,
    },
    /// The request came after a silence.
    IdleBeforeRequest {
        /// Nanoseconds.
        nanos: i64,
    },
    /// The reset took part in the closing: it stands in place of a FIN, or after one.
    PartOfClosing,
    /// The silence agrees with the idle timeout that the service shows elsewhere.
    IdleTimeoutOfService {
        /// The shortest silence after which it closes, in nanoseconds.
        shortest: i64,
        /// The longest, in nanoseconds.
        longest: i64,
        /// In how many connections.
        count: u32,
    },

    /// The segment that the reset answers brought nothing new.
    AnswersStraggler {
        /// It was a FIN.
        fin: bool,
    },

    // Silence.
    /// Nothing at all was sent for this long before the reset.
    SilentBefore {
        /// Nanoseconds.
        nanos: i64,
    },
    /// The sender had repeated its payload in vain, earlier.
    RepeatedInVain {
        /// How often.
        times: u32,
    },

    /// The silence is the timeout that the server had announced.
    AnnouncedTimeout {
        /// Nanoseconds of silence.
        nanos: i64,
        /// What was announced, in seconds.
        seconds: u32,
    },
    /// The silence is a timeout that many have.
    KnownTimeout {
        /// Nanoseconds of silence.
        nanos: i64,
        /// That timeout, in seconds.
        seconds: u32,
        /// Whose: a noun in the plural.
        whose: &'static str,
    },
    /// The sender had probed the connection.
    Probed {
        /// How often since it last heard anything.
        times: u32,
        /// Nanoseconds between the last two probes.
        interval: Option<i64>,
    },
    /// The last probe was answered, as far as the capture goes.
    ProbesAnswered,
    /// The last repetition was answered, as far as the capture goes.
    RepetitionsAnswered,
    /// The reset came one probe interval after the last probe.
    IntervalLater {
        /// Nanoseconds.
        nanos: i64,
    },

    /// The sender had spoken just before.
    SpokeJustBefore {
        /// Nanoseconds before the reset.
        nanos: i64,
    },

    // Resets.
    /// An earlier reset had ended the connection.
    EndedByReset {
        /// Who had sent it.
        side: Side,
        /// Nanoseconds before.
        before: i64,
    },
    /// The receiver's segment had left before that reset can have reached it.
    SentBeforeItKnew,
    /// The state of the connection's other end when the reset came.
    StateWas {
        /// Whose.
        side: Side,
        /// Its state.
        state: State,
    },

    /// An ICMP error about a segment of the connection.
    Icmp(Quoted),
    /// It says itself why it was sent.
    Stated(Stated),
    /// Its receiver asked back with a challenge ACK.
    Challenged,
    /// Its numbers are not those that its receiver expected.
    NotAcceptable,
    /// It neither continues its sender's segments nor answers one of the receiver's.
    FitsNoForm,

    // The path.
    /// A mark of another sender than the one named.
    Foreign(Tell),
    /// Nothing distinguishes the reset from the other segments of its sender.
    LooksLikeSender {
        /// The hop limit of both.
        hop_limit: u8,
    },
    /// The reset copies the DSCP of the SYN, as a host does and a packet filter does not.
    DscpCopied {
        /// The code point.
        dscp: u8,
    },

    // What the bytes say.
    /// TLS was being negotiated.
    TlsNegotiating,
    /// The segment that the reset answers is a TLS alert, or no larger than one.
    AnswersTlsAlert {
        /// Its payload, in bytes.
        bytes: u32,
    },

    // Neighbours.
    /// The port refused every SYN.
    PortRefusesAll {
        /// How many.
        refused: u64,
    },
    /// The port answers clients of other hosts before and after.
    PortAnswersOthers,
    /// Somebody asked the port for a connection right after the reset.
    PortAskedAfter,
    /// Other clients of the service met an unheeded handshake, too.
    OthersUnheeded {
        /// How many.
        connections: usize,
    },
    /// Other clients of the service had SYNs unanswered.
    OthersUnanswered {
        /// How many.
        connections: usize,
    },
    /// Other connections that had completed before stay open, and none completed after.
    QueueFilledInOrder {
        /// How many completed before.
        before: usize,
    },
    /// Other connections of the service, on which it had never spoken, were aborted in the same instant.
    OthersAborted {
        /// How many.
        connections: usize,
    },
    /// Other connections of the service were closed by FIN in the same instant.
    OthersFinished {
        /// How many.
        connections: usize,
    },
    /// The port refused the next SYN.
    PortRefusedAfter {
        /// Nanoseconds after the reset.
        nanos: i64,
    },
    /// The answered segment continues another connection.
    ContinuesAnother {
        /// That connection's client.
        client: SocketAddr,
        /// Its server.
        server: SocketAddr,
    },
    /// A connection that carried the same bytes ended just before.
    OtherLeg {
        /// Who ended it.
        remote: SocketAddr,
        /// Nanoseconds before.
        before: i64,
    },
    /// Other handshakes succeeded around the ones that were reset.
    OthersSucceeded {
        /// How many.
        connections: usize,
    },
}

/// What is wrong with a SYN,ACK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SynAckTrouble {
    /// It does not acknowledge the SYN.
    Acknowledgment {
        /// How far it is off, in bytes.
        off_by: i32,
    },
    /// It echoes a timestamp that the client never sent.
    TimestampEcho {
        /// That timestamp.
        echo: u32,
    },
}
