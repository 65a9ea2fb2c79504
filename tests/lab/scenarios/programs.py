"""Resets by programs that people run: web servers, balancers, scanners, Java and Node."""

import os
import subprocess
import time

from network import Relay
from talk import abort, dial, listener, request, scenario, tried, until, wait_for_port
from truth import Expect

NGINX = """
daemon off; master_process off; pid {dir}/nginx.pid; error_log {dir}/error.log;
events {{ worker_connections 64; }}
http {{
  access_log off; client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f; uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  {http}
}}
"""


def nginx(net, http, port):
    path = f"{net.scratch}/nginx.conf"
    with open(path, "w") as f:
        f.write(NGINX.format(dir=net.scratch, http=http))
    os.chmod(net.scratch, 0o755)
    net.program("server", "nginx", "-c", path, "-e", f"{net.scratch}/error.log")
    return wait_for_port(net, "server", net.server4, port)


def haproxy(net, host, text, address, port):
    path = f"{net.scratch}/haproxy.cfg"
    with open(path, "w") as f:
        f.write("defaults\n timeout connect 2s\n timeout client 4s\n timeout server 4s\n timeout http-keep-alive 1s\n" + text)
    net.program(host, "haproxy", "-db", "-f", path)
    return wait_for_port(net, host, address, port) if port else True


@scenario(Expect("early-response-upload", by="server"), snaplen=200, relay=lambda: Relay(0.025))
def nginx_413_lingering_off(net):
    """nginx with lingering_close off answers 413 to an upload that is too large, discards what comes, and closes when the client pauses; the rest of the body meets a closed connection."""
    up = nginx(net, f"server {{ listen {net.server4}:8180; client_max_body_size 10k; lingering_close off; lingering_timeout 200ms; root {net.scratch}; }}", 8180)

    def client():
        s = dial(net.server4, 8180)
        s.send(b"POST /photos HTTP/1.1\r\nHost: depot.test\r\nUser-Agent: curl/8.5\r\nContent-Length: 900000\r\n\r\n")
        seen = [tried(s.sendall, b"J" * 90_000)]
        time.sleep(0.6)
        return seen + [tried(s.sendall, b"J" * 810_000), tried(s.recv, 400)]

    return {"listening": up, "client": net.at("client", client).result()}


@scenario(Expect("unread-data-close", by="server", also=("early-response-upload", "process-exit")), snaplen=200)
def nginx_444_large_request(net):
    """nginx with `return 444` closes without an answer, while most of a large request is unread."""
    up = nginx(net, f"server {{ listen {net.server4}:8181; client_max_body_size 0; lingering_close off; return 444; }}", 8181)

    def client():
        s = dial(net.server4, 8181)
        seen = [tried(s.send, b"POST /bot HTTP/1.1\r\nHost: depot.test\r\nContent-Length: 40000\r\n\r\n" + b"s" * 40_000)]
        return seen + [tried(s.recv, 100), tried(s.send, b"x")]

    return {"listening": up, "client": net.at("client", client).result()}


@scenario(Expect("stale-connection-reuse", by="server", reason="TCP_TIMEWAIT_SOCKET"), Expect("keepalive-idle-race", by="server"), relay=lambda: Relay(0.05))
def nginx_keepalive_pool(net):
    """nginx with keepalive_timeout 2s; six pooled connections are used again after 1.0 to 3.1 s; 100 ms of round trip."""
    with open(f"{net.scratch}/index.html", "w") as f:
        f.write("index " * 40)
    up = nginx(net, f"keepalive_timeout 2s; server {{ listen {net.server4}:8182; root {net.scratch}; }}", 8182)

    def one(rest):
        s = dial(net.server4, 8182)
        s.send(request("/index.html"))
        s.recv(2000)
        time.sleep(rest)
        seen = [tried(s.send, request("/index.html")), tried(s.recv, 2000)]
        time.sleep(0.4)
        return seen

    clients = {}
    for rest in (1.0, 1.5, 1.93, 1.96, 2.6, 3.1):
        clients[str(rest)] = net.at("client", one, rest)
        time.sleep(0.11)
    return {"listening": up, "clients": {k: c.result() for k, c in clients.items()}}


@scenario(Expect("connect-probe", by="client"), Expect("port-closed", by="server"), limit=30)
def haproxy_tcp_check(net):
    """HAProxy checks a server twice a second: SYN, SYN-ACK, reset. Then the server's listener goes."""

    def server():
        with listener(net.server4, 8190) as l:
            l.settimeout(3)
            return tried(l.accept)

    s = net.at("server", server)
    time.sleep(0.2)
    haproxy(net, "client", f"listen l\n mode tcp\n bind 127.0.0.1:8189\n server one {net.server4}:8190 check inter 500ms\n", net.client4, 0)
    return {"server": s.result(6)}


@scenario(Expect("stale-connection-reuse", by="server"))
def haproxy_deny(net):
    """HAProxy denies a request with 403 and closes; the client pays no heed and asks for the next thing 300 ms later."""
    up = haproxy(net, "server", f"frontend f\n mode http\n option httpclose\n bind {net.server4}:8191\n http-request deny if {{ path_beg /admin }}\n http-request return status 200 content-type text/plain string ok\n",
                 net.server4, 8191)

    def client():
        s = dial(net.server4, 8191)
        s.send(request("/admin"))
        seen = [tried(s.recv, 1000)]
        time.sleep(0.3)
        seen += [tried(s.send, request("/next")), tried(s.recv, 1000)]
        time.sleep(0.2)
        return seen + [tried(s.send, request("/next"))]

    return {"listening": up, "client": net.at("client", client).result()}


