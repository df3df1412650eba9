"""Active alarms of a bridge, as a query parameter: `disk_full,reader_lost:<door>`.

Every request for changes carries the full list. The server opens an alarm when it first appears in
the list and clears it when it is missing, so a lost request loses no alarm.
"""

from collections.abc import Iterable
from typing import Final

# The first three concern the bridge, the last two one door.
KINDS: Final = ("disk_full", "clock_unset", "journal_chain", "relay_fault", "reader_lost")

# (kind, door): the door's UUID, or "" for an alarm of the bridge itself.
Alarm = tuple[str, str]


def format_alarms(alarms: Iterable[Alarm]) -> str:
    """Format alarms as one text, sorted, so that equal sets give equal texts."""
    return ",".join(f"{kind}:{door}" if door else kind for kind, door in sorted(alarms))


def parse_alarms(text: str) -> set[Alarm]:
    """Parse the text of `format_alarms`."""
    pairs = (part.partition(":") for part in text.split(","))
    # A newer bridge may send kinds that this version does not know: skip them.
    return {(kind, door) for kind, _, door in pairs if kind in KINDS}
