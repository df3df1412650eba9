"""Read bans: the one that keeps a person from booking ahead now, and a person's own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from zone.booking.booking_bans.models import BookingBan
from zone.core.time import helsinki_date
from zone.places.terms.models import Season

_season = Season.__table__
# Marks are wiped when a term begins and when one ends: those of a pause between two terms count
# until the next one begins. NULL before the first term begins or ends.
_BEGUN = (
    select(func.max(_season.c.starts_on))
    .where(_season.c.starts_on <= bindparam("today"))
    .scalar_subquery()
)
_ENDED = (
    select(func.max(_season.c.ends_on))
    .where(_season.c.ends_on < bindparam("today"))
    .scalar_subquery()
)
_ban = BookingBan.__table__.c


def in_present_term(on_day: Any) -> ColumnElement[bool]:
    """Return the condition under which a mark of that day still counts on the day `:today`."""
    return and_(
        or_(_BEGUN.is_(None), on_day >= _BEGUN),
        or_(_ENDED.is_(None), on_day > _ENDED),
    )


IN_FORCE = and_(
    _ban.member_id == bindparam("member_id"),
    _ban.state == "in_force",
    _ban.ends_at > bindparam("now"),
    in_present_term(_ban.on_day),
)
"""The bans of `:member_id` that hold at `:now`, on the day `:today`."""


def banned_until(
    session: Session, member_id: int, now: datetime, *, begun_by: datetime | None = None
) -> datetime | None:
    """Return until when a person books nothing ahead; None when they may.

    `begun_by`: by bans that began until then.
    """
    query = select(func.max(BookingBan.ends_at)).where(IN_FORCE)
    if begun_by is not None:
        query = query.where(BookingBan.starts_at <= begun_by)
    values = {"member_id": member_id, "now": now, "today": helsinki_date(now)}
    return session.scalar(query, values)


def bans_over(session: Session, now: datetime, limit: int) -> Sequence[BookingBan]:
    """Return bans in force that are over, by their time or because a term has wiped them."""
    query = (
        select(BookingBan)
        .where(
            BookingBan.state == "in_force",
            or_(BookingBan.ends_at <= now, ~in_present_term(_ban.on_day)),
        )
        .order_by(BookingBan.id)
        .limit(limit)
    )
    return session.scalars(query, {"today": helsinki_date(now)}).all()


def own_bans(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's bans, for the export of one's own data."""
    return select(
        BookingBan.starts_at, BookingBan.ends_at, BookingBan.state, BookingBan.recorded_at
    ).where(BookingBan.member_id == member_id)
