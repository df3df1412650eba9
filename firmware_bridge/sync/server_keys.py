"""The server's keys that this box trusts: pinned at its first sign-on, and followed from then on.

See `firmware_bridge.wire.messages.signature`. Once a box has pinned a key it takes no unsigned
answer any more: a server that seems to be older may be somebody else's.
"""

import json
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from firmware_bridge.wire.messages.signature import (
    answer_message,
    is_signed,
    read_issuers,
    write_issuers,
)

# The name of the keys among the journal's settings.
_KEYS: Final = "server_keys"
REFUSED: Final = (
    "the answer is not signed by the server that this box knows, and is not used: find out what is"
    " between the two; if the server has new keys, zone-bridge trust"
)


class _Settings(Protocol):
    """Where the keys are stored."""

    def setting(self, name: str) -> str | None: ...

    def save_setting(self, name: str, value: str) -> None: ...


class ServerKeys:
    """The pinned keys; `on_forged` is called for each answer that none of them has signed.

    They are read each time: another process may have changed them (`zone-bridge trust`).
    """

    def __init__(
        self, settings: _Settings, bridge: str, on_forged: Callable[[], None] = lambda: None
    ) -> None:
        self._settings, self._bridge, self._on_forged = settings, bridge, on_forged

    def pinned(self) -> Mapping[int, bytes]:
        """The public keys by issuer; empty before the first sign-on at a server that signs."""
        stored = self._settings.setting(_KEYS)
        return {} if stored is None else read_issuers(json.loads(stored))

    def pin(self, keys: Mapping[int, bytes]) -> None:
        """Trust these keys and no others; none: those of the next sign-on."""
        self._settings.save_setting(_KEYS, json.dumps(write_issuers(keys)))

    def accepts(self, nonce: str, exchange: bytes, signature: str | None) -> bool:
        """Whether an answer may be used: a pinned key has signed it, or none is pinned."""
        keys = self.pinned()
        good = not keys or is_signed(signature, self._message(nonce, exchange), keys)
        if not good:
            self._on_forged()
        return good

    def follow(
        self, named: Mapping[int, bytes], nonce: str, exchange: bytes, signature: str | None
    ) -> None:
        """Trust the keys that an accepted answer to a sign-on names, if one of them signed it."""
        signed = is_signed(signature, self._message(nonce, exchange), named)
        if signed and named != self.pinned():
            self.pin(named)

    def _message(self, nonce: str, exchange: bytes) -> bytes:
        return answer_message(self._bridge, nonce, exchange)
