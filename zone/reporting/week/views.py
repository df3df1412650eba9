"""What the page of the week shows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Choice:
    """A link of a row of chips."""

    text: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class WeekCard:
    """A class in the grid. `css` says its kind, its place and its part in a change.

    `ghost`: where it was before the change, so it leads nowhere. `trouble` says with what it
    clashes.
    """

    id: UUID
    href: str
    name: str
    clock: str
    about: str
    css: str
    weekday: int
    minute: int
    minutes: int
    ghost: bool = False
    current: bool = False
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A row of the grid. `hours` are those of guided exercise, as text."""

    number: int
    name: str
    hours: str
    cards: Sequence[WeekCard]


@dataclass(frozen=True, slots=True)
class HoursBar:
    """Guided hours a week before and after, against target B. Shares are percent of the bar.

    `after` is None without a change, and `goal` without a target.
    """

    before: str
    after: str | None
    goal: str | None
    sentence: str
    label: str
    filled: str
    added_from: str
    added: str
    target_at: str


@dataclass(frozen=True, slots=True)
class Slot:
    """When and where a class is held."""

    day: str
    span: str
    where: str


@dataclass(frozen=True, slots=True)
class AlternativeButton:
    """A button that changes the draft to what is free; `value` is its space and start."""

    text: str
    value: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in the way of a change, or what to know before it. `kind` is bad or warn."""

    kind: str
    title: str
    lines: Sequence[str]
    alternatives: Sequence[AlternativeButton] = ()


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does, with the icon of whom or what it concerns."""

    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """The chosen class and its change. `after` is None while nothing is changed.

    `values` are those of the form, which is sent to `action`. `publish`: it can be published; else
    `why_not` says what to do first, where something is changed. `wants_reason`: it was missing.
    """

    id: UUID
    name: str
    before: Slot
    after: Slot | None
    undo: str
    action: str
    values: dict[str, Any]
    key: str
    weekdays: Sequence[tuple[int, str]]
    spaces: Sequence[tuple[str, str]]
    publish: bool = False
    wants_reason: bool = False
    why_not: str | None = None
    refusals: Sequence[str] = ()
    stored: Any = None
    troubles: Sequence[Trouble] = ()
    effects: Sequence[Effect] = ()


@dataclass(frozen=True, slots=True)
class WeekPage:
    """The whole page.

    `halves` lead to the morning and the evening, with their numbers of classes. `asked`: a form was
    sent, so its panel gets the focus. `first_hour` is that
    of the grid's start.
    """

    title: str
    about: str
    campuses: Sequence[Choice]
    terms: Sequence[Choice]
    as_people_see_it: str
    label: str
    first_hour: int
    hours: int
    axis: Sequence[tuple[int, str]]
    halves: Sequence[Choice]
    days: Sequence[WeekDay]
    bar: HoursBar
    panel: Panel | None = None
    asked: bool = False
    published: str | None = None
