"""Sign-on: the bridge proves itself by its key, and gets a token for its calls and the time."""

import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync.channel import (
    Channel,
    Reply,
    RequestRefused,
    ServerError,
    checked_body,
    new_nonce,
)
from firmware_bridge.sync.server_keys import ServerKeys
from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.enrol import read_wire, sign_on_message
from firmware_bridge.wire.messages.signature import read_issuers
from firmware_bridge.wire.version import WIRE

# An access token is renewed this many seconds before it expires.
EARLY_SECONDS: Final = 30.0
# An answer whose date is this far from the bridge's time, beyond the second that it is written in
# and the time that it took, is a reason to ask for the exact time: codes may be 10 s ahead.
OFF_SECONDS: Final = 2.0
# Not more often: the date may be that of a proxy whose clock is off.
OFF_PAUSE: Final = 60.0


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
        challenge = _text(checked_body(reply), "challenge")
        message = sign_on_message(self._bridge, challenge)
        signature = Ed25519PrivateKey.from_private_bytes(key).sign(message).hex()
        asked_at = self.clock.monotonic()
        proof = {"bridge": self._bridge, "challenge": challenge, "signature": signature}
        nonce = new_nonce()
        reply = channel.call("POST", "/sign-on", {**proof, **version}, nonce=nonce)
        body = checked_body(reply)
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
