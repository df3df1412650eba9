"""What must hold of shutdowns, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.doors.models import Door
from zone.access.shutdowns.queries import states_of_doors
from zone.core.invariants import Invariant, count_broken_ids


def count_wrong_states(session: Session, _named_since: datetime) -> int:
    """Count the doors whose state is not the one that the open shutdowns give them."""
    states = states_of_doors(session)
    doors = session.execute(select(Door.id, Door.state))
    wrong = (door for door, state in doors if state != states[door])
    return count_broken_ids(session, "door", wrong)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("shutdowns", "a door is shut while a shutdown of it holds", count_wrong_states),
)
