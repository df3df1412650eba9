"""The scopes of API tokens and the roles that carry them. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

PREFIX: Final = "zt_"
"""Tells our tokens from a bridge's, and lets a scanner of public code find one that was published by mistake."""

LONGEST_LIFE: Final = timedelta(days=366)

EVERYBODY: Final[frozenset[str]] = frozenset()
SCOPES: Final[dict[str, frozenset[str]]] = {
    "timetable:read": EVERYBODY,
    "timetable:write": frozenset({"instructor", "manager", "admin"}),
    "bookings:read": EVERYBODY,
    "bookings:write": EVERYBODY,
    "passes:read": EVERYBODY,
    "people:read": frozenset({"desk", "manager", "admin"}),
    "people:write": frozenset({"desk", "manager", "admin"}),
    "attendance:read": frozenset({"instructor", "desk", "manager", "admin"}),
    "doors:read": frozenset({"manager", "admin"}),
    "doors:write": frozenset({"manager", "admin"}),
    "figures:read": frozenset({"manager", "admin"}),
    "operation:read": frozenset({"manager", "admin"}),
}
"""Each scope and the service roles that carry it; everybody carries the first ones, for themselves."""


def carried(scopes: Iterable[str], roles: frozenset[str]) -> frozenset[str]:
    """Those of `scopes` that a person with these roles may hand to a token."""
    return frozenset(name for name in scopes if name in SCOPES and (not SCOPES[name] or SCOPES[name] & roles))
