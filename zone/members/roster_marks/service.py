"""Mark members whose roster rows have changed. Never commits."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import delete, exists, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from zone.members.roster_marks.models import RosterMark

_MARK: Final = insert(RosterMark).inline()  # nobody asks for the id


def mark_roster(session: Session, member_ids: Iterable[int], now: datetime) -> None:
    """Mark these members' roster rows as changed; the feed's reader numbers the marks."""
    # In the order of ids, as members are locked everywhere: an INSERT takes KEY SHARE on the member
    # by its foreign key.
    marks = [{"member_id": member_id, "recorded_at": now} for member_id in sorted(set(member_ids))]
    if marks:
        session.connection().execute(_MARK, marks)


def number_marks(session: Session, version: int) -> int:
    """Give the marks without a version the next ones after `version`; return the newest.

    The caller holds the lock on the feed's row, so that no version is given twice.
    """
    order = func.row_number().over(order_by=RosterMark.id).label("position")
    unnumbered = select(RosterMark.id, order).where(RosterMark.version.is_(None)).subquery()
    numbered = session.execute(
        update(RosterMark)
        .where(RosterMark.id == unnumbered.c.id)
        .values(version=version + unnumbered.c.position)
        .execution_options(synchronize_session=False)
        .returning(RosterMark.version)
    )
    return max((number for (number,) in numbered if number is not None), default=version)


def delete_replaced_marks(session: Session) -> None:
    """Delete the numbered marks that a newer one of the same member replaces."""
    newer = aliased(RosterMark)
    # A mark without a version compares as NULL, and stays.
    replaced = exists().where(
        newer.member_id == RosterMark.member_id, newer.version > RosterMark.version
    )
    session.execute(delete(RosterMark).where(replaced).execution_options(synchronize_session=False))
