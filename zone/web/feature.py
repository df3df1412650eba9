"""What a feature offers to the application: `app`, the scheduler, the doctor and the pages iterate over it."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint as PageBlueprint

from zone.core.identity import Permission
from zone.core.invariants import Invariant
from zone.core.jobs.service import Job
from zone.core.metrics import Gauges
from zone.core.personal_data import PersonalData
from zone.web.blueprint import Blueprint


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the main navigation, in the order of `position`; for everybody where `permission` is None."""

    key: str
    path: str
    label: Any
    icon: str
    position: int
    permission: Permission | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature package. `demo_pages` are served by `zone demo` only; `gauges` read the database for `/metrics`."""

    name: str
    apis: tuple[Blueprint, ...] = ()
    pages: tuple[PageBlueprint, ...] = ()
    demo_pages: tuple[PageBlueprint, ...] = ()
    jobs: tuple[Job, ...] = ()
    gauges: tuple[Gauges, ...] = ()
    personal_data: tuple[PersonalData, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    navigation: tuple[NavItem, ...] = ()
