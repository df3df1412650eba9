"""What the page of the week shows. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from zone.booking.affected_people.views import PeopleOfSession
from zone.places.calendar.views import CalendarLine


@dataclass(frozen=True, slots=True)
class WeekChip:
    """A link of a row of chips."""

    text: str
    href: str
    current: bool


@dataclass(frozen=True, slots=True)
class WeekCard:
    """A class in the grid.

    `minute` is that of its start, counted from midnight; `minutes` is its length. `css` are the
    style classes of its category, its place in the grid and its part in a change. A `ghost` shows
    where the class was before the change, and is no link. `trouble` says with what it clashes.
    """

    id: UUID
    href: str
    name: str
    clock: str
    about: str
    css: str
    minute: int
    minutes: int
    ghost: bool = False
    current: bool = False
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A row of the grid. `number` is 1 for Monday; `hours` are those of guided exercise."""

    number: int
    name: str
    hours: str
    cards: Sequence[WeekCard]


@dataclass(frozen=True, slots=True)
class HoursBar:
    """Guided hours a week before and after a change, against target B.

    `after` is None without a change, and `goal` without a target. `filled`, `added` and `target_at`
    are lengths in percent of the bar: up to the smaller of both hours, from there to the larger,
    and up to the goal.
    """

    before: str
    after: str | None
    goal: str | None
    sentence: str
    label: str
    filled: str
    added: str
    target_at: str


@dataclass(frozen=True, slots=True)
class TimeAndPlace:
    """When and where a class is held, in words."""

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
class ClassPanel:
    """The chosen class and its change. `after` is None while nothing is changed.

    `values` are those of the form, which is sent to `action`; `undo` is the address without the
    change. `publish`: the change can be published now; else `why_not` says what to do first.
    `wants_reason`: the form was sent without its reason.
    """

    id: UUID
    name: str
    before: TimeAndPlace
    after: TimeAndPlace | None
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
    affected: Sequence[PeopleOfSession] = ()


@dataclass(frozen=True, slots=True)
class WeekPage:
    """The whole page.

    The grid begins at `first_hour` and is `hours` long. `halves` are links to its morning and its
    evening, with their numbers of classes. `calendar` has what is not as usual in the term.
    `public_address` is the page on which people see these classes. `submitted`: a form was sent, so
    the panel gets the focus.
    """

    title: str
    about: str
    campuses: Sequence[WeekChip]
    terms: Sequence[WeekChip]
    public_address: str
    label: str
    first_hour: int
    hours: int
    axis: Sequence[tuple[int, str]]
    halves: Sequence[WeekChip]
    days: Sequence[WeekDay]
    bar: HoursBar
    calendar: Sequence[CalendarLine] = ()
    panel: ClassPanel | None = None
    submitted: bool = False
    published: str | None = None
