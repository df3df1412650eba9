"""The targets that were set, with all earlier ones."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.reporting.kpis.models import Target
from zone.reporting.kpis.queries import without_zeros


@dataclass(frozen=True, slots=True)
class SetTarget:
    """A target in force from a year on; `replaced`: another was set later for the same year."""

    key: str
    first_year: int
    goal: Decimal
    pct: Decimal | None
    baseline: Decimal
    baseline_of: str
    recorded_at: datetime
    replaced: bool


def set_targets(session: Session) -> list[SetTarget]:
    """Return every target that was set, by key, the newest year and the newest row first."""
    rows = session.scalars(
        select(Target).order_by(
            Target.key, Target.first_year.desc(), Target.recorded_at.desc(), Target.id.desc()
        )
    )
    found: list[SetTarget] = []
    seen: set[tuple[str, int]] = set()
    for row in rows:
        key = row.key, row.first_year
        found.append(
            SetTarget(
                row.key,
                row.first_year,
                without_zeros(row.goal),
                None if row.pct is None else without_zeros(row.pct),
                without_zeros(row.baseline),
                row.baseline_of,
                row.recorded_at,
                replaced=key in seen,
            )
        )
        seen.add(key)
    return found
