"""Who is admitted under the alliance's agreement. Pure."""

from datetime import date, timedelta
from typing import Final, Protocol

LONGEST_PROOF: Final = timedelta(days=400)
"""A school year and the summer after it: whoever stays longer shows the card again."""


class Admission(Protocol):
    """The terms of an institution's agreement."""

    @property
    def admits_students(self) -> bool: ...
    @property
    def admits_staff(self) -> bool: ...
    @property
    def study_region(self) -> str | None: ...


def admits(institution: Admission, role: str, study_region: str | None) -> bool:
    """Return whether a person of that role and study region may use the service.

    Source: the alliance's agreement.
    """
    # The agreement admits students and staff of the owners, students of Arcada, and of Diak and
    # Humak only the students of the capital region.
    if role == "staff":
        return institution.admits_staff
    if role != "student" or not institution.admits_students:
        return False
    return institution.study_region in (None, study_region)


def latest_end(valid_from: date, today: date) -> date:
    """Return the last day that a proof from `valid_from` on, recorded today, may have."""
    # Counted from today too: one that begins in 2098 would be as good as one until 2099.
    return min(valid_from, today) + LONGEST_PROOF
