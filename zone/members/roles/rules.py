"""The service roles, and who may grant them. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from zone.core.i18n import translatable
from zone.core.identity import Actor, Permission, Role

ROLE_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        Role.INSTRUCTOR: translatable("instructor"),
        Role.DESK: translatable("desk"),
        Role.MANAGER: translatable("manager"),
        Role.ADMIN: translatable("administrator"),
    }
)
"""What a mail calls a service role."""
OPERATOR: Final = translatable("the operator of the server")
"""What a mail calls somebody who acts by a command."""


def may_grant(actor: Actor, role: str) -> bool:
    """Return whether the actor may give or take a role; managers make no administrators."""
    return actor.may(Permission.ADMINS_WRITE if role == Role.ADMIN else Permission.ROLES_WRITE)
