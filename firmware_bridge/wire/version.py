"""The version of the messages between bridge and server, and the version that brought each word.

A bridge and its server are updated apart. Three rules let either be the older one:

1. A bridge says at sign-on which version it speaks; one that says none speaks the first. The server
   sends it only words of that version, and the safe side of a newer word.
2. Whoever receives an unknown word, or a field out of range, takes its safe side for that one door
   or person, raises the alarm `unknown_word`, and applies all the rest.
3. An unknown field is ignored. A field that restricts somebody therefore needs a new version, and
   the server leaves out for older bridges what they would grant by mistake.

The safe side refuses everybody whom the word could exclude, and never holds a door open: an unknown
door state is `blocked`, an unknown anti-passback mode is `hard`.
"""

from collections.abc import Mapping
from typing import Final

# Increase it with each new word or field, and add tests/firmware_bridge/wire/golden/v<number>.
WIRE: Final = 8
# The version from which a granted scan carries its signed code.
CODE_WIRE: Final = 3
# The version from which a door may be released by a schedule.
RELEASE_WIRE: Final = 5
# The version from which the server passes on who came in by another box.
GRANTS_WIRE: Final = 5
# The version from which the server signs its answers, and names its keys at sign-on.
SIGNED_WIRE: Final = 5
# The version from which the server says which entry it has last, and its hash.
STORED_WIRE: Final = 5
# The version from which an area may have a limit of people.
LIMIT_WIRE: Final = 5
# The version from which a door has its own times of being held open.
HELD_WIRE: Final = 6
# The version from which a revoked bridge is told so, and forgets whom it lets in.
REVOKED_WIRE: Final = 6
# The version from which a door knows when a pass is paused, and says so.
PAUSE_WIRE: Final = 7
# The version from which a door knows of the limits of a pass, and says so.
LIMITS_WIRE: Final = 8
# The version of a bridge that names none at sign-on.
FIRST_WIRE: Final = 1

# Word → the first version that has it.
DOOR_STATES: Final[Mapping[str, int]] = {
    "normal": 1,
    "released_once": 1,
    "released": 1,
    "blocked": 1,
    "lockdown": 1,
    "emergency": 1,
}
# Which way a door's reader leads.
DIRECTIONS: Final[Mapping[str, int]] = {"in": 1, "out": 5}
# To bridges of before `timed`, `hard` means what it says: refused within its time.
PASSBACK_MODES: Final[Mapping[str, int]] = {"off": 1, "soft": 1, "timed": 5, "hard": 1}
COMMAND_KINDS: Final[Mapping[str, int]] = {"open_once": 1}

SAFE_STATE: Final = "blocked"
SAFE_PASSBACK: Final = "hard"


def is_known(words: Mapping[str, int], word: str, wire: int) -> bool:
    """Whether version `wire` has the word."""
    return word in words and words[word] <= wire


def state_for(state: str, wire: int) -> str:
    """A door's state in a word of version `wire`."""
    return state if is_known(DOOR_STATES, state, wire) else SAFE_STATE


def passback_for(mode: str, wire: int) -> str:
    """An anti-passback mode in a word of version `wire`."""
    return mode if is_known(PASSBACK_MODES, mode, wire) else SAFE_PASSBACK


def knows_limit(limit: int | None, wire: int) -> bool:
    """Whether version `wire` can say how many people may be inside."""
    return limit is None or wire >= LIMIT_WIRE
