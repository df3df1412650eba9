"""States of a door. Pure."""

from typing import Final

SHUT: Final = frozenset({"blocked", "lockdown"})
HELD_OPEN: Final = frozenset({"released", "released_once", "emergency"})
"""States in which a strike would be held open. Ours is always a pulse that the relay times, so that a crash never
leaves a door open."""
