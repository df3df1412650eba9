"""What the page Status shows. Pure."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.access.alarms.queries import AlarmView
from zone.access.bridges.queries import BridgeView, DoorPolicyView
from zone.access.doors.queries import DoorView
from zone.access.occupancy.queries import AreaOccupancy
from zone.access.shutdowns.queries import ShutdownView


@dataclass(frozen=True, slots=True)
class StatusTag:
    """A coloured label with an icon; `colour` is ok, warn, bad or info."""

    colour: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class BridgeCard:
    """A bridge with its connection in words. `clock` is None if the bridge has not reported it."""

    bridge: BridgeView
    campus: str
    connection: StatusTag
    clock: StatusTag | None


@dataclass(frozen=True, slots=True)
class DoorCard:
    """A door with its state in words. `bridge_fault` is set where no bridge drives it now.

    `last_entry` is None where there has been no entry yet.
    """

    door: DoorView
    state: StatusTag
    bridge_fault: StatusTag | None
    last_entry: str | None


@dataclass(frozen=True, slots=True)
class CampusDoors:
    """The doors of a campus, and how many people are inside its areas."""

    code: str
    name: str
    doors: Sequence[DoorCard]
    areas: Sequence[AreaOccupancy] = ()


@dataclass(frozen=True, slots=True)
class StatusProblem:
    """Something to look at, and what to do next.

    `about` says where and since when. `alarm` can be acknowledged; else `href` leads to where it is
    solved.
    """

    tag: StatusTag
    title: str
    about: str
    step: str
    alarm: uuid.UUID | None = None
    href: str | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class DoorsNow:
    """What is stored about doors and bridges; `campuses` are names by code, `waiting` the changes
    that no bridge has fetched, `conflicts` those that nobody has seen to,
    `released` the doors that are open to everybody.
    """

    now: datetime
    campuses: Mapping[str, str]
    bridges: Sequence[BridgeView]
    doors: Sequence[DoorView]
    alarms: Sequence[AlarmView]
    waiting: int
    policy: DoorPolicyView
    shutdowns: Sequence[ShutdownView] = ()
    conflicts: int = 0
    occupancy: Sequence[AreaOccupancy] = ()
    released: Collection[uuid.UUID] = ()


@dataclass(frozen=True, slots=True)
class NewToken:
    """The enrolment token of a bridge, shown once."""

    bridge: str
    token: str
