"""Which entries begin a visit. Pure."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

SAME_VISIT: Final = timedelta(seconds=60)
"""Coming in again within this time of the last coming in is the same visit: the door fell shut, the code turned."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A granted entry through which one person came into one area."""

    entry_id: int
    uuid: uuid.UUID
    occurred_at: datetime


def first_arrivals(comings: Iterable[Arrival]) -> list[Arrival]:
    """The comings that begin a visit: those with no other in the 60 seconds before.

    A property of the set, so the order in which entries arrive does not matter.
    """
    ordered = sorted(comings, key=lambda coming: (coming.occurred_at, coming.uuid))
    return [
        coming
        for index, coming in enumerate(ordered)
        if index == 0 or coming.occurred_at - ordered[index - 1].occurred_at > SAME_VISIT
    ]
