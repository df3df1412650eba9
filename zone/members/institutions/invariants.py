"""What must hold of institutions and study regions, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from zone.core.invariants import Invariant, count_rows
from zone.members.affiliations.models import Affiliation
from zone.members.institutions.models import Institution, StudyRegion


def count_unknown_regions(session: Session, _named_since: datetime) -> int:
    """Count the institutions and affiliations of a study region that there is not."""
    return sum(
        count_rows(
            session,
            select(row.id).where(
                row.study_region.is_not(None), ~exists().where(StudyRegion.code == row.study_region)
            ),
        )
        for row in (Institution, Affiliation)
    )


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "study_regions",
        "institutions and people are of study regions that there are",
        count_unknown_regions,
        "Somebody has written past the service. Compare with the page Institutions, "
        "`/manage/institutions`.",
    ),
)
