"""What passes open, and for how long: the columns and conditions that doors and bookings join."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from zone.core.time import helsinki_date
from zone.passes.entitlements.rules import from_stored
from zone.passes.passes import life, rules
from zone.passes.passes.life import ENDINGS
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.rules import PassRight
from zone.passes.visits import rules as visit_rules
from zone.passes.visits.models import PassVisit
from zone.passes.visits.queries import is_returned
from zone.passes.visits.rules import SpentVisit

_pass, _event, _visit = Pass.__table__.c, PassEvent.__table__.c, PassVisit.__table__.c


def not_ended() -> ColumnElement[bool]:
    """Return the condition of a pass that nothing has ended before its last day."""
    # Not IN: SQLAlchemy renders its list anew at each execution, which a prepared statement of
    # `booking` that uses LIVE cannot.
    ending = or_(*(_event.kind == kind for kind in ENDINGS))
    return ~exists().where(_event.pass_id == _pass.id, ending).correlate(Pass.__table__)


def _of_visits(figure: ColumnElement[Any]) -> ColumnElement[Any]:
    return _where_counted(select(figure))


def _where_counted(figure: Select[Any]) -> ColumnElement[Any]:
    of_pass = figure.where(_visit.pass_id == _pass.id, _visit.number.is_not(None), ~is_returned())
    # Few passes count visits: of the others the table is not read.
    counted = of_pass.correlate(Pass.__table__).scalar_subquery()
    return case((_pass.visits.is_not(None), counted))


LIVE: Final = and_(_pass.ends_on >= bindparam("today"), not_ended())
PASS: Final = (
    _pass.id.label("pass_id"),
    _pass.entitlements,
    _pass.campuses,
    _pass.starts_on,
    _pass.ends_on,
    _pass.visits,
    _of_visits(func.count()).label("visits_used"),
    _of_visits(func.max(_visit.occurred_at)).label("last_visit_at"),
    _where_counted(select(_visit.lasts_minutes).order_by(_visit.occurred_at.desc()).limit(1)).label(
        "last_visit_minutes"
    ),
    _pass.pauses,
    _pass.conditions,
)
"""For other features' statements: join `Pass` by its member and LIVE, and read PASS."""


LIVE_RIGHTS: Final = (
    select(_pass.member_id, *PASS)
    .where(_pass.member_id.in_(bindparam("members", expanding=True)), LIVE)
    .order_by(_pass.id)
)


def _first_event_at(*kinds: str) -> ScalarSelect[datetime]:
    # Not IN, as in `not_ended`.
    earliest = select(func.min(_event.occurred_at)).where(
        _event.pass_id == _pass.id, or_(*(_event.kind == kind for kind in kinds))
    )
    return earliest.correlate(Pass.__table__).scalar_subquery()


HELD_PASS: Final = (
    *PASS,
    _first_event_at(*ENDINGS).label("ended_at"),
    _first_event_at("activated").label("activated_at"),
    _first_event_at("first_used").label("used_at"),
    _pass.length_days,
)
"""As PASS, for `held_pass_in`."""


# Made once: to make it takes four times as long as to run it.
_HELD: Final = select(_pass.member_id, *HELD_PASS).where(
    _pass.member_id.in_(bindparam("members", expanding=True)),
    _pass.starts_on <= bindparam("last"),
    _pass.ends_on >= bindparam("first"),
)


def held_passes(
    session: Session, member_ids: Collection[int], first: datetime, last: datetime
) -> dict[int, list[rules.UsablePass]]:
    """Return the passes of each member that are valid on a day from `first` to `last`.

    Also those that have ended; every given id is a key.
    """
    held: dict[int, list[rules.UsablePass]] = {member_id: [] for member_id in member_ids}
    known = {"members": list(held), "first": helsinki_date(first), "last": helsinki_date(last)}
    for row in session.connection().execute(_HELD, known):
        held[row.member_id].append(held_pass_in(row))
    return held


def held_pass_in(row: Any) -> rules.UsablePass:
    """Return the pass in a row of `HELD_PASS`."""
    return rules.UsablePass(
        row.pass_id,
        row.entitlements,
        row.campuses,
        row.starts_on,
        row.ends_on,
        row.ended_at,
        row.activated_at,
        row.used_at,
        life.from_stored(row.pauses),
        row.length_days,
        None if row.visits is None else row.visits - row.visits_used,
        None
        if row.last_visit_at is None
        else SpentVisit(None, row.last_visit_at, timedelta(minutes=row.last_visit_minutes)),
        from_stored(row.conditions),
    )


def rights_of(
    session: Session, member_ids: Sequence[int], now: datetime
) -> dict[int, list[PassRight]]:
    """Return the present and future rights of each member; every given id is a key.

    A pass that is not activated counts: its first verified use activates it. One that was refunded
    or replaced, or has ended, does not.
    """
    rights: dict[int, list[PassRight]] = {member_id: [] for member_id in member_ids}
    for row in session.execute(LIVE_RIGHTS, {"members": list(rights), "today": helsinki_date(now)}):
        rights[row.member_id] += rights_in(row)
    return rights


def rights_in(row: Any) -> list[PassRight]:
    """Return the rights of the pass in a row of `PASS`: none in its pauses, nor after its last
    visit.
    """
    times = rules.times_of(row.starts_on, row.ends_on, life.from_stored(row.pauses))
    if row.visits is not None:
        lasts = timedelta(minutes=row.last_visit_minutes or 0)
        left = row.visits - row.visits_used
        times = visit_rules.until_last_visit(times, left, row.last_visit_at, lasts)
    conditions = from_stored(row.conditions)
    return [
        PassRight(kind, tuple(row.campuses), *time, row.pass_id, conditions)
        for time in times
        for kind in row.entitlements
    ]
