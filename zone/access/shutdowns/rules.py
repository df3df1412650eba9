"""Which state a door has, of all that asks for one. Pure."""

from collections.abc import Iterable
from typing import Final

KINDS: Final = ("lockdown", "blocked")
"""The kinds of a shutdown, the stronger one first."""
NORMAL: Final = "normal"
EVERY: Final = "all"
"""Named instead of a door or a campus: the doors of all campuses."""
LONGEST_REASON: Final = 500


def state_of(kinds: Iterable[str]) -> str:
    """Return the state of a door under open shutdowns of these kinds: a lockdown before a block."""
    asked = set(kinds)
    return next((kind for kind in KINDS if kind in asked), NORMAL)
