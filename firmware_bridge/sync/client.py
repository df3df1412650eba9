"""The HTTP client of the bridge: JSON over a persistent connection, and sign-on."""

import email.utils
import http.client
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync.server_keys import REFUSED, ServerKeys
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.enrol import read_wire, sign_on_message
from firmware_bridge.wire.messages.signature import (
    NONCE_CHARS,
    NONCE_HEADER,
    SIGNATURE_HEADER,
    digest_exchange,
    read_issuers,
)
from firmware_bridge.wire.version import WIRE

API: Final = "/api/v1/bridge"
# An access token is renewed this many seconds before it expires.
EARLY_SECONDS: Final = 30.0
# An answer whose date is this far from the bridge's time, beyond the second that it is written in
# and the time that it took, is a reason to ask for the exact time: codes may be 10 s ahead.
OFF_SECONDS: Final = 2.0
# Not more often: the date may be that of a proxy whose clock is off.
OFF_PAUSE: Final = 60.0

# A call is cut off after this time. The timeout is for each step of it, and a server or a network
# that sends a byte now and then would hold a loop up for ever; the watchdog would end the bridge.
CALL_SECONDS: Final = 30.0
# An answer that is longer is none of the server's: a page of changes has less than a tenth of it.
LONGEST_ANSWER: Final = 50_000_000


class ServerError(Exception):
    """The server could not be reached or did not do what was requested; try again later."""


class RequestRefused(ServerError):  # noqa: N818 -- an answer of the server, not a fault
    """The server answered with `status`, from 400 to 499; 0 when nothing was asked."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `body` is the parsed JSON, None when it is empty.

    `date` is when it was written, UTC seconds rounded down; None where it does not say.
    `signature` is the server's, under `exchange` (see `wire.messages.signature`).
    """

    status: int
    body: Any
    date: float | None = None
    signature: str | None = None
    exchange: bytes = b""


class Channel:
    """One persistent connection, for one thread at a time.

    `timeout` is in seconds and applies to each step of a call.
    """

    def __init__(self, origin: str, timeout: float) -> None:
        parts = urlsplit(origin)
        self._sock: socket.socket | None = None
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._http: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.netloc, timeout=timeout, context=context
            )
        else:
            self._http = http.client.HTTPConnection(parts.netloc, timeout=timeout)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        token: str | None = None,
        nonce: str | None = None,
    ) -> Reply:
        """Send one request and return the answer, which is signed for the nonce.

        Raises:
            ServerError: no answer, or one that is not JSON.
        """
        reused = self._http.sock is not None
        cut = threading.Event()
        timer = threading.Timer(CALL_SECONDS, self._cut_off, (cut,))
        timer.daemon = True
        timer.start()
        try:
            reply = self._exchange(method, path, body, token, nonce)
            if cut.is_set():  # what was cut off may look whole
                raise TimeoutError
            return reply
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self.close()
            if not reused or cut.is_set() or isinstance(error, TimeoutError):
                why = "too slow" if cut.is_set() else str(error) or type(error).__name__
                raise ServerError(f"{method} {path}: {why}") from error
        finally:
            timer.cancel()
        # The server may have closed an idle connection: send the request once more on a new one.
        # That is safe because every call may arrive twice: entries are stored once, and only the
        # first use of an enrolment token succeeds.
        return self.call(method, path, body, token, nonce)

    def _cut_off(self, cut: threading.Event) -> None:
        cut.set()
        with suppress(OSError):
            if self._sock is not None:
                self._sock.shutdown(socket.SHUT_RDWR)

    def _exchange(
        self, method: str, path: str, body: object, token: str | None, nonce: str | None
    ) -> Reply:
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if nonce is not None:
            headers[NONCE_HEADER] = nonce
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, separators=(",", ":")).encode()
        self._http.request(method, API + path, data, headers)
        # `_http` forgets it while it reads an answer that ends with the connection.
        self._sock = self._http.sock
        response = self._http.getresponse()
        raw = response.read(LONGEST_ANSWER)
        if len(raw) == LONGEST_ANSWER:
            raise ValueError("the answer is too long")
        body = json.loads(raw) if raw else None
        return Reply(
            response.status,
            body,
            _date_of(response.getheader("Date")),
            response.getheader(SIGNATURE_HEADER),
            digest_exchange(method, API + path, data or b"", raw),
        )

    def close(self) -> None:
        self._http.close()


