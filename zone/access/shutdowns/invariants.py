"""What must hold of shutdowns, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.access.doors.models import Door
from zone.access.shutdowns.queries import states_of_doors
from zone.core.invariants import Invariant


def count_wrong_states(session: Session, _named_since: datetime) -> int:
    """Count the doors whose state is not the one that the open shutdowns give them."""
    states = states_of_doors(session)
    doors = session.execute(select(Door.id, Door.state))
    return sum(state != states[door] for door, state in doors)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("shutdowns", "a door is shut while a shutdown of it holds", count_wrong_states),
)
