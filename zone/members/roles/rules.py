"""The service roles, and who may grant them. Pure."""

from collections.abc import Set as AbstractSet
from typing import Final

SERVICE_ROLES: Final = frozenset({"instructor", "desk", "manager", "admin"})
"""Roles that the service grants, as opposed to student and staff, which an institution proves."""


def may_grant(actor_roles: AbstractSet[str], role: str) -> bool:
    """Whether who holds `actor_roles` may give or take a role: managers run the service, but make no administrators."""
    return "admin" in actor_roles or ("manager" in actor_roles and role != "admin")
