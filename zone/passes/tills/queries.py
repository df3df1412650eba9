"""Tills, the day that is open, and the days that were closed."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.passes.numbering.queries import codes_by_purpose, newest_code
from zone.passes.numbering.rules import of_till
from zone.passes.tills.models import CashMovement, Till, TillClose, TillCount, TillDay, TillEntry
from zone.passes.tills.rules import CASH, CountRow, expected_by_method
from zone.places.campuses.models import Campus

DAYS_SHOWN: Final = 30


@dataclass(frozen=True, slots=True)
class MoneyMove:
    """Cash that somebody put in or took out, with the reason."""

    at: datetime
    cents: int
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The day of a till that is open: what is expected by now, of each way to pay.

    `seen` counts its rows, so that a close knows whether money moved after it was shown.
    """

    id: uuid.UUID
    day: date
    opened_at: datetime
    opened_by: str
    float_cents: int
    expected: dict[str, int]
    moves: Sequence[MoneyMove]
    seen: int
    left_open: bool


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day of a till that was counted and signed."""

    id: uuid.UUID
    day: date
    closed_at: datetime
    closed_by: str
    float_cents: int
    counts: Sequence[CountRow]


@dataclass(frozen=True, slots=True)
class TillView:
    """A till with its open day, if any, and the cash that was counted last.

    `series` is the code of its own series of receipts; empty: it shares that of the desk.
    """

    code: str
    name: str
    campus: str
    open: OpenDay | None
    last_counted_cents: int | None
    series: str = ""


def till_by_code(session: Session, code: str) -> Till:
    """Return the till with that code.

    Raises:
        DomainError: not_found.
    """
    till = session.scalar(select(Till).where(Till.code == code))
    if till is None:
        raise DomainError(NOT_FOUND)
    return till


def has_tills(session: Session) -> bool:
    """Return whether the service has any till."""
    return session.scalar(select(exists().select_from(Till))) or False


def open_day(session: Session, till_id: int) -> TillDay | None:
    """Return the day of a till that is open."""
    return session.scalar(select(TillDay).where(TillDay.till_id == till_id, ~_is_closed()).limit(1))


def open_tills(session: Session) -> list[Till]:
    """Return the tills that are open, by name."""
    is_open = exists().where(TillDay.till_id == Till.id, ~_is_closed())
    return list(session.scalars(select(Till).where(is_open).order_by(Till.name, Till.id)))


def _is_closed() -> ColumnElement[bool]:
    return exists().where(TillClose.till_day_id == TillDay.id)


def moved(session: Session, day_id: int) -> list[tuple[str, int]]:
    """Return way to pay and cents of everything that moved on a till's day."""
    entries = session.execute(
        select(TillEntry.method, TillEntry.cents).where(TillEntry.till_day_id == day_id)
    )
    cash = session.scalars(select(CashMovement.cents).where(CashMovement.till_day_id == day_id))
    return [(method, cents) for method, cents in entries] + [(CASH, cents) for cents in cash]


def last_number(session: Session, till_id: int) -> int:
    """Return the number of the newest day of a till; 0: it was never open."""
    return session.scalar(select(func.max(TillDay.number)).where(TillDay.till_id == till_id)) or 0


def till_views(session: Session, now: datetime) -> list[TillView]:
    """Return every till by campus and name."""
    rows = session.execute(
        select(Till, Campus.name)
        .join(Campus, Campus.id == Till.campus_id)
        .order_by(Campus.name, Till.name, Till.id)
    ).all()
    series = codes_by_purpose(session, [of_till(till.code) for till, _ in rows])
    return [
        _view(session, till, campus, series.get(of_till(till.code), ""), now)
        for till, campus in rows
    ]


def till_view(session: Session, code: str, now: datetime) -> TillView:
    """Return a till.

    Raises:
        DomainError: not_found.
    """
    till = till_by_code(session, code)
    series = newest_code(session, of_till(code)) or ""
    return _view(session, till, session.get_one(Campus, till.campus_id).name, series, now)


def _view(session: Session, till: Till, campus: str, series: str, now: datetime) -> TillView:
    day = open_day(session, till.id)
    shown = None if day is None else _open_day(session, day, now)
    counted = _last_counted(session, till.id)
    return TillView(till.code, till.name, campus, shown, counted, series)


def _open_day(session: Session, day: TillDay, now: datetime) -> OpenDay:
    rows = moved(session, day.id)
    cash = session.scalars(
        select(CashMovement).where(CashMovement.till_day_id == day.id).order_by(CashMovement.id)
    ).all()
    names = _names(session, [day.opened_by, *(one.recorded_by for one in cash)])
    return OpenDay(
        id=day.public_id,
        day=day.day,
        opened_at=day.opened_at,
        opened_by=names.get(day.opened_by or 0, ""),
        float_cents=day.float_cents,
        expected=expected_by_method(day.float_cents, rows),
        moves=[
            MoneyMove(one.recorded_at, one.cents, one.reason, names.get(one.recorded_by, ""))
            for one in cash
        ],
        seen=len(rows),
        left_open=day.day < helsinki_date(now),
    )


def _last_counted(session: Session, till_id: int) -> int | None:
    return session.scalar(
        select(TillCount.counted_cents)
        .join(TillClose, TillClose.id == TillCount.till_close_id)
        .join(TillDay, TillDay.id == TillClose.till_day_id)
        .where(TillDay.till_id == till_id, TillCount.method == CASH)
        .order_by(TillDay.number.desc())
        .limit(1)
    )


def closed_days(session: Session, till_id: int, most: int = DAYS_SHOWN) -> list[ClosedDay]:
    """Return the closed days of a till, the newest first."""
    rows = session.execute(
        select(TillDay, TillClose)
        .join(TillClose, TillClose.till_day_id == TillDay.id)
        .where(TillDay.till_id == till_id)
        .order_by(TillDay.number.desc())
        .limit(most)
    ).all()
    names = _names(session, [close.closed_by for _, close in rows])
    counts: dict[int, list[CountRow]] = {close.id: [] for _, close in rows}
    stored = session.scalars(
        select(TillCount).where(TillCount.till_close_id.in_(counts)).order_by(TillCount.id)
    )
    for one in stored:
        counts[one.till_close_id].append(
            CountRow(one.method, one.expected_cents, one.counted_cents, one.reason)
        )
    return [
        ClosedDay(
            day.public_id,
            day.day,
            close.closed_at,
            names.get(close.closed_by or 0, ""),
            day.float_cents,
            counts[close.id],
        )
        for day, close in rows
    ]


def _names(session: Session, ids: Iterable[int | None]) -> dict[int, str]:
    rows = session.execute(
        select(Member.id, func.coalesce(Member.name, Member.email)).where(
            Member.id.in_({one for one in ids if one is not None})
        )
    ).all()
    return {row[0]: row[1] for row in rows}