@scenario(Expect("linger-zero-abort", by="server", port=8193, also=("socket-destroyed", "relay-propagated")), points=("client", "any", "server"))
def haproxy_upstream_reset(net):
    """HAProxy on the router, mode http: the backend resets after half a response; the client sees a response cut short by FIN."""

    def server():
        with listener(net.server4, 8193) as l:
            a, _ = l.accept()
            until(a)
            a.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"h" * 1500)
            time.sleep(0.2)
            abort(a)

    near = net.client4[:-1] + "1"
    s = net.at("server", server)
    time.sleep(0.2)
    up = haproxy(net, "router", f"frontend f\n mode http\n bind {near}:8192\n default_backend b\nbackend b\n mode http\n server one {net.server4}:8193\n", near, 8192)

    def client():
        c = dial(near, 8192)
        c.send(request("/page"))
        seen = [tried(c.recv, 9000)]
        time.sleep(0.5)
        return seen + [tried(c.recv, 9000), tried(c.recv, 9000)]

    return {"listening": up, "client": net.at("client", client).result(), "server": s.result(3)}


@scenario(Expect("stray-segment", by="server", again=True), points=("client", "server"), limit=60)
def nmap_fin_xmas_null_scan(net):
    """nmap's FIN, Xmas and NULL scans of four ports, one of them open: the open one is silent."""
    keep = net.at("server", lambda: [listener(net.server4, 443), time.sleep(40)][1:])
    time.sleep(0.2)
    for kind in ("-sF", "-sX", "-sN"):
        net.program("client", "nmap", "-n", "-Pn", kind, "--send-ip", "--max-retries", "1", "-p", "21,110,443,5900", net.server4).wait(25)
    keep.kill()
    return {}


JAVA_CLIENT = """
import java.io.*;
import java.net.*;
public class Client {
  public static void main(String[] a) throws Exception {
    for (int n = 0; n < 3; n++) {
      try (Socket s = new Socket(a[0], Integer.parseInt(a[1]))) {
        s.setSoLinger(true, 0);
        s.getOutputStream().write(("ECHO " + n + "\\n").getBytes());
        byte[] b = new byte[100];
        System.out.println(s.getInputStream().read(b));
        Thread.sleep(150 + 400 * n);
      }
      Thread.sleep(200);
    }
    Socket s = new Socket(a[0], Integer.parseInt(a[1]));
    s.getOutputStream().write("QUIT\\n".getBytes());
    Thread.sleep(400);
    try {
      s.getOutputStream().write("ECHO again\\n".getBytes());
      Thread.sleep(200);
      s.getOutputStream().write("ECHO again\\n".getBytes());
    } catch (IOException e) { System.out.println(e.getMessage()); }
  }
}
"""


@scenario(Expect("linger-zero-abort", by="client", also=("socket-destroyed",)), Expect("stale-connection-reuse", by="server"), limit=60)
def java_solinger(net):
    """A Java client leaves three connections with setSoLinger(true, 0), and writes on the fourth after the server has closed it."""
    path = f"{net.scratch}/Client.java"
    with open(path, "w") as f:
        f.write(JAVA_CLIENT)

    def server():
        with listener(net.server4, 8195) as l:
            for _ in range(4):
                a, _ = l.accept()
                try:
                    while got := a.recv(100):
                        if got.startswith(b"QUIT"):
                            break
                        a.send(got)
                except OSError:
                    pass
                a.close()
            time.sleep(2)

    net.at("server", server)
    p = net.program("client", "java", path, net.server4, "8195", stdout=subprocess.PIPE)
    out, _ = p.communicate(timeout=40)
    time.sleep(0.3)
    return {"client": out.decode().split("\n")}


NODE_SHEDS = """
const net = require('net');
const [address, port] = process.argv.slice(2);
let n = 0;
net.createServer(s => {
  s.on('error', () => {});
  if (++n % 2 === 0) s.resetAndDestroy();
  else s.on('data', d => { s.write('ok ' + d.length); setTimeout(() => s.resetAndDestroy(), 250); });
}).listen(Number(port), address);
"""


@scenario(Expect("linger-zero-abort", by="server", port=45001, also=("socket-destroyed",)), Expect("linger-zero-abort", by="server", port=45003, also=("socket-destroyed",)),
          Expect("accept-then-abort", by="server", also=("connect-probe",)), relay=lambda: Relay(0.03))
def node_reset_and_destroy(net):
    """A Node server drops every second connection with resetAndDestroy() at once, and the others 250 ms after its answer."""
    path = f"{net.scratch}/shed.js"
    with open(path, "w") as f:
        f.write(NODE_SHEDS)
    net.program("server", "node", path, net.server4, "8196")
    up = wait_for_port(net, "server", net.server4, 8196)

    def client():
        seen = []
        for port in range(45001, 45005):
            try:
                s = dial(net.server4, 8196, (net.client4, port))
                time.sleep(0.05)
                seen.append([tried(s.send, b"load %d" % port), tried(s.recv, 100), tried(s.recv, 100)])
                s.close()
            except OSError as e:
                seen.append(e.strerror)
        return seen

    return {"listening": up, "client": net.at("client", client).result()}
