"""What passes give at doors, and what they would give there had they not been paused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.passes.pass_rights.queries import LIVE_RIGHTS, rights_in
from zone.passes.passes.life import from_stored
from zone.passes.passes.rules import PassRight, validity


@dataclass(frozen=True, slots=True)
class DoorRights:
    """The rights of a person, and in `paused` those of the pauses of their passes."""

    held: list[PassRight] = field(default_factory=list)
    paused: list[PassRight] = field(default_factory=list)


def door_rights_of(
    session: Session, member_ids: Sequence[int], now: datetime
) -> dict[int, DoorRights]:
    """Return the present and future rights and pauses of each member; every given id is a key."""
    found = {member_id: DoorRights() for member_id in member_ids}
    for row in session.execute(LIVE_RIGHTS, {"members": list(found), "today": helsinki_date(now)}):
        found[row.member_id].held.extend(rights_in(row))
        found[row.member_id].paused.extend(pauses_in(row, now))
    return found


def pauses_in(row: Any, now: datetime) -> list[PassRight]:
    """Return what the pass in a row of `PASS` would give in its pauses that are not over.

    One whose visits are used up would give nothing.
    """
    if not row.pauses or (row.visits is not None and row.visits_used >= row.visits):
        return []
    return [
        PassRight(kind, tuple(row.campuses), *time, row.pass_id)
        for time in (validity(*pause) for pause in from_stored(row.pauses))
        if time[1] > now
        for kind in row.entitlements
    ]
