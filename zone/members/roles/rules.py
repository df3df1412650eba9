"""The service roles, and who may grant them. Pure."""

from typing import Final

from zone.core.identity import Actor, Permission, Role

SERVICE_ROLES: Final = frozenset({Role.INSTRUCTOR, Role.DESK, Role.MANAGER, Role.ADMIN})
"""Roles that the service grants, as opposed to student and staff, which an institution proves."""


def may_grant(actor: Actor, role: str) -> bool:
    """Return whether the actor may give or take a role; managers make no administrators."""
    return actor.may(Permission.ADMINS_WRITE if role == Role.ADMIN else Permission.ROLES_WRITE)
