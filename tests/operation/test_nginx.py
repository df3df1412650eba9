"""The operators' nginx.conf: it serves its own name only; its log holds no query and no key."""

import http.client
import re
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from flask import Flask

from tests.world.certificates import authority_and_server
from tests.world.spread import AROUND, NGINX_CONF
from zone.demo.machine.processes import Process, environment, free_port

pytestmark = [pytest.mark.slow, pytest.mark.system("nginx")]
NAME = "zone.example.org"
AS_DEBIAN = "gzip on; gzip_min_length 1;\n"
"""What Debian's nginx.conf says around a site; the length lets it compress our short bodies."""


class Answering(BaseHTTPRequestHandler):
    """Stands for Zone: answers with the host that it is asked for."""

    def do_GET(self) -> None:
        body = f"{self.headers['Host']} {self.headers['X-Forwarded-Host']}".encode()
        self.send_response(self.status())
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def status(self) -> int:
        return 200

    def log_message(self, *_: object) -> None:
        """Write nothing."""


class NotUpdated(Answering):
    """Stands for a machine that does not have the static files of the new version yet."""

    def status(self) -> int:
        return 404 if self.path.startswith("/static/") else 200


@dataclass(frozen=True, slots=True)
class Front:
    """A running nginx with the operators' file; only ports and paths are ours."""

    plain: int
    tls: int
    folder: Path

    def log(self) -> str:
        return (self.folder / "zone.log").read_text()


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    with opened(tmp_path_factory.mktemp("nginx"), Answering, NotUpdated) as front:
        yield front


@contextmanager
def opened(folder: Path, *kinds: type[Answering] | None) -> Iterator[Front]:
    """Start nginx in front of machines of these kinds; None: one that is down."""
    _, certificate, key = authority_and_server(folder)
    front = Front(free_port(), free_port(), folder)
    with ExitStack() as stack:
        machines = ""
        for kind in kinds:
            if kind is None:
                machines += f"server 127.0.0.1:{free_port()} max_fails=3 fail_timeout=2s;\n"
                continue
            zone = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), kind))
            threading.Thread(target=zone.serve_forever, daemon=True).start()
            stack.callback(zone.shutdown)
            machines += f"server 127.0.0.1:{zone.server_address[1]} max_fails=3 fail_timeout=2s;\n"
        text = NGINX_CONF.read_text()
        for old, new in (
            ("listen 80", f"listen 127.0.0.1:{front.plain}"),
            ("listen 443", f"listen 127.0.0.1:{front.tls}"),
            ("listen [::]:80", f"listen [::1]:{front.plain}"),
            ("listen [::]:443", f"listen [::1]:{front.tls}"),
            ("server 127.0.0.1:8000 max_fails=3 fail_timeout=2s;", machines),
            ("/var/log/nginx", str(folder)),
            (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(certificate)),
            (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(key)),
        ):
            text = text.replace(old, new)
        config = folder / "nginx.conf"
        config.write_text(AROUND.format(folder=folder, site=AS_DEBIAN + text))
        nginx = Process(
            "nginx",
            ["nginx", "-c", str(config), "-e", str(folder / "error.log")],
            log=folder / "log",
            env=environment({}),
        )
        stack.callback(nginx.stop)
        nginx.await_ready(lambda: _is_open(front.tls), 20)
        yield front


def _is_open(port: int, host: str = "127.0.0.1", family: int = socket.AF_INET) -> bool:
    with socket.socket(family) as probe:
        return probe.connect_ex((host, port)) == 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, Location header and body."""

    status: int
    location: str | None
    body: str


def get(front: Front, path: str, *, host: str = NAME, sni: str = NAME) -> Answer:
    """Send a request by TLS with a server name and a Host of one's own."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPConnection("127.0.0.1", front.tls)
    with (
        closing(connection),
        socket.create_connection(("127.0.0.1", front.tls), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=sni) as secured,
    ):
        connection.sock = secured
        return sent(connection, path, host)


def get_plainly(front: Front, path: str, *, host: str, to: str = "127.0.0.1") -> Answer:
    """Send a request without TLS."""
    connection = http.client.HTTPConnection(to, front.plain, timeout=10)
    with closing(connection):
        return sent(connection, path, host)


