"""The record of what a feature offers; application, scheduler and pages iterate over it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select
from sqlalchemy.orm import Session

from zone.core.identity import Permission, Role
from zone.core.jobs.rules import Job
from zone.core.metrics import Gauges
from zone.web.context import BookingNotices, ClassParts, EndedRights, SharedAccess
from zone.web.home import FirstHome
from zone.web.leaves import Leaves


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the main navigation, ordered by `position`; without a permission it is for
    everybody, and with a role for those who hold it themselves.
    """

    key: str
    path: str
    label: Any
    icon: str
    position: int
    permission: Permission | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class ManageItem:
    """An entry of the manager's side bar, ordered by `position`.

    The entry is the current one on its path, below it, and on and below `also`. How many things
    need attention there is asked with every manager's page: `count` is a small SELECT of one number
    at a time, and all of them are sent as one statement; `counter` is for what SQL cannot count.
    `while_counted`: the entry stands there only as long as something needs attention.
    """

    path: str
    label: Any
    icon: str
    position: int
    permission: Permission
    also: tuple[str, ...] = ()
    count: Callable[[datetime], Select[int]] | None = None
    counter: Callable[[Session, datetime], int] | None = None
    while_counted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A feature package: what its leaves offer by their files, and what stands here by name.

    `gauges` read the database for `/metrics`. `static` names folders of static files, each with its
    name below the digest. `homes` are the pages on which people with a role land after signing in,
    `first_homes` those on which they land before as long as something is to be done there.
    `on_ended_rights` cancels what rests on a right, after a feature below has ended it.
    `booking_notices` say what a person must know of a booking soon, `class_parts` stand on the page
    of a class. `shared_access` reads a person's data without a sign-in, and can end with it.
    """

    name: str
    leaves: Leaves
    jobs: tuple[Job, ...] = ()
    gauges: tuple[Gauges, ...] = ()
    static: tuple[tuple[str, Path], ...] = ()
    navigation: tuple[NavItem, ...] = ()
    manage: tuple[ManageItem, ...] = ()
    homes: tuple[tuple[Role, str], ...] = ()
    first_homes: tuple[FirstHome, ...] = ()
    on_ended_rights: tuple[EndedRights, ...] = ()
    booking_notices: tuple[BookingNotices, ...] = ()
    class_parts: tuple[ClassParts, ...] = ()
    shared_access: tuple[SharedAccess, ...] = ()
