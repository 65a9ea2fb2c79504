//! Conversations that end in a reset, each at a port of its own, and the causes that may be said of it.

use super::hosts::{Hosts, SERVER};
use nix::libc::linger;
use nix::sys::socket::{setsockopt, sockopt::Linger};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::sleep;
use std::time::Duration;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Every one of them: port, and the causes that fit.
pub fn all(hosts: &Hosts) -> Vec<(u16, &'static [&'static str])> {
    port_closed(hosts, 7001);
    unread_data(hosts, 7002);
    linger_zero(hosts, 7003);
    reuse_after_close(hosts, 7004);
    accept_then_abort(hosts, 7005);
    connect_probe(hosts, 7006);
    listener_closed(hosts, 7007);
    client_cancels(hosts, 7008);
    vec![
        (7001, &["port-closed"]),
        (7002, &["unread-data-close"]),
        (7003, &["linger-zero-abort"]),
        (7004, &["stale-connection-reuse"]),
        (7005, &["accept-then-abort"]),
        (7006, &["connect-probe"]),
        (7007, &["listener-closed", "accept-then-abort"]),
        (7008, &["client-cancel"]),
    ]
}

/// Nobody listens.
pub fn port_closed(hosts: &Hosts, port: u16) {
    hosts.on_client(|| TcpStream::connect((SERVER, port)).unwrap_err());
}

/// The server closes with a request unread.
fn unread_data(hosts: &Hosts, port: u16) {
    let listener = listen(hosts, port);
    let mut client = connect(hosts, port);
    client.write_all(REQUEST).unwrap();
    let (server, _) = listener.accept().unwrap();
    sleep(MOMENT);
    drop(server);
    sleep(MOMENT);
}

/// The server answers, rests, and aborts.
fn linger_zero(hosts: &Hosts, port: u16) {
    let listener = listen(hosts, port);
    let mut client = connect(hosts, port);
    let mut server = exchange(&listener, &mut client);
    sleep(3 * MOMENT);
    server.flush().unwrap();
    abort(server);
}

/// The server closes in order, and the client sends another request.
fn reuse_after_close(hosts: &Hosts, port: u16) {
    let listener = listen(hosts, port);
    let mut client = connect(hosts, port);
    drop(exchange(&listener, &mut client));
    sleep(MOMENT);
    client.write_all(REQUEST).unwrap();
    sleep(MOMENT);
}

/// The server takes the connection and aborts it at once.
fn accept_then_abort(hosts: &Hosts, port: u16) {
    let listener = listen(hosts, port);
    let _client = connect(hosts, port);
    sleep(MOMENT);
    abort(listener.accept().unwrap().0);
}

/// The client connects and aborts at once, as health checks do.
fn connect_probe(hosts: &Hosts, port: u16) {
    let _listener = listen(hosts, port);
    abort(connect(hosts, port));
    sleep(MOMENT);
}

/// The listener goes with two connections that nobody took.
fn listener_closed(hosts: &Hosts, port: u16) {
    let listener = listen(hosts, port);
    let _clients = [connect(hosts, port), connect(hosts, port)];
    sleep(MOMENT);
    drop(listener);
    sleep(MOMENT);
}

/// The client goes in the middle of an answer.
fn client_cancels(hosts: &Hosts, port: u16) {
    let listener = listen(hosts, port);
    let mut client = connect(hosts, port);
    client.write_all(REQUEST).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.read_exact(&mut [0; REQUEST.len()]).unwrap();
    server
        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n")
        .unwrap();
    server.write_all(&vec![b'x'; 400_000]).unwrap();
    client.read_exact(&mut [0; 1000]).unwrap();
    drop(client);
    sleep(MOMENT);
}

fn exchange(listener: &TcpListener, client: &mut TcpStream) -> TcpStream {
    client.write_all(REQUEST).unwrap();
    let (mut server, _) = listener.accept().unwrap();
    server.read_exact(&mut [0; REQUEST.len()]).unwrap();
    server.write_all(ANSWER).unwrap();
    client.read_exact(&mut [0; ANSWER.len()]).unwrap();
    sleep(MOMENT);
    server
}

fn listen(hosts: &Hosts, port: u16) -> TcpListener {
    hosts.on_server(|| TcpListener::bind((SERVER, port)).unwrap())
}

fn connect(hosts: &Hosts, port: u16) -> TcpStream {
    hosts.on_client(|| TcpStream::connect((SERVER, port)).unwrap())
}

fn abort(stream: TcpStream) {
    let at_once = linger {
        l_onoff: 1,
        l_linger: 0,
    };
    setsockopt(&stream, Linger, &at_once).unwrap();
    drop(stream);
}

/// Longer than any round trip here, and delayed acknowledgments.
const MOMENT: Duration = Duration::from_millis(100);
