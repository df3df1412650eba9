"""The VAT rates of each category."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.passes.catalogue.models import VatRate
from zone.passes.catalogue.rules import VAT_CATEGORIES, DatedRate


@dataclass(frozen=True, slots=True)
class RatesOfCategory:
    """The VAT rates of a category in hundredths of a percent, the newest first."""

    category: str
    rates: Sequence[DatedRate]


def rates_by_category(session: Session) -> list[RatesOfCategory]:
    """Return every category with its rates, also those without one."""
    rows = session.execute(
        select(VatRate.category, VatRate.valid_from, VatRate.rate_bp).order_by(
            VatRate.valid_from.desc()
        )
    ).all()
    return [
        RatesOfCategory(
            name, [DatedRate(day, rate_bp) for category, day, rate_bp in rows if category == name]
        )
        for name in VAT_CATEGORIES
    ]