class KeyRing(Protocol):
    """The device keys to sign on with."""

    def candidates(self) -> Sequence[bytes]:
        """The keys to try, the most likely first."""

    def confirm(self, key: bytes) -> None:
        """Record that the server accepted `key`."""


class JournalKeys:
    """The device keys in the journal."""

    # Read from the journal each time: another process may be rotating them (`zone-bridge rotate`).

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def candidates(self) -> Sequence[bytes]:
        return self._journal.keys()

    def confirm(self, key: bytes) -> None:
        if key != self._journal.keys()[0]:
            self._journal.use_key(key)


class SingleKey:
    """One given device key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def candidates(self) -> Sequence[bytes]:
        return (self._key,)

    def confirm(self, key: bytes) -> None:
        """Do nothing: there is no other key."""


class SignOn:
    """The bridge's access token, shared by all loops and renewed before it expires.

    `on_wire` is called at each sign-on with the version of the messages that the server speaks,
    `on_revoked` where the server says that it has revoked this bridge.
    `keys` are those of the server; without them nothing is pinned, and every answer is taken.
    """

    def __init__(
        self,
        bridge: str,
        ring: KeyRing,
        clock: Clock,
        on_wire: Callable[[int], None] = lambda wire: None,
        keys: ServerKeys | None = None,
        on_revoked: Callable[[], None] = lambda: None,
    ) -> None:
        self._bridge, self._ring, self.clock, self._keys = bridge, ring, clock, keys
        self._on_wire, self._on_revoked = on_wire, on_revoked
        self._lock = threading.Lock()
        self._token: str | None = None
        self._renew_at = 0.0
        self._compared_at = float("-inf")

    def token(self, channel: Channel) -> str:
        """Return a valid token; sign on over `channel` when there is none.

        Raises:
            ServerError: the server does not answer, or does not know this bridge.
        """
        with self._lock:
            if self._token is None or self.clock.monotonic() >= self._renew_at:
                self._token = self._sign_on(channel)
            return self._token

    def compare_clock(self, reply: Reply, asked_at: float) -> None:
        """Sign on anew at the next call, which sets the clock, where an answer shows it to be off.

        `asked_at` is the monotonic time of the request.
        """
        if reply.date is None:
            return
        answered_at, now = self.clock.monotonic(), self.clock.now()
        earliest = now - (answered_at - asked_at) - 1 - OFF_SECONDS
        if earliest <= reply.date <= now + OFF_SECONDS:
            return
        with self._lock:
            if answered_at >= self._compared_at + OFF_PAUSE:
                self._compared_at = answered_at
                self._token = None

    def doubt_clock(self) -> None:
        """Sign on anew at the next call, which sets the clock: the phones say that it is off."""
        with self._lock:
            now = self.clock.monotonic()
            if now >= self._compared_at + OFF_PAUSE:
                self._compared_at = now
                self._token = None

    def discard(self, token: str) -> None:
        """Drop `token`, to which the server answered 401; the next call signs on again."""
        with self._lock:
            # Another loop may have signed on again meanwhile: keep its new token.
            if self._token == token:
                self._token = None

    def _sign_on(self, channel: Channel) -> str:
        refusal = RequestRefused("this box has no key")
        for key in self._ring.candidates():
            try:
                token = self._sign_on_with(key, channel)
            except RequestRefused as error:
                # An interrupted rotation leaves two keys, and the server may know only the other.
                refusal = error
            else:
                self._ring.confirm(key)
                return token
        raise refusal

    def _sign_on_with(self, key: bytes, channel: Channel) -> str:
        try:
            return self._prove(key, channel, {"wire": WIRE})
        except RequestRefused as error:
            if error.status not in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
                raise
        # An older server may refuse a field that it does not know. The challenge is used up.
        return self._prove(key, channel, {})

    def _prove(self, key: bytes, channel: Channel, version: Mapping[str, int]) -> str:
        reply = channel.call("POST", "/challenge", {"bridge": self._bridge})
        challenge = _text(_checked_body(reply), "challenge")
        message = sign_on_message(self._bridge, challenge)
        signature = Ed25519PrivateKey.from_private_bytes(key).sign(message).hex()
        asked_at = self.clock.monotonic()
        proof = {"bridge": self._bridge, "challenge": challenge, "signature": signature}
        nonce = _new_nonce()
        reply = channel.call("POST", "/sign-on", {**proof, **version}, nonce=nonce)
        body = _checked_body(reply)
        if isinstance(body, dict) and body.get("revoked") is True:
            if self.accepts(reply, nonce):
                self._on_revoked()
            raise RequestRefused("the server has revoked this bridge", HTTPStatus.FORBIDDEN)
        token, lifetime = _text(body, "access_token"), _seconds(body, "expires_in")
        server_time = _seconds(body, "server_time")
        # Not before half of the lifetime: a very short one would cause a sign-on at each call.
        self._renew_at = asked_at + max(lifetime - EARLY_SECONDS, lifetime / 2)
        # The token of another server does no harm, and with that of the right one it hears of the
        # alarm. All else that an answer says is used only where the server has signed it.
        if self.accepts(reply, nonce):
            self.clock.sync_from_server(server_time, asked_at)
            self._on_wire(read_wire(body))
            if self._keys is not None:
                named = read_issuers(body.get("issuers"))
                self._keys.follow(named, nonce, reply.exchange, reply.signature)
        return token

    def accepts(self, reply: Reply, nonce: str) -> bool:
        """Whether the server that this box knows has signed the answer."""
        return self._keys is None or self._keys.accepts(nonce, reply.exchange, reply.signature)


class Server:
    """Authenticated calls over one connection. Each loop has its own; they share the sign-on.

    `on_result` is called after each call with whether it succeeded.
    """

    def __init__(
        self, channel: Channel, sign_on: SignOn, on_result: Callable[[bool], None]
    ) -> None:
        self._channel, self._sign_on, self._on_result = channel, sign_on, on_result

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send one request and return the JSON of a 2xx answer.

        Raises:
            ServerError: no answer, another status, or another's signature.
        """
        try:
            answer = self._call_signed_on(method, path, body)
        except ServerError:
            self._on_result(False)
            raise
        self._on_result(True)
        return answer

    def _call_signed_on(self, method: str, path: str, body: object) -> Any:
        token = self._sign_on.token(self._channel)
        asked_at, nonce = self._sign_on.clock.monotonic(), _new_nonce()
        reply = self._channel.call(method, path, body, token, nonce)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            # The server does not know this token any more: sign on once more.
            self._sign_on.discard(token)
            token = self._sign_on.token(self._channel)
            reply = self._channel.call(method, path, body, token, nonce)
        self._sign_on.compare_clock(reply, asked_at)
        answer = _checked_body(reply)
        if not self._sign_on.accepts(reply, nonce):
            raise ServerError(f"{method} {path.partition('?')[0]}: {REFUSED}")
        return answer

    def close(self) -> None:
        self._channel.close()


