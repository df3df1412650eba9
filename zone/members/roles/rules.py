"""The service roles, and who may grant them. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from zone.core.identity import Actor, Permission, Role

ROLE_NAMES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "fi": {
            Role.INSTRUCTOR: "ohjaaja",
            Role.DESK: "asiakaspalvelu",
            Role.MANAGER: "palvelupäällikkö",
            Role.ADMIN: "pääkäyttäjä",
        },
        "sv": {
            Role.INSTRUCTOR: "ledare",
            Role.DESK: "kundtjänst",
            Role.MANAGER: "servicechef",
            Role.ADMIN: "administratör",
        },
        "en": {
            Role.INSTRUCTOR: "instructor",
            Role.DESK: "front desk",
            Role.MANAGER: "manager",
            Role.ADMIN: "administrator",
        },
    }
)
"""What a mail calls a service role, by language."""
OPERATOR: Final[Mapping[str, str]] = MappingProxyType(
    {"fi": "palvelimen ylläpito", "sv": "serverns drift", "en": "the operator of the server"}
)
"""What a mail calls somebody who acts by a command."""


def may_grant(actor: Actor, role: str) -> bool:
    """Return whether the actor may give or take a role; managers make no administrators."""
    return actor.may(Permission.ADMINS_WRITE if role == Role.ADMIN else Permission.ROLES_WRITE)
