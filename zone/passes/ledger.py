"""Writing facts that may arrive twice: the database lets one in, and the writer learns whether it was theirs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from zone.core.time import to_helsinki
from zone.passes.models import PassEvent, PaymentEvent, Receipt, ReceiptSequence


def insert_once(session: Session, model: type[Any], **values: Any) -> bool:
    """Insert unless a unique key says that it is there; whether this call inserted it."""
    table = _table(model)
    insert = _insert(session)(table).values(**values).on_conflict_do_nothing().returning(table.c.id)
    return session.execute(insert).first() is not None


def record_event(
    session: Session, pass_id: int, kind: str, *, occurred_at: datetime, recorded_at: datetime, by: str
) -> bool:
    """Append what happened to a pass; whether it was news."""
    return insert_once(
        session, PassEvent, pass_id=pass_id, kind=kind, occurred_at=occurred_at, recorded_at=recorded_at, by=by
    )


def record_outcome(
    session: Session, payment_id: int, outcome: str, *, occurred_at: datetime, recorded_at: datetime
) -> bool:
    """Append what the provider said of a payment; whether it was news. Of two at once one is told yes."""
    return insert_once(
        session, PaymentEvent, payment_id=payment_id, outcome=outcome, occurred_at=occurred_at, recorded_at=recorded_at
    )


def next_receipt(session: Session, now: datetime) -> tuple[int, int]:
    """(year, number) of the next receipt, the year by Helsinki's calendar.

    The number is claimed in the caller's transaction: if that fails, the number is free again, so none goes missing.
    """
    year = to_helsinki(now).year
    table = _table(ReceiptSequence)
    insert = _insert(session)(table).values(year=year, last=1)
    claim = insert.on_conflict_do_update(index_elements=["year"], set_={"last": table.c.last + 1})
    return year, session.execute(claim.returning(table.c.last)).scalar_one()


def issue_receipt(session: Session, order_id: int, kind: str, cents: int, now: datetime) -> Receipt:
    """The numbered document of a sale, or of its refund with negative cents."""
    year, number = next_receipt(session, now)
    receipt = Receipt(year=year, number=number, order_id=order_id, kind=kind, cents=cents, issued_at=now)
    session.add(receipt)
    session.flush()
    return receipt


def _insert(session: Session) -> Any:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table
