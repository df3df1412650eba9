"""Which grants contradict each other, or what was known then. Pure.

A box decides by what it knows. Without a network, or within the second that the server needs to
tell it, two boxes may let the same code in, or one lets in whose phone was removed meanwhile. That
is accepted at the door, and told to staff here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

KINDS: Final = ("code_twice", "person_twice", "two_campuses", "revoked", "suspended", "clock_ahead")
"""`code_twice`: one code opened two doors of an area, or at two campuses. `person_twice`: somebody
came into an area twice within the time that anti-passback forbids. `two_campuses`: a person was at
two campuses at once. `revoked`, `suspended`: the phone had been removed, or the person was
suspended. `clock_ahead`: the entry is dated after its arrival."""
REFUSING: Final = frozenset({"timed", "hard"})
"""The modes of anti-passback that refuse."""
TRAVEL: Final = timedelta(minutes=10)
"""The two nearest campuses of a service are further apart than this."""
TOLD: Final = timedelta(seconds=10)
"""A connected box hears of a removed phone or a suspension within 2 s; clocks differ by some."""
CLOCK: Final = timedelta(seconds=60)
"""By how much an entry may be dated after its arrival: a box compares its clock at each answer."""


@dataclass(frozen=True, slots=True)
class Passback:
    """The anti-passback of an area: its mode, and its time in seconds."""

    mode: str
    seconds: int


@dataclass(frozen=True, slots=True)
class DoorAdmission:
    """Somebody was let in: the entry, the code, the door, and when.

    `left_at`: when they had last left the area before that, by a reader on the way out.
    """

    entry: int
    kid: bytes
    ts: int
    door: int
    area: int
    campus: int
    bridge: int
    at: datetime
    passback: Passback
    left_at: datetime | None = None


def contradiction(one: DoorAdmission, other: DoorAdmission) -> str | None:
    """Return how two admissions of one person contradict each other, if they do."""
    apart = abs(one.at - other.at)
    same_code = (one.kid, one.ts) == (other.kid, other.ts) and one.door != other.door
    # One code may open the outer and the inner door on the way in: they lead to two areas.
    if same_code and (one.area == other.area or one.campus != other.campus):
        return "code_twice"
    if (
        one.area == other.area
        and one.bridge != other.bridge
        and one.passback.mode in REFUSING
        and apart < timedelta(seconds=one.passback.seconds)
        and not (one.passback.mode == "hard" and _left_between(one, other))
    ):
        return "person_twice"
    return "two_campuses" if one.campus != other.campus and apart < TRAVEL else None


def _left_between(one: DoorAdmission, other: DoorAdmission) -> bool:
    earlier, later = sorted((one, other), key=lambda admission: admission.at)
    return later.left_at is not None and later.left_at >= earlier.at
