"""Who may use the service and how long a sign-in lasts: pure rules."""

from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Final, Protocol

CAPITAL_REGION: Final = "capital"
"""The study region of the Helsinki area, as the institutions' table names it."""

SERVICE_ROLES: Final = frozenset({"instructor", "desk", "manager", "admin"})
"""Roles that the service grants, as opposed to student and staff, which an institution proves."""

CODE_LIFE: Final = timedelta(minutes=10)
MOST_TRIES: Final = 5
STUDENT_SESSION: Final = timedelta(days=30)
SERVICE_SESSION: Final = timedelta(hours=12)
LEAST_PASSWORD: Final = 12
"""Characters; length is what makes a password strong (NIST SP 800-63B)."""


class Admission(Protocol):
    """What an institution's agreement says of whom it brings."""

    @property
    def admits_students(self) -> bool: ...
    @property
    def admits_staff(self) -> bool: ...
    @property
    def study_region(self) -> str | None: ...


def may_grant(actor_roles: AbstractSet[str], role: str) -> bool:
    """Whether who holds `actor_roles` may give or take a role: managers run the service, but make no administrators."""
    return "admin" in actor_roles or ("manager" in actor_roles and role != "admin")


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


def session_life(roles: AbstractSet[str]) -> timedelta:
    """How long a session lives without being used: a service role reaches other people's data, so it is short."""
    return SERVICE_SESSION if roles & SERVICE_ROLES else STUDENT_SESSION


def session_lives(roles: AbstractSet[str], seen_at: datetime, now: datetime) -> bool:
    """Whether a session last used at `seen_at` still holds."""
    return now < seen_at + session_life(roles)


def worth_noting(roles: AbstractSet[str], seen_at: datetime, now: datetime) -> bool:
    """Whether the session's last use is old enough to be written down again; not at every request."""
    return now - seen_at > session_life(roles) / 100
