"""Whom the alliance's agreement admits. Pure."""

from typing import Final, Protocol

CAPITAL_REGION: Final = "capital"
"""The study region of the Helsinki area, as the institutions' table names it."""


class Admission(Protocol):
    """What an institution's agreement says of whom it brings."""

    @property
    def admits_students(self) -> bool: ...
    @property
    def admits_staff(self) -> bool: ...
    @property
    def study_region(self) -> str | None: ...


def admits(institution: Admission, role: str, study_region: str | None) -> bool:
    """Whether a person of that role and study region may use the service.

    Source: the alliance's agreement: students and staff of its owners, students of Arcada, and of Diak and Humak only
    students who study in the capital region.
    """
    if role == "staff":
        return institution.admits_staff
    if role != "student" or not institution.admits_students:
        return False
    return institution.study_region in (None, study_region)
