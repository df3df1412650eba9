"""A push service on a loopback port, and the browsers that subscribe there.

It is what a browser's maker runs: it checks who sends by the library `py-vapid`, and each browser
opens what it gets by `http-ece`. The product uses neither. Only the tests may reach a loopback
address, by a `Reach` of their own.
"""

import json
import os
import secrets
import ssl
import time
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Final

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02
from sqlalchemy import select

from tests.world.certificates import authority_and_server
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.mail.questions import declare_question
from zone.members.push import service as push
from zone.members.push.encryption import encoded
from zone.members.push.models import PushMessage, PushSubscription
from zone.members.push.providers.push_service import Reach
from zone.members.push.rules import payload_of
from zone.members.push.service import NewSubscription
from zone.members.push.vapid import base64url
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.queries import actor_of_token

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class PushBrowser:
    """A browser that has subscribed: its address, its key pair and its secret."""

    endpoint: str
    server_key: str
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def point(self) -> bytes:
        return encoded(self.key.public_key())

    def subscription(self) -> NewSubscription:
        """Return what it tells the server."""
        return NewSubscription(self.endpoint, self.point, self.secret, self.server_key)

    def as_json(self) -> dict[str, str]:
        """Return the same as the API takes it."""
        point, secret = base64url(self.point), base64url(self.secret)
        return {
            "endpoint": self.endpoint,
            "p256dh": point,
            "auth": secret,
            "server_key": self.server_key,
        }

    def opened(self, body: bytes) -> dict[str, Any]:
        """Open a message that was sealed for it."""
        text = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret)
        shown: dict[str, Any] = json.loads(text)
        return shown


@dataclass(frozen=True, slots=True)
class Received:
    """A message that the service took: which browser shows what, and for how long it is kept."""

    browser: PushBrowser
    shown: dict[str, Any]
    ttl: int
    topic: str


class PushService:
    """What arrived, in order. `answers` come before the usual 201: a status and headers."""

    def __init__(self, url: str, authority: Path) -> None:
        self.url, self.authority = url, authority
        self.browsers: dict[str, PushBrowser] = {}
        self.received: list[Received] = []
        self.faults: list[str] = []
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.asked = 0
        self.before_answer: Callable[[], None] = lambda: None
        self._lock = Lock()

    def a_browser(self, server_key: str) -> PushBrowser:
        """Subscribe a browser, as its maker's service does for it."""
        path = f"/send/{secrets.token_urlsafe(12)}"
        browser = self.browsers[path] = PushBrowser(self.url + path, server_key)
        return browser

    def reach(self) -> Reach:
        """Return what lets the product send here."""
        tls = ssl.create_default_context(cafile=str(self.authority))
        return Reach(allowed=lambda address: address.is_loopback, tls=lambda: tls)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """Take a message as the RFCs ask for it, and return the answer."""
        self.before_answer()
        with self._lock:
            self.asked += 1
            if self.answers:
                return self.answers.pop(0)
            browser = self.browsers[path]
            self._check(browser, headers, body)
            ttl, topic = int(headers["ttl"]), headers["topic"]
            self.received.append(Received(browser, browser.opened(body), ttl, topic))
            return 201, {"Location": f"{self.url}/message/1"}

    def _check(self, browser: PushBrowser, headers: dict[str, str], body: bytes) -> None:
        scheme, token, key = headers["authorization"].replace(",", " ").split()
        token, key = token.removeprefix("t="), key.removeprefix("k=")
        assert scheme == "vapid"
        assert key == browser.server_key, "403: not the key that the browser subscribed for"
        assert Vapid02.verify(headers["authorization"]), "the signature"
        claims = json.loads(_part(token.split(".")[1]))
        now = time.time()  # noqa: TID251 -- as the real one, which knows no clock of ours
        assert claims["aud"] == self.url
        assert now < claims["exp"] < now + DAY_SECONDS
        assert claims["sub"].startswith("mailto:")
        assert "@" in claims["sub"]
        assert headers["content-encoding"] == "aes128gcm"
        assert headers["urgency"] == "high"
        assert 0 < len(headers["topic"]) <= 32
        assert len(body) <= 4096


def _part(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextmanager
def push_service(folder: Path) -> Iterator[PushService]:
    """Run the service in a thread; at its end a message that is not as it must be fails."""
    authority, certificate, key = authority_and_server(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    service = PushService(f"https://127.0.0.1:{server.server_port}", authority)
    server.RequestHandlerClass = _handler(service)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert service.faults == []


def _handler(service: PushService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            try:
                status, answer = service.take(self.path, headers, body)
            except Exception as error:  # noqa: BLE001 -- told at the end, in the test's own thread
                service.faults.append(repr(error))
                status, answer = 403, {}
            self.send_response(status)
            for name, value in answer.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- http.server's
            """Print nothing."""

    return Handler


def a_signed_in_actor(member_id: int, now: datetime, user_agent: str = "") -> tuple[Actor, str]:
    """Sign a person in in one more browser; return them as that browser's, and its token."""
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=now, user_agent=user_agent)
    with reading() as session:
        actor = actor_of_token(session, token, now)
    assert actor is not None
    return actor, token


def posted(
    member_id: int,
    now: datetime,
    *,
    minutes: int = 30,
    begins: datetime | None = None,
    title: str = "A place for you",
) -> int:
    """Post a notification that lasts so long, in a transaction of its own; return for how many."""
    topic = uuid.uuid4().hex
    with writing() as session:
        return push.post(
            session,
            member_id=member_id,
            payload=payload_of(title, "Yoga", path="/bookings", topic=topic, language="en"),
            topic=topic,
            now=now,
            not_before=begins or now,
            not_after=now + timedelta(minutes=minutes),
            asked=ALWAYS.about(""),
        )


def messages() -> Sequence[PushMessage]:
    """Return every message, in order."""
    with reading() as session:
        return session.scalars(select(PushMessage).order_by(PushMessage.id)).all()


def subscriptions() -> Sequence[PushSubscription]:
    """Return every subscription, in order."""
    with reading() as session:
        return session.scalars(select(PushSubscription).order_by(PushSubscription.id)).all()


ALWAYS: Final = declare_question("test.always", lambda *_: True)
"""What holds whenever it is asked."""
