"""Open, count and close tills; money of sales and refunds goes into the open one. Never commits.

Lock order: the till after the order and its quotas, before the number of a receipt. Whoever moves
money of a till locks its row, so that nothing is written to a day while it is counted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.core.time import helsinki_date
from zone.passes.numbering.queries import is_taken, newest_code
from zone.passes.numbering.rules import of_till
from zone.passes.numbering.service import begin_series
from zone.passes.payments.models import Payment, Refund
from zone.passes.payments.rules import METHODS
from zone.passes.tills import queries
from zone.passes.tills.errors import (
    CASH_TOO_LOW,
    SERIES_TAKEN,
    TILL_CHANGED,
    TILL_CLOSED,
    TILL_EXISTS,
    TILL_MISSING,
    TILL_OPEN,
    TILL_SHORT,
)
from zone.passes.tills.models import CashMovement, Till, TillClose, TillCount, TillDay, TillEntry
from zone.passes.tills.rules import CASH, CountedMethod, count_rows, expected_by_method
from zone.places.campuses.queries import campus_by_code


def add_till(
    session: Session, actor: Actor, code: str, *, campus: str, name: str, now: datetime
) -> Till:
    """Add a till to a campus, and audit it. From then on cash is sold into an open till only.

    Raises:
        DomainError: forbidden; not_found: no such campus; till_exists.
    """
    actor.require(Permission.SERVICE_WRITE)
    if session.scalar(select(Till.id).where(Till.code == code)) is not None:
        raise DomainError(TILL_EXISTS)
    till = set_till(session, code, campus=campus, name=name, now=now, by=actor.id)
    _audit(session, actor, "till.add", till, now, {"campus": campus, "name": name})
    return till


def set_till(
    session: Session, code: str, *, campus: str, name: str, now: datetime, by: int | None = None
) -> Till:
    """Add a till without an audit row.

    Raises:
        DomainError: not_found: no such campus.
    """
    campus_id = campus_by_code(session, campus).id
    till = Till(code=code, campus_id=campus_id, name=name, added_at=now, added_by=by)
    session.add(till)
    session.flush()
    return till


def set_series(session: Session, actor: Actor, code: str, *, series: str, now: datetime) -> None:
    """Begin an own series of receipts of a till, from the next sale on, and audit it.

    The code that it has already is no change. Another one begins another series, from 1.

    Raises:
        DomainError: forbidden, not_found, series_taken.
    """
    actor.require(Permission.SERVICE_WRITE)
    # The lock: a sale that goes into the till has its number before, or in the new series.
    till = lock_till(session, queries.till_by_code(session, code).id)
    before = newest_code(session, of_till(code))
    if before == series:
        return
    if is_taken(session, series):
        raise DomainError(SERIES_TAKEN)
    begin_series(session, of_till(code), series, now)
    after = {"series": series} | ({"series_before": before} if before else {})
    _audit(session, actor, "till.series", till, now, after)


def open_till(
    session: Session, actor: Actor, code: str, *, float_cents: int, now: datetime
) -> TillDay:
    """Open a till with the cash that is in it, and audit it.

    Raises:
        DomainError: forbidden, not_found, till_open.
    """
    actor.require(Permission.DESK_USE)
    till = lock_till(session, queries.till_by_code(session, code).id)
    day = begin_day(session, till, float_cents=float_cents, now=now, by=actor.id)
    _audit(session, actor, "till.open", till, now, {"float_cents": float_cents})
    return day


def begin_day(
    session: Session, till: Till, *, float_cents: int, now: datetime, by: int | None = None
) -> TillDay:
    """Begin a day of a till without an audit row.

    Raises:
        DomainError: till_open.
    """
    if queries.open_day(session, till.id) is not None:
        raise DomainError(TILL_OPEN)
    day = TillDay(
        public_id=new_public_id(),
        till_id=till.id,
        number=queries.last_number(session, till.id) + 1,
        day=helsinki_date(now),
        float_cents=float_cents,
        opened_at=now,
        opened_by=by,
    )
    session.add(day)
    session.flush()
    return day


def move_cash(
    session: Session, actor: Actor, code: str, *, cents: int, reason: str, now: datetime
) -> None:
    """Record cash that was put into an open till or, negative, taken out, and audit it.

    Raises:
        DomainError: forbidden, not_found, till_closed; cash_too_low: more than is expected in it.
    """
    actor.require(Permission.DESK_USE)
    till = lock_till(session, queries.till_by_code(session, code).id)
    day = _the_open_day(session, till)
    if _expected(session, day)[CASH] + cents < 0:
        raise DomainError(CASH_TOO_LOW)
    session.add(
        CashMovement(
            till_day_id=day.id, cents=cents, reason=reason, recorded_at=now, recorded_by=actor.id
        )
    )
    session.flush()
    _audit(session, actor, "till.cash", till, now, {"cents": cents}, reason)


def close_till(
    session: Session,
    actor: Actor,
    code: str,
    *,
    seen: int,
    counted: Sequence[CountedMethod],
    now: datetime,
) -> TillClose:
    """Close a till as it was counted, and audit it; the actor signs it.

    `seen` is how many rows the day had when its expected sums were shown.

    Raises:
        DomainError: forbidden, not_found, till_closed, difference_reason; till_changed: money has
            moved since.
    """
    actor.require(Permission.DESK_USE)
    till = lock_till(session, queries.till_by_code(session, code).id)
    day = _the_open_day(session, till)
    moved = queries.moved(session, day.id)
    if len(moved) != seen:
        raise DomainError(TILL_CHANGED)
    rows = count_rows(expected_by_method(day.float_cents, moved), counted)
    close = TillClose(till_day_id=day.id, closed_at=now, closed_by=actor.id)
    session.add(close)
    session.flush()
    session.add_all(
        TillCount(
            till_close_id=close.id,
            method=row.method,
            expected_cents=row.expected_cents,
            counted_cents=row.counted_cents,
            reason=row.reason,
        )
        for row in rows
    )
    session.flush()
    after = {row.method: [row.expected_cents, row.counted_cents] for row in rows}
    reasons = "; ".join(row.reason for row in rows if row.difference_cents)
    _audit(session, actor, "till.close", till, now, after, reasons or None)
    return close


def record_sale(session: Session, payment: Payment, code: str | None, now: datetime) -> str | None:
    """Record the money of a sale at the counter in the till `code`, or in the only open one.

    Where there is no till at all nothing is recorded. Return the purpose of the till's own series,
    in which the receipt is numbered then; None: it has none.

    Raises:
        DomainError: not_found; till_closed: cash without an open till; till_missing: which?
    """
    if payment.provider not in METHODS or not queries.has_tills(session):
        return None
    till = _till_of_sale(session, code)
    day = None if till is None else queries.open_day(session, lock_till(session, till.id).id)
    if till is not None and day is not None:
        _write_entry(session, day, payment, None, payment.cents, now)
        own = of_till(till.code)
        return None if newest_code(session, own) is None else own
    if payment.provider == CASH:
        raise DomainError(TILL_CLOSED)
    return None


def _till_of_sale(session: Session, code: str | None) -> Till | None:
    if code is not None:
        return queries.till_by_code(session, code)
    tills = queries.open_tills(session)
    if len(tills) > 1:
        raise DomainError(TILL_MISSING)
    return tills[0] if tills else None


def record_refund(session: Session, payment: Payment, refund: Refund, now: datetime) -> None:
    """Record the money of a refund at the counter: of the till that sold, or of the only open one.

    Raises:
        DomainError: till_closed: cash of a till that is not open; till_short: more than it holds.
    """
    method = refund.method or payment.provider
    if method not in METHODS or not refund.cents:  # a bank transfer is no money of a till
        return
    till_id = _till_of_refund(session, payment)
    if till_id is None:  # sold before there were tills, or with no till open
        return
    day = queries.open_day(session, lock_till(session, till_id).id)
    if day is not None:
        # Under the lock of the till: of two refunds the second sees what the first has left.
        if method == CASH and refund.cents > _expected(session, day)[CASH]:
            raise DomainError(TILL_SHORT)
        _write_entry(session, day, payment, refund, -refund.cents, now)
    elif method == CASH:
        raise DomainError(TILL_CLOSED)


def _till_of_refund(session: Session, payment: Payment) -> int | None:
    sold = session.scalar(
        select(TillDay.till_id)
        .join(TillEntry, TillEntry.till_day_id == TillDay.id)
        .where(TillEntry.payment_id == payment.id, TillEntry.refund_id.is_(None))
    )
    tills = queries.open_tills(session)
    if sold is None or (len(tills) == 1 and sold != tills[0].id):
        return tills[0].id if len(tills) == 1 else sold
    return sold


def _write_entry(
    session: Session,
    day: TillDay,
    payment: Payment,
    refund: Refund | None,
    cents: int,
    now: datetime,
) -> None:
    session.add(
        TillEntry(
            till_day_id=day.id,
            payment_id=payment.id,
            refund_id=None if refund is None else refund.id,
            method=(refund.method if refund else None) or payment.provider,
            cents=cents,
            recorded_at=now,
        )
    )
    session.flush()


def lock_till(session: Session, till_id: int) -> Till:
    """Lock a till until the transaction ends, and return it."""
    # NO KEY UPDATE: rows of days refer to the till, and need not wait.
    return session.execute(
        select(Till).where(Till.id == till_id).with_for_update(key_share=True)
    ).scalar_one()


def _the_open_day(session: Session, till: Till) -> TillDay:
    day = queries.open_day(session, till.id)
    if day is None:
        raise DomainError(TILL_CLOSED)
    return day


def _expected(session: Session, day: TillDay) -> dict[str, int]:
    return expected_by_method(day.float_cents, queries.moved(session, day.id))


def _audit(
    session: Session,
    actor: Actor,
    action: str,
    till: Till,
    now: datetime,
    after: dict[str, Any],
    reason: str | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="till",
        object_id=till.code,
        after=after,
        reason=reason,
        now=now,
    )
