"""Set VAT rates from a day on. Never commits."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.catalogue.models import VatRate
from zone.passes.catalogue.service import set_vat_rate


def plan_vat_rate(
    session: Session,
    actor: Actor,
    category: str,
    *,
    percent: Decimal,
    valid_from: date,
    now: datetime,
) -> None:
    """Set the VAT rate of a category from a day on, and audit it.

    What was set for the same day to come is corrected. A category without any rate may have its
    first one from a day that has passed; later ones begin today or later, because receipts of the
    days before are already written.

    Raises:
        DomainError: forbidden; start_too_soon: the day has passed; vat_rate_changed: by somebody
            else, for the same day.
    """
    actor.require(Permission.SERVICE_WRITE)
    of_category = select(VatRate).where(VatRate.category == category).with_for_update()
    rates = {row.valid_from: row.rate_bp for row in session.scalars(of_category)}
    if rates and valid_from < helsinki_date(now):
        raise DomainError(START_TOO_SOON)
    before = rates.get(valid_from)
    set_vat_rate(session, category, percent=percent, valid_from=valid_from)
    record_action(
        session,
        actor_id=actor.id,
        action="vat_rate.set",
        object_kind="vat_rate",
        object_id=category,
        before=_values(valid_from, before),
        after=_values(valid_from, int(percent * 100)),
        now=now,
    )


def _values(valid_from: date, rate_bp: int | None) -> dict[str, Any]:
    return {"valid_from": valid_from.isoformat(), "rate_bp": rate_bp}