def sent(connection: http.client.HTTPConnection, path: str, host: str) -> Answer:
    headers = {"Host": host, "Referer": f"https://{NAME}/?secret", "Accept-Encoding": "gzip"}
    connection.request("GET", path, headers=headers)
    with connection.getresponse() as answer:
        body = answer.read().decode("ascii", "replace")
        return Answer(answer.status, answer.headers["Location"], body)


def test_its_own_name_is_served_as_it_answers(front: Front) -> None:
    """Also uncompressed, where Zone has left it so."""
    assert get(front, "/sign-in") == Answer(200, None, f"{NAME} {NAME}")


def test_it_listens_on_ipv6_too(front: Front) -> None:
    assert get_plainly(front, "/", host=NAME, to="::1").status == 301
    assert _is_open(front.tls, "::1", socket.AF_INET6)


def test_any_other_name_is_closed(front: Front) -> None:
    with pytest.raises(ssl.SSLError):
        get(front, "/", sni="other.example.org")
    with pytest.raises(http.client.RemoteDisconnected):
        get(front, "/", host="other.example.org")
    with pytest.raises(http.client.RemoteDisconnected):
        get_plainly(front, "/", host="192.0.2.1")


def test_without_tls_its_name_leads_to_https(front: Front) -> None:
    answer = get_plainly(front, "/classes?day=1", host=NAME)
    assert (answer.status, answer.location) == (301, f"https://{NAME}/classes?day=1")


def test_a_static_file_comes_from_the_machine_that_has_it(front: Front) -> None:
    answers = [get(front, "/static/0123456789ab/zone.css").status for _ in range(6)]
    assert answers == [200] * 6


def test_a_static_file_is_found_while_another_machine_restarts(tmp_path: Path) -> None:
    with opened(tmp_path, Answering, NotUpdated, None) as front:
        answers = [get(front, "/static/0123456789ab/zone.css").status for _ in range(6)]
    assert answers == [200] * 6


def newest_line_about(front: Front, path: str) -> str:
    """Return the newest line of the log that names the path; nginx writes it after its answer."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if found := [line for line in front.log().splitlines() if path in line]:
            return found[-1]
        time.sleep(0.02)
    raise AssertionError(f"no line about {path}")


def check_the_log_holds_no_query(front: Front) -> None:
    """Check that the log names the path of a request and nothing that was typed."""
    assert get(front, "/sign-in?next=secret").status == 200
    line = newest_line_about(front, "/sign-in")
    assert re.fullmatch(r'127\.0\.0\.1 \[\S+\] "GET /sign-in" 200 \d+ [\d.]+ \S+ 200', line), line


def test_the_log_holds_no_query_strings(front: Front) -> None:
    check_the_log_holds_no_query(front)
    assert "secret" not in front.log()


def keyed_paths(app: Flask) -> list[str]:
    """Return an address of each page whose path holds a key, up to the key."""
    rules = {one.rule for one in app.url_map.iter_rules() if "key" in one.arguments}
    known = [re.sub("<uuid:[^>]+>", str(uuid.uuid4()), rule) for rule in sorted(rules)]
    return [path.removesuffix("<key>") for path in known]


def test_the_log_holds_no_key_of_a_link(front: Front, app: Flask) -> None:
    """Whoever reads it could take, decline or give up a place of somebody else."""
    assert keyed_paths(app)
    for path in keyed_paths(app):
        get(front, f"{path}s3cr3t")
        assert f'"GET {path}-" 200 ' in newest_line_about(front, path)
    for path in keyed_paths(app):
        get(front, f"/{path}s3cr3t/")  # the same address, otherwise written
        assert f'"GET {path}-" 200 ' in newest_line_about(front, path)
    for path in keyed_paths(app):
        get_plainly(front, f"{path}s3cr3t", host=NAME)
        assert f'"GET {path}-" 301 ' in newest_line_about(front, path)
    assert "s3cr3t" not in front.log()


def test_a_machine_that_is_down_leaves_no_query_string_in_any_log(tmp_path: Path) -> None:
    with opened(tmp_path, Answering, None) as front:
        for number in range(4):
            assert get(front, f"/sign-in/{number}?next=secret").status == 200
        assert newest_line_about(front, "/sign-in/3")
        logs = "".join(path.read_text() for path in tmp_path.glob("*.log"))
        assert "secret" not in logs, "neither this address nor that of the page before"
        assert " 502, 200" in front.log(), "which machine did not answer stays known"
