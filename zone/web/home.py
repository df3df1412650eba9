"""The page on which a person lands after signing in: where their work is, or their pass."""

from collections.abc import Collection, Iterable
from typing import Final

from flask import Flask, current_app

from zone.core.identity import Role

KEY: Final = "zone_homes"
# Who holds several roles lands on the work of the first: a desk that teaches too is at the desk.
ORDER: Final = (Role.MANAGER, Role.ADMIN, Role.DESK, Role.INSTRUCTOR, Role.MEMBER)


def install(app: Flask, homes: Iterable[tuple[Role, str]]) -> None:
    """Take in the pages on which the features let people land, by role."""
    app.extensions[KEY] = dict(homes)


def home_of(roles: Collection[str]) -> str:
    """Return the path on which a person with these service roles lands."""
    homes: dict[Role, str] = current_app.extensions[KEY]
    return homes[next(role for role in ORDER if role in {*roles, Role.MEMBER})]
