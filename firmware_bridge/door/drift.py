"""What the codes of many phones say of the bridge's clock. Pure.

Theory of operation. A phone signs its own time, which it has from its network. One phone may be
wrong; when several phones that the door knows are all off to the same side, and by about as much,
then it is the bridge that is off. That is a reason to ask the server for the time, and to say so in
the log; the clock is never set by codes, because who has old codes of some phones could turn it
back.
"""

from typing import Final

PHONES: Final = 3
"""How many different keys have to agree."""
WITHIN: Final = 600.0
"""Codes of so many seconds are compared."""
SPREAD: Final = 60.0
"""Phones that agree differ by no more: a code is shown for 10 s and accepted for 30."""


class Drift:
    """The codes of known keys that were refused for their time. Times are monotonic seconds."""

    def __init__(self) -> None:
        self._seen: dict[bytes, tuple[float, float]] = {}

    def note(self, kid: bytes, ahead: float, at: float) -> float | None:
        """Note by how many seconds a code was ahead of the clock; return by how many all agree.

        None: they do not, or are too few.
        """
        self._seen = {
            known: seen for known, seen in self._seen.items() if at - seen[0] <= WITHIN
        } | {kid: (at, ahead)}
        offsets = sorted(offset for _, offset in self._seen.values())
        agree = len(offsets) >= PHONES and offsets[-1] - offsets[0] <= SPREAD
        return offsets[len(offsets) // 2] if agree else None
