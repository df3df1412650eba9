"""What the leaves of a feature offer, found by the names of their files."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TypeVar

from flask import Blueprint as PageBlueprint

from zone.core.invariants import Invariant
from zone.core.mail.kinds import MailKind
from zone.core.personal_data import PersonalData
from zone.web.blueprint import Blueprint
from zone.web.states import State

T = TypeVar("T")

_ZONE: Final = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Leaves:
    """What the leaves of one feature offer, in the order of their names.

    Only `zone demo` serves `demo_pages`. `states` are those of its screens, which the demo lists.
    `mails` have declared themselves when their file was imported, see `zone.core.mail.kinds`.
    """

    apis: tuple[Blueprint, ...]
    pages: tuple[PageBlueprint, ...]
    demo_pages: tuple[PageBlueprint, ...]
    mails: tuple[MailKind, ...]
    states: tuple[State, ...]
    invariants: tuple[Invariant, ...]
    personal_data: tuple[PersonalData, ...]


def leaves_of(feature: str) -> Leaves:
    """Return what the leaves of a feature offer.

    A leaf offers `api` in its `api.py`, `pages` and `demo_pages` in `pages.py`, `MAILS` in
    `mails.py`, `STATES` in `states.py`, `INVARIANTS` in `invariants.py` and `PERSONAL_DATA` in
    `personal_data.py`: whoever adds such a file lists it nowhere. What is of another type is a
    `TypeError`.
    """
    return Leaves(
        apis=_offered(feature, "api", "api", Blueprint),
        pages=_offered(feature, "pages", "pages", PageBlueprint),
        demo_pages=_offered(feature, "pages", "demo_pages", PageBlueprint),
        mails=_offered(feature, "mails", "MAILS", MailKind),
        states=_offered(feature, "states", "STATES", State),
        invariants=_offered(feature, "invariants", "INVARIANTS", Invariant),
        personal_data=_offered(feature, "personal_data", "PERSONAL_DATA", PersonalData),
    )


def _offered(feature: str, file: str, name: str, kind: type[T]) -> tuple[T, ...]:
    found = tuple(
        part
        for path in sorted((_ZONE / feature).glob(f"**/{file}.py"))
        for part in _parts_of(import_module(_module(path)), name)
    )
    for part in found:
        if not isinstance(part, kind):
            raise TypeError(f"{name} of {file}.py in {feature} is no {kind.__name__}: {part!r}")
    return found


def _parts_of(module: Any, name: str) -> Iterator[Any]:
    # A file of views that another leaf's blueprint serves has none of its own.
    value = getattr(module, name, ())
    yield from value if isinstance(value, tuple) else (value,)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(_ZONE.parent).with_suffix("").parts)
