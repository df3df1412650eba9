"""Who came in through the doors of other boxes of the same areas, as the server passes it on.

In memory alone: after a restart the server sends again what still matters. Nothing waits for it; a
person who shows a code at two boxes within a second gets in twice, and staff are told.
"""

import threading
from collections.abc import Iterable
from typing import Final

from firmware_bridge.store.presence import KEEP_SECONDS, TIDY_EVERY, Movement, Presence
from firmware_bridge.wire.messages.changes import SharedGrant

_OUT: Final = "/out"


def area_of_code(area: str, *, leaving: bool) -> str:
    """The name under which a code is used up in an area: who came in leaves by the same code."""
    return f"{area}{_OUT}" if leaving else area


def area_of(name: str) -> str:
    """The area of a name of `area_of_code`."""
    return name.removesuffix(_OUT)


class Elsewhere:
    """Grants of other boxes, of which it tells `presence`. Safe to use from any thread."""

    def __init__(self, presence: Presence | None = None) -> None:
        self.presence = presence or Presence()
        self._lock = threading.Lock()
        # Where to go on at the server; None: it has not been asked yet.
        self.after: int | None = None
        self._codes: dict[tuple[bytes, int, str], float] = {}
        self._people: dict[tuple[int, str], float] = {}
        self._untidied = 0

    def apply(self, grants: Iterable[SharedGrant], seen: int | None, now: float) -> None:
        """Take what the server sent up to `seen`; the same grant twice changes nothing."""
        with self._lock:
            for grant in grants:
                self.presence.passed(
                    Movement(grant.area, grant.holder, float(grant.at), grant.leaving)
                )
                area = area_of_code(grant.area, leaving=grant.leaving)
                self._codes[grant.kid, grant.ts, area] = grant.at
                person = grant.holder, area
                self._people[person] = max(grant.at, self._people.get(person, grant.at))
                self._untidied += 1
            if self._untidied >= TIDY_EVERY:
                self._tidy(now - KEEP_SECONDS)
            if seen is not None:
                self.after = seen

    def find(self, kid: bytes, ts: int, area: str, holder: int | None) -> tuple[bool, float | None]:
        """Whether a code has opened this area, and when its holder last came in (UTC seconds).

        `area` is that of `area_of_code`; for the way out it is about who has left.
        """
        with self._lock:
            last = None if holder is None else self._people.get((holder, area))
            return (kid, ts, area) in self._codes, last

    def _tidy(self, since: float) -> None:
        self._codes = {code: at for code, at in self._codes.items() if at >= since}
        self._people = {person: at for person, at in self._people.items() if at >= since}
        self._untidied = 0
