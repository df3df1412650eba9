"""Store the rows of a provider's settlement. Never commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.db.statements import insert_new
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import day_window
from zone.passes.payments.models import Payment
from zone.passes.provider_refunds import service as provider_refunds
from zone.passes.provider_refunds.service import BY_PAYOUT
from zone.passes.settlements.errors import SETTLEMENT_ROWS
from zone.passes.settlements.models import SettlementRow
from zone.passes.settlements.settlement_file import SettledRow, SettlementFault, read_settlement

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class SettlementResult:
    """What came of a file: rows that are new, known before, and new without a payment here."""

    stored: int
    known: int
    unmatched: int
    gross_cents: int
    fee_cents: int
    faults: tuple[SettlementFault, ...]


def record_settlement(
    session: Session, actor: Actor, content: bytes, *, good_only: bool, now: datetime
) -> SettlementResult:
    """Store what a file says was paid out, and audit it; rows that are known are left alone.

    Raises:
        DomainError: forbidden, settlement_file, settlement_columns; settlement_rows: some rows are
            wrong, and not only the good ones were asked for.
    """
    actor.require(Permission.SERVICE_WRITE)
    rows, faults = read_settlement(content)
    if faults and not good_only:
        raise DomainError(SETTLEMENT_ROWS)
    return _store(session, actor, rows, faults, now)


def preview_settlement(
    session: Session, actor: Actor, content: bytes, now: datetime
) -> SettlementResult:
    """Return what a file would do; the caller rolls it back.

    Raises:
        DomainError: forbidden, settlement_file, settlement_columns.
    """
    actor.require(Permission.SERVICE_WRITE)
    rows, faults = read_settlement(content)
    return _store(session, actor, rows, faults, now)


def _store(
    session: Session,
    actor: Actor,
    rows: Sequence[SettledRow],
    faults: Sequence[SettlementFault],
    now: datetime,
) -> SettlementResult:
    payments = _payments(session, rows)
    # In one order: two uploads at once wait for each other, and do not deadlock.
    new = [
        row
        for row in sorted(rows, key=lambda one: one.key)
        if _insert(session, actor, row, payments, now)
    ]
    _find_refunds(session, new, payments, now)
    result = SettlementResult(
        stored=len(new),
        known=len(rows) - len(new),
        unmatched=sum((row.provider, row.reference) not in payments for row in new),
        gross_cents=sum(row.gross_cents for row in new),
        fee_cents=sum(row.fee_cents for row in new),
        faults=tuple(faults),
    )
    record_action(
        session,
        actor_id=actor.id,
        action="settlement.record",
        object_kind="settlement",
        object_id=rows[0].provider if rows else "",
        after={"stored": result.stored, "known": result.known, "unmatched": result.unmatched},
        now=now,
    )
    return result


def _find_refunds(
    session: Session,
    rows: Sequence[SettledRow],
    payments: dict[tuple[str, str], int],
    now: datetime,
) -> None:
    """Find what a provider that lists no refunds has given back without our books."""
    for row in rows:
        payment_id = payments.get((row.provider, row.reference))
        if row.gross_cents < 0 and payment_id is not None and row.provider in BY_PAYOUT:
            at = day_window(row.paid_on)[0]
            provider_refunds.record_paid_out(
                session, payment_id, row.key, -row.gross_cents, at, now
            )


def _payments(session: Session, rows: Sequence[SettledRow]) -> dict[tuple[str, str], int]:
    references = sorted({row.reference for row in rows if row.reference})
    found: dict[tuple[str, str], int] = {}
    for begin in range(0, len(references), _AT_ONCE):
        part = references[begin : begin + _AT_ONCE]
        for payment in session.scalars(select(Payment).where(Payment.reference.in_(part))):
            found[payment.provider, payment.reference] = payment.id
    return found


def _insert(
    session: Session,
    actor: Actor,
    row: SettledRow,
    payments: dict[tuple[str, str], int],
    now: datetime,
) -> bool:
    values = {
        "provider": row.provider,
        "payout": row.payout,
        "paid_on": row.paid_on,
        "row_key": row.key,
        "reference": row.reference,
        "payment_id": payments.get((row.provider, row.reference)),
        "gross_cents": row.gross_cents,
        "fee_cents": row.fee_cents,
        "recorded_at": now,
        "recorded_by": actor.id,
    }
    return bool(insert_new(session, SettlementRow, [values], SettlementRow.id))
