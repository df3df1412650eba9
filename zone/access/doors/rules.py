"""States of a door. Pure."""

from typing import Final

SHUT: Final = frozenset({"blocked", "lockdown"})

# In these states the strike would be held open. The strike is always a pulse that the relay times,
# so that a crash of the bridge cannot leave a door open; hence staff cannot set them.
HELD_OPEN: Final = frozenset({"released", "released_once", "emergency"})
