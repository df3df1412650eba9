"""What a box keeps about itself beside its entries: who it is, its keys, and single values.

The identity is stored in the journal's database because seqs belong to it: a bridge that has lost
its journal must enrol again, or it would send new entries under seqs that the server already has.
"""

import sqlite3
import threading
from dataclasses import dataclass
from typing import Any

from firmware_bridge.store.database import transaction


@dataclass(frozen=True, slots=True)
class Identity:
    """The bridge's UUID at the server, and its Ed25519 device key (32 bytes)."""

    bridge: str
    private_key: bytes


class BoxSettings:
    """Values by name in the table `meta` of a database; from any thread."""

    _db: sqlite3.Connection
    _lock: threading.Lock

    def identity(self) -> Identity | None:
        """The identity of this bridge; None before enrolment."""
        bridge, key = self.setting("bridge"), self.setting("private_key")
        return None if None in (bridge, key) else Identity(bridge, key)

    def save_identity(self, identity: Identity) -> None:
        """Store the identity that the server gave at enrolment."""
        with self._lock, transaction(self._db):
            self._set_meta("bridge", identity.bridge)
            self._set_meta("private_key", identity.private_key)

    def server(self) -> str | None:
        """The origin of the server at which the box was enrolled by its QR code."""
        server: str | None = self.setting("server")
        return server

    def save_server(self, server: str) -> None:
        """Store the origin of the server that enrols the box."""
        self.save_setting("server", server)

    def setting(self, name: str) -> Any:
        """What is stored under this name; None: nothing."""
        with self._lock:
            return self._meta(name, None)

    def save_setting(self, name: str, value: str | bytes) -> None:
        """Store something under this name."""
        with self._lock, transaction(self._db):
            self._set_meta(name, value)

    def keys(self) -> tuple[bytes, ...]:
        """The device key in use, then the spare key, if any."""
        both = self.setting("private_key"), self.setting("key_beside")
        return tuple(key for key in both if key is not None)

    def save_spare_key(self, key: bytes) -> None:
        """Store a second device key, not yet in use."""
        self.save_setting("key_beside", key)

    def use_key(self, key: bytes) -> None:
        """Make `key` the one in use; the one used before becomes the spare key."""
        with self._lock, transaction(self._db):
            used = self._meta("private_key", None)
            if used != key:
                self._set_meta("private_key", key)
                self._set_meta("key_beside", used)

    def _meta(self, name: str, default: Any) -> Any:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return default if row is None else row[0]

    def _set_meta(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