def _new_nonce() -> str:
    return secrets.token_hex(NONCE_CHARS // 2)


def _date_of(header: str | None) -> float | None:
    """The time in a `Date` header (RFC 9110, 6.6.1), UTC seconds; None where there is none."""
    try:
        return email.utils.parsedate_to_datetime(header or "").timestamp()
    except (ValueError, OverflowError):
        return None


def _checked_body(reply: Reply) -> Any:
    """The body of a 2xx answer; raises ServerError for another status."""
    if not 200 <= reply.status < 300:
        code = reply.body.get("code", "") if isinstance(reply.body, dict) else ""
        text = f"the server answered {reply.status} {code}".rstrip()
        if 400 <= reply.status < 500:
            raise RequestRefused(text, reply.status)
        raise ServerError(text)
    return reply.body


def _text(body: object, name: str) -> str:
    try:
        return fields.text(fields.mapping(body, "answer"), name, longest=4096)
    except fields.MessageError as error:
        raise ServerError(str(error)) from error


def _seconds(body: object, name: str) -> float:
    """A number of seconds.

    JSON in Python also has NaN, Infinity and whole numbers of any length. As the time they would
    stop each door: no entry could be dated.
    """
    value = body.get(name) if isinstance(body, dict) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= fields.FAR:
        return float(value)
    raise ServerError(f"{name}: not a number of seconds")
