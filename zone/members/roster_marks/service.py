"""Mark members whose roster rows have changed. Never commits."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from zone.members.roster_marks.models import RosterMark


def mark_roster(session: Session, member_ids: Iterable[int], now: datetime) -> None:
    """Mark these members' roster rows as changed; the feed's reader numbers the marks."""
    marks = [{"member_id": member_id, "recorded_at": now} for member_id in sorted(set(member_ids))]
    if marks:
        session.execute(insert(RosterMark), marks)
