"""What a session is, and how many of its places can be booked. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

KINDS: Final = (
    "class",
    "course",
    "low_threshold",
    "online",
    "ball_turn",
    "club_turn",
    "event",
    "own_use",
)
"""What a session can be. `own_use` is a space that a person booked."""

GUIDED: Final = frozenset({"class", "course", "low_threshold", "online"})
"""Guided exercise; an online session only when it is live. Source: the definition of target B."""

ARRIVE_BEFORE: Final = timedelta(minutes=30)
ARRIVE_AFTER: Final = timedelta(minutes=15)
"""An entry from 30 min before the start to 15 min after it is one for the session."""


def bookable_places(capacity: int, kind: str, percent: int) -> int:
    """How many of the places can be booked, rounded down, so that those who drop in never have less than their share.

    At least one can be booked; a space for own use is booked as a whole.
    """
    return capacity if kind == "own_use" else max(1, capacity * percent // 100)


def fewest_places(booked: int, percent: int) -> int:
    """How many places a session needs at least so that `booked` of them can be booked; the reverse of the above."""
    return -(-booked * 100 // percent)


def right_for(kind: str) -> str:
    """The right that a kind of session needs."""
    return "court" if kind == "own_use" else "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDetails:
    """What a session is, wherever it falls; online has no space. Without `bookable_percent` the policy's holds."""

    kind: str
    name_fi: str
    name_sv: str
    name_en: str
    category: str
    space_id: int | None
    capacity: int
    instructor_id: int | None = None
    live: bool = True
    bookable_percent: int | None = None
