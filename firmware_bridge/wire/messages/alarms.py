"""What a bridge says is wrong with it, told anew with each question for changes: `disk_full,reader_lost:<door>`.

The server opens an alarm when it first hears of it and ends it when it is no longer told, so nothing is lost when a
message is.
"""

from collections.abc import Iterable
from typing import Final

KINDS: Final = ("disk_full", "clock_unset", "journal_chain", "relay_fault", "reader_lost")
"""The last two are those of a door."""

Alarm = tuple[str, str]
"""(kind, door): the door's UUID, or "" where it is the box's own."""


def told(alarms: Iterable[Alarm]) -> str:
    """The alarms in one text, the same for the same alarms."""
    return ",".join(f"{kind}:{door}" if door else kind for kind, door in sorted(alarms))


def heard(text: str) -> set[Alarm]:
    """The alarms of a text; kinds that this version does not know are left out."""
    pairs = (part.partition(":") for part in text.split(","))
    return {(kind, door) for kind, _, door in pairs if kind in KINDS}
