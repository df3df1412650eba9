"""The page on which a person lands after signing in: where their work is, or their pass."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Flask, current_app
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.core.identity import Role
from zone.web.context import current_settings

KEY: Final = "zone_homes"
# Who holds several roles lands on the work of the first: a desk that teaches too is at the desk.
ORDER: Final = (Role.MANAGER, Role.ADMIN, Role.DESK, Role.INSTRUCTOR, Role.MEMBER)


@dataclass(frozen=True, slots=True)
class FirstHome:
    """A page on which whoever holds the role lands, as long as there is something to do on it."""

    role: Role
    path: str
    is_due: Callable[[Session, Settings, datetime], bool]


def install(
    app: Flask, homes: Iterable[tuple[Role, str]], first_homes: Iterable[FirstHome] = ()
) -> None:
    """Take in the pages on which the features let people land, by role."""
    app.extensions[KEY] = (dict(homes), tuple(first_homes))


def home_of(roles: Collection[str]) -> str:
    """Return the path on which a person with these service roles lands."""
    homes: dict[Role, str]
    first_homes: tuple[FirstHome, ...]
    homes, first_homes = current_app.extensions[KEY]
    for first in first_homes:
        if first.role in roles and _is_due(first):
            return first.path
    return homes[next(role for role in ORDER if role in {*roles, Role.MEMBER})]


def _is_due(first: FirstHome) -> bool:
    with reading() as session:
        return first.is_due(session, current_settings(), utc_now())
