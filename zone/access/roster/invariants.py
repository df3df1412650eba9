"""What must hold of the roster feed, recounted by `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from zone.access.credentials.models import Credential
from zone.access.roster.models import Feed
from zone.core.invariants import Invariant, count_rows
from zone.members.people.models import Member
from zone.members.roster_marks.models import RosterMark
from zone.passes.passes.models import Pass


def count_missing_from_feed(session: Session, _named_since: datetime) -> int:
    """Count the people with a phone or a pass without a mark, and marks past the feed's version."""
    has_something = or_(
        exists().where(Credential.member_id == Member.id),
        exists().where(Pass.member_id == Member.id),
    )
    unmarked = select(Member.id).where(
        has_something, ~exists().where(RosterMark.member_id == Member.id)
    )
    beyond = select(RosterMark.id).where(
        RosterMark.version > func.coalesce(select(Feed.version).scalar_subquery(), 0)
    )
    return count_rows(session, unmarked) + count_rows(session, beyond)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "roster", "the doors are told of everybody with a pass or a phone", count_missing_from_feed
    ),
)
