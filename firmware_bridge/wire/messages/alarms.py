"""Active alarms of a bridge, as a query parameter: `disk_full,reader_lost:<door>`.

Every request for changes carries the full list. The server opens an alarm when it first appears in
the list and clears it when it is missing, so a lost request loses no alarm.
"""

import re
from collections.abc import Iterable
from typing import Final

# A word of another version: the bridge does not know one of the server's, or the server one of the
# bridge's.
UNKNOWN_WORD: Final = "unknown_word"
# Most entries that wait for the server are lost when the disk is full: an alarm comes before.
JOURNAL_FILLING: Final = "journal_filling"
# The port of a reader is gone.
READER_LOST: Final = "reader_lost"
# A reader sends what is no code, more often than its rows allow: a wrong setting, or mischief.
UNREADABLE: Final = "unreadable"
# The board of a door's strike does not answer, or does not confirm.
RELAY_FAULT: Final = "relay_fault"
# The board of a door's contact or exit button does not answer, or has no such input: the door opens
# all the same.
INPUT_FAULT: Final = "input_fault"
# A door stands open for too long.
HELD_OPEN: Final = "held_open"
# The fire alarm panel of the building says that there is a fire.
FIRE: Final = "fire"
# The first five concern the bridge, the next five one door, the last one either.
KINDS: Final = (
    "disk_full",
    "clock_unset",
    "journal_chain",
    JOURNAL_FILLING,
    FIRE,
    RELAY_FAULT,
    INPUT_FAULT,
    READER_LOST,
    UNREADABLE,
    HELD_OPEN,
    UNKNOWN_WORD,
)
# A server of the first version refuses the whole request for another character.
_PART: Final = re.compile(r"([a-z_0-9]+)(?::([a-z_0-9-]{1,36}))?")

# (kind, door): the door's UUID, or "" for an alarm of the bridge itself.
Alarm = tuple[str, str]


def format_alarms(alarms: Iterable[Alarm]) -> str:
    """Format alarms as one text, sorted, so that equal sets give equal texts.

    An alarm of a door whose id is no UUID becomes one of the bridge.
    """
    parts = {
        f"{kind}:{door}" if _PART.fullmatch(f"{kind}:{door}") else kind for kind, door in alarms
    }
    return ",".join(sorted(parts))


def parse_alarms(text: str) -> set[Alarm]:
    """Parse the text of `format_alarms`.

    A kind that only a newer bridge knows is an unknown word. What is no alarm at all is left out.
    """
    parts = filter(None, map(_PART.fullmatch, text.split(",")))
    return {
        (kind if kind in KINDS else UNKNOWN_WORD, door or "")
        for kind, door in (part.groups() for part in parts)
    }
