"""What must hold of people, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_broken_ids
from zone.members.people.queries import wrongly_indexed


def count_people_not_found(session: Session, _named_since: datetime) -> int:
    """Count the people whom the search does not find by their name and address."""
    return count_broken_ids(session, "member", wrongly_indexed(session))


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "search",
        "everybody is found by name and address",
        count_people_not_found,
        "The job `members.index_names` mends it within the hour; if not, look for it in the log.",
    ),
)
