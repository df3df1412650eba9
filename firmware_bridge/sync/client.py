"""The server as the bridge sees it: JSON over a kept-alive connection, and a sign-on that renews itself."""

import http.client
import json
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Journal
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.enrol import sign_on_message

API: Final = "/api/v1/bridge"
# A token is renewed this long before it ends.
EARLY_SECONDS: Final = 30.0


class ServerError(Exception):
    """The server could not be asked, or did not do as asked; try again later."""


class Refused(ServerError):  # noqa: N818 -- an answer, not a fault
    """The server answered, and its answer was no."""


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is the parsed JSON."""

    status: int
    body: Any


class Channel:
    """One kept-alive connection. Used by one thread at a time. `timeout` in seconds, for each step of a call."""

    def __init__(self, origin: str, timeout: float) -> None:
        parts = urlsplit(origin)
        if parts.scheme == "https":
            context = ssl.create_default_context()
            self._http: http.client.HTTPConnection = http.client.HTTPSConnection(
                parts.netloc, timeout=timeout, context=context
            )
        else:
            self._http = http.client.HTTPConnection(parts.netloc, timeout=timeout)

    def call(self, method: str, path: str, body: object = None, token: str | None = None) -> Reply:
        """One request, sent again once when the server had closed the idle connection.

        Every call of a bridge may safely arrive twice: entries are stored once, and a one-time token has one winner.

        Raises:
            ServerError: no answer, or one that is not JSON.
        """
        kept = self._http.sock is not None
        try:
            return self._exchange(method, path, body, token)
        except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
            self.close()
            if not kept or isinstance(error, TimeoutError):
                raise ServerError(
                    f"{method} {path}: {str(error) or type(error).__name__}"
                ) from error
        return self.call(method, path, body, token)

    def _exchange(self, method: str, path: str, body: object, token: str | None) -> Reply:
        headers = {"Accept": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body, separators=(",", ":")).encode()
        self._http.request(method, API + path, data, headers)
        response = self._http.getresponse()
        raw = response.read()
        return Reply(response.status, json.loads(raw) if raw else None)

    def close(self) -> None:
        self._http.close()


class KeyRing(Protocol):
    """The device keys that may sign on."""

    def likeliest_first(self) -> Sequence[bytes]: ...

    def worked(self, key: bytes) -> None:
        """The server took this one."""


class Keys:
    """Those of this box, read anew each time: another process may be rotating them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def likeliest_first(self) -> Sequence[bytes]:
        return self._journal.keys()

    def worked(self, key: bytes) -> None:
        if key != self._journal.keys()[0]:
            self._journal.use_key(key)


class OneKey:
    """This one and no other."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def likeliest_first(self) -> Sequence[bytes]:
        return (self._key,)

    def worked(self, key: bytes) -> None:
        """Nothing to remember."""


class SignOn:
    """The bridge's access token, shared by all its loops and renewed in time."""

    def __init__(self, bridge: str, ring: KeyRing, clock: Clock) -> None:
        self._bridge, self._ring, self._clock = bridge, ring, clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._ends = 0.0

    def token(self, channel: Channel) -> str:
        """A token with time left; signs on over `channel` when there is none.

        Raises:
            ServerError: the server does not answer, or does not know this bridge (any more).
        """
        with self._lock:
            if self._token is None or self._clock.monotonic() >= self._ends:
                self._token = self._sign_on(channel)
            return self._token

    def refused(self, token: str) -> None:
        """The server answered 401 to `token`: the next call signs on again."""
        with self._lock:
            if self._token == token:
                self._token = None

    def _sign_on(self, channel: Channel) -> str:
        refusal = Refused("this box has no key")
        for key in self._ring.likeliest_first():
            try:
                token = self._sign_on_with(key, channel)
            except Refused as error:
                refusal = error  # cut off while rotating, perhaps: the other key may be the one
            else:
                self._ring.worked(key)
                return token
        raise refusal

    def _sign_on_with(self, key: bytes, channel: Channel) -> str:
        challenge = _text(
            _wanted(channel.call("POST", "/challenge", {"bridge": self._bridge})), "challenge"
        )
        signature = (
            Ed25519PrivateKey.from_private_bytes(key)
            .sign(sign_on_message(self._bridge, challenge))
            .hex()
        )
        asked_at = self._clock.monotonic()
        proof = {"bridge": self._bridge, "challenge": challenge, "signature": signature}
        body = _wanted(channel.call("POST", "/sign-on", proof))
        token, lasts = _text(body, "access_token"), _number(body, "expires_in")
        self._clock.hear(_number(body, "server_time"), asked_at)
        self._ends = asked_at + max(lasts - EARLY_SECONDS, lasts / 2)
        return token


class Server:
    """Signed-on calls over one connection. Each loop has its own; they share the sign-on and the news of the line.

    `heard` is told after each call whether the server answered at all.
    """

    def __init__(self, channel: Channel, sign_on: SignOn, heard: Callable[[bool], None]) -> None:
        self._channel, self._sign_on, self._heard = channel, sign_on, heard

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of a 2xx answer.

        Raises:
            ServerError: no answer, or another status.
        """
        try:
            answer = self._signed_on(method, path, body)
        except ServerError:
            self._heard(False)
            raise
        self._heard(True)
        return answer

    def _signed_on(self, method: str, path: str, body: object) -> Any:
        token = self._sign_on.token(self._channel)
        reply = self._channel.call(method, path, body, token)
        if reply.status == http.HTTPStatus.UNAUTHORIZED:
            self._sign_on.refused(token)
            reply = self._channel.call(method, path, body, self._sign_on.token(self._channel))
        return _wanted(reply)

    def close(self) -> None:
        self._channel.close()


def _wanted(reply: Reply) -> Any:
    if not 200 <= reply.status < 300:
        code = reply.body.get("code", "") if isinstance(reply.body, dict) else ""
        refused = Refused if 400 <= reply.status < 500 else ServerError
        raise refused(f"the server answered {reply.status} {code}".rstrip())
    return reply.body


def _text(body: object, name: str) -> str:
    try:
        return fields.text(fields.mapping(body, "answer"), name, longest=4096)
    except fields.MessageError as error:
        raise ServerError(str(error)) from error


def _number(body: object, name: str) -> float:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ServerError(f"{name}: not a number")
    return float(value)
