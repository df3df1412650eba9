"""Which entries begin a visit, and whom the desk lets in. Pure."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zone.passes.passes.rules import UsablePass

# An arrival this soon after the last one belongs to the same visit: the door had closed again, or
# the phone showed a new code.
SAME_VISIT: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A granted entry by which one person came into one area."""

    entry_id: int
    uuid: uuid.UUID
    occurred_at: datetime


def first_arrivals(arrivals: Iterable[Arrival]) -> list[Arrival]:
    """Return the arrivals that begin a visit: those with no other in the 60 seconds before.

    The result depends on the set alone, not on the order in which entries were uploaded.
    """
    ordered = sorted(arrivals, key=lambda arrival: (arrival.occurred_at, arrival.uuid))
    return [
        arrival
        for index, arrival in enumerate(ordered)
        if index == 0 or arrival.occurred_at - ordered[index - 1].occurred_at > SAME_VISIT
    ]


@dataclass(frozen=True, slots=True)
class DeskVisitor:
    """A person whom the desk lets in: to which area of which campus, and what is known of them.

    `kinds` are the rights that the area accepts, `institution` the visitor's, `passes` those that
    they have today.
    """

    member_id: int
    area_id: int
    kinds: Sequence[str]
    campus: str
    institution: str | None
    passes: Sequence[UsablePass]
