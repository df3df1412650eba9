"""Set the chart of accounts, audited. Never commits."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.identity import Actor, Permission
from zone.passes.books.models import AccountRule


def set_account(
    session: Session,
    actor: Actor,
    *,
    slot: str,
    subject: str,
    valid_from: date,
    account: str,
    vat_code: str,
    now: datetime,
) -> AccountRule:
    """Set the account of a product kind, VAT rate or way to pay from a day on, and audit it.

    Raises:
        DomainError: forbidden.
    """
    actor.require(Permission.SERVICE_WRITE)
    row = AccountRule(
        slot=slot,
        subject=subject,
        valid_from=valid_from,
        account=account,
        vat_code=vat_code,
        recorded_at=now,
        recorded_by=actor.id,
    )
    session.add(row)
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="account.set",
        object_kind="account",
        object_id=f"{slot} {subject}".strip(),
        after={"account": account, "vat_code": vat_code, "valid_from": str(valid_from)},
        now=now,
    )
    return row
