"""Set how long the books are kept, and delete an accounting year with a certificate.

Never commits.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Select, delete, func, insert, select, update
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.row_records.service import write_recorded
from zone.core.time import day_window, helsinki_date
from zone.passes.orders.models import Order, OrderLine
from zone.passes.passes.models import Pass
from zone.passes.quotas.models import Quota, QuotaPlace
from zone.passes.receipts.models import Receipt
from zone.passes.retention.context import BookRows, as_stored, books_of, lines_of, orders_until
from zone.passes.retention.errors import BOOKKEEPING_IN_THE_PAST
from zone.passes.retention.models import (
    BookkeepingRule,
    DeletedNumbers,
    DeletedYear,
    PassOrigin,
)
from zone.passes.retention.queries import dated_rules
from zone.passes.retention.rules import BookkeepingRules, rules_on, years_to_delete
from zone.passes.vouchers.models import Voucher, VoucherUse


def set_rules(
    session: Session, actor: Actor, valid_from: date, rules: BookkeepingRules, now: datetime
) -> None:
    """Set how long the books are kept from a day on.

    Raises:
        DomainError: forbidden, bookkeeping_in_the_past.
    """
    actor.require(Permission.SERVICE_WRITE)
    if valid_from < helsinki_date(now):
        raise DomainError(BOOKKEEPING_IN_THE_PAST)
    before = rules_on(dated_rules(session), valid_from)
    session.add(
        BookkeepingRule(
            valid_from=valid_from, recorded_at=now, recorded_by=actor.id, **asdict(rules)
        )
    )
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="bookkeeping_rules.set",
        object_kind="bookkeeping_rules",
        object_id=valid_from.isoformat(),
        before=asdict(before),
        after=asdict(rules),
        now=now,
    )


def years_due(session: Session, now: datetime) -> list[date]:
    """Return the last days of the accounting years that are to be deleted now, the oldest first."""
    first = session.scalar(select(func.min(Order.placed_at)))
    if first is None:
        return []
    deleted = set(session.scalars(select(DeletedYear.ended_on)))
    ends = years_to_delete(dated_rules(session), helsinki_date(first), helsinki_date(now))
    return [end for end in ends if end not in deleted]


def delete_year(session: Session, ended_on: date, now: datetime) -> int:
    """Delete the books of an accounting year; return how many receipts there were.

    An order goes with the year in which the last thing happened to it, such as a credit note: a
    receipt never goes before what refers to it. Without anything to delete there is no certificate.
    """
    ended_at = day_window(ended_on)[1]
    orders = orders_until(ended_at)
    books = books_of(orders)
    counts, digest = digest_rows(session, books)
    if not any(counts.values()):
        return 0
    certificate = DeletedYear(
        ended_on=ended_on,
        ended_at=ended_at,
        years_kept=rules_on(dated_rules(session), helsinki_date(now)).years_kept,
        counts=counts,
        digest=digest,
        deleted_at=now,
    )
    session.add(certificate)
    session.flush()
    _certify_numbers(session, certificate.id, orders)
    _release_passes(session, orders)
    _release_quotas(session, orders)
    _end_vouchers(session, orders, now)
    for rows in books:
        _delete(session, rows, counts[rows.model.__tablename__])
    return counts["receipt"]


def digest_rows(session: Session, books: Sequence[BookRows]) -> tuple[dict[str, int], bytes]:
    """Return how many rows each table has, and the SHA-256 of all of them in order.

    Each row is a line of JSON: the table, then the columns by name. With a backup in which they
    still are, an auditor can prove what was deleted.
    """
    counts, digest = dict[str, int](), hashlib.sha256()
    for rows in books:
        table, count = rows.model.__tablename__, 0
        for row in session.execute(as_stored(rows)).mappings():
            count += 1
            values = {name: _plain(value) for name, value in row.items()}
            line = json.dumps([table, values], ensure_ascii=False, sort_keys=True)
            digest.update(line.encode() + b"\n")
        counts[table] = count
    return counts, digest.digest()


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | list | None) else str(value)


def _certify_numbers(session: Session, certificate: int, orders: Select[int]) -> None:
    numbers = session.execute(
        select(
            Receipt.series,
            Receipt.year,
            func.min(Receipt.number).label("first"),
            func.max(Receipt.number).label("last"),
            func.count().label("count"),
        )
        .where(Receipt.order_id.in_(orders))
        .group_by(Receipt.series, Receipt.year)
    )
    for row in numbers.mappings().all():
        session.execute(insert(DeletedNumbers).values(deleted_year_id=certificate, **row))


def _release_passes(session: Session, orders: Select[int]) -> None:
    """Let passes stand without their orders; what figures read of these is kept."""
    lines = lines_of(orders)
    origins = (
        select(Pass.id, OrderLine.institution_code)
        .join(OrderLine, OrderLine.id == Pass.order_line_id)
        .where(OrderLine.id.in_(lines))
    )
    session.execute(insert(PassOrigin).from_select(["pass_id", "institution_code"], origins))
    write_recorded(
        session, update(Pass).where(Pass.order_line_id.in_(lines)).values(order_line_id=None)
    )


def _release_quotas(session: Session, orders: Select[int]) -> None:
    """Count the places of the orders off their quotas."""
    taken = session.execute(
        select(QuotaPlace.quota_id, func.count())
        .where(QuotaPlace.order_line_id.in_(lines_of(orders)), QuotaPlace.freed_at.is_(None))
        .group_by(QuotaPlace.quota_id)
        .order_by(QuotaPlace.quota_id)
    )
    for quota_id, places in taken.all():
        session.execute(
            update(Quota).where(Quota.id == quota_id).values(taken=Quota.taken - places)
        )


def _end_vouchers(session: Session, orders: Select[int], now: datetime) -> None:
    """Count the uses of the orders off their discount codes, and end these codes.

    Nobody may use one once more because an old use is no longer on record.
    """
    used = session.execute(
        select(VoucherUse.voucher_id, func.count())
        .where(VoucherUse.order_id.in_(orders), VoucherUse.freed_at.is_(None))
        .group_by(VoucherUse.voucher_id)
        .order_by(VoucherUse.voucher_id)
    )
    for voucher_id, uses in used.all():
        ended_at = func.coalesce(Voucher.ended_at, now)
        write_recorded(
            session,
            update(Voucher)
            .where(Voucher.id == voucher_id)
            .values(uses=Voucher.uses - uses, ended_at=ended_at),
        )


def _delete(session: Session, rows: BookRows, count: int) -> None:
    statement = delete(rows.model).where(rows.belong)
    done = session.execute(statement.execution_options(synchronize_session=False))
    gone = cast("CursorResult[Any]", done).rowcount
    if gone != count:  # nothing is deleted, because the caller rolls back
        raise RuntimeError(f"{gone} rows of {rows.model.__tablename__} for {count}")
