"""The timetable as people read it: filters, days, cards, and what comes next. Pure."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from zone.booking.cards.views import KINDS, PARTS, PATH, ClassCard
from zone.booking.sessions.views import Names
from zone.core.time import day_window, to_helsinki
from zone.places.opening_hours.rules import DayHours, Hours, openings_on

NEXT: Final = 2
"""How many classes stand where a day has none."""
A_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Filter:
    """What to show only; None: everything. `free`: what has places left."""

    campus: str | None = None
    kind: str | None = None
    time: str | None = None
    free: bool = False

    @property
    def count(self) -> int:
        """How many are on."""
        return sum(map(bool, (self.campus, self.kind, self.time, self.free)))

    def takes(self, card: "ClassCard") -> bool:
        """Whether a class is shown."""
        return (
            (self.campus is None or card.view.campus == self.campus)
            and (self.kind is None or card.kind == self.kind)
            and (self.time is None or card.part == self.time)
            and (not self.free or card.has_room)
        )

    def address(self, day: date, **changes: Any) -> str:
        """Return the address of the timetable on a day, with this filter after some changes."""
        asked = replace(self, **changes)
        query = [("day", day.isoformat())]
        query += [
            (name, value)
            for name in ("campus", "kind", "time")
            if (value := getattr(asked, name)) is not None
        ]
        return f"{PATH}?{urlencode(query + [('free', '1')] * asked.free)}"


@dataclass(frozen=True, slots=True)
class Overlap:
    """A booking of the reader at the time of a class; it may be too late to cancel it."""

    id: uuid.UUID
    name: Names
    starts_at: datetime
    ends_at: datetime
    can_be_cancelled: bool


@dataclass(frozen=True, slots=True)
class DayHoursOf:
    """The hours of a campus: its ordinary week, and days with other hours and their reasons."""

    code: str
    week: Sequence[Hours]
    exceptions: Mapping[date, DayHours | None]
    reasons: Mapping[date, Names]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the timetable, its classes by part of the day.

    `shut`: the campuses are closed, and `reason` says why where anybody has said it. `next`: where
    it has no classes, those that come next.
    """

    day: date
    parts: Sequence[tuple[str, Sequence[ClassCard]]]
    href: str
    has: bool
    shut: bool = False
    reason: Names | None = None
    next: Sequence[ClassCard] = ()

    @property
    def count(self) -> int:
        """How many classes are shown."""
        return sum(len(cards) for _, cards in self.parts)


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A choice of a filter: its value, None for all; a name where it has one; how many classes."""

    value: str | None
    name: str | None
    href: str
    chosen: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Chips:
    """The filters as links; each choice that is on leads to where it is off."""

    campuses: Sequence[FilterChoice]
    times: Sequence[FilterChoice]
    kinds: Sequence[FilterChoice]
    free: FilterChoice
    clear: str | None

    @property
    def campus(self) -> FilterChoice | None:
        """The campus that is chosen."""
        return _chosen(self.campuses)

    @property
    def time(self) -> FilterChoice | None:
        """The part of the day that is chosen."""
        return _chosen(self.times)


def _chosen(choices: Iterable[FilterChoice]) -> FilterChoice | None:
    return next((one for one in choices if one.chosen and one.value is not None), None)


@dataclass(frozen=True, slots=True)
class Timetable:
    """A week of the timetable. `everything`: the address of the chosen day without filters."""

    days: Sequence[Day]
    chosen: Day
    chips: Chips
    filter: Filter
    before: str
    after: str
    everything: str
    all_count: int

    @property
    def is_empty(self) -> bool:
        """Whether filters leave nothing of the whole week."""
        return self.filter.count > 0 and not any(day.count for day in self.days)


def week_of(day: date) -> list[date]:
    """Return the days of a week from Monday on."""
    monday = day - timedelta(days=day.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


Later = Callable[[], Sequence[ClassCard]]
"""Reads the cards of the weeks behind those at hand, in order."""


def timetable(
    chosen: date,
    asked: Filter,
    cards: Sequence[ClassCard],
    later: Later,
    hours: Sequence[DayHoursOf],
    campuses: Sequence[tuple[str, str]],
) -> Timetable:
    """Return the week of a day. `cards` are those of the week and some days behind it, by start;
    `campuses` are codes with names.
    """
    week = week_of(chosen)
    asked = _known(asked, cards, campuses)
    by_day: dict[date, list[ClassCard]] = {}
    for card in cards:
        by_day.setdefault(to_helsinki(card.view.starts_at).date(), []).append(card)
    found = _Next(cards, later, asked)
    days = [_day(day, chosen, by_day.get(day, ()), asked, hours, found) for day in week]
    in_week = [card for day in week for card in by_day.get(day, ())]
    return Timetable(
        days=days,
        chosen=days[chosen.weekday()],
        chips=_chips(chosen, asked, in_week, campuses),
        filter=asked,
        before=asked.address(chosen - A_WEEK),
        after=asked.address(chosen + A_WEEK),
        everything=Filter().address(chosen),
        all_count=len(by_day.get(chosen, ())),
    )


def _known(
    asked: Filter, cards: Sequence[ClassCard], campuses: Sequence[tuple[str, str]]
) -> Filter:
    """Return the filter without what does not exist: addresses are typed, and grow old."""
    return Filter(
        asked.campus if asked.campus in dict(campuses) else None,
        asked.kind if asked.kind in KINDS else None,
        asked.time if asked.time in PARTS else None,
        asked.free,
    )


@dataclass(slots=True)
class _Next:
    """Finds what comes next; reads on only where the cards at hand have too few."""

    cards: Sequence[ClassCard]
    later: Later
    asked: Filter
    read: bool = False

    def after(self, day: date) -> list[ClassCard]:
        begins = day_window(day)[1]
        found = self._some(begins)
        if len(found) < NEXT and not self.read:
            self.cards, self.read = [*self.cards, *self.later()], True
            found = self._some(begins)
        return found

    def _some(self, begins: datetime) -> list[ClassCard]:
        like = (
            replace(card, place="n")
            for card in self.cards
            if card.view.starts_at >= begins and card.has_room and self.asked.takes(card)
        )
        return list(islice(like, NEXT))


def _day(
    day: date,
    chosen: date,
    cards: Sequence[ClassCard],
    asked: Filter,
    hours: Sequence[DayHoursOf],
    found: _Next,
) -> Day:
    shown = [card for card in cards if asked.takes(card)]
    parts = [(part, [card for card in shown if card.part == part]) for part in PARTS]
    has = any(card.status == "booked" for card in cards)
    whole = Day(day, parts, asked.address(day), has)
    if shown:
        return whole
    here = [one for one in hours if asked.campus in (None, one.code)]
    shut = bool(here) and not cards and not any(_is_open(one, day) for one in here)
    said = [one.reasons[day] for one in here if day in one.reasons] if shut else []
    return replace(
        whole,
        shut=shut,
        reason=said[0] if said and all(one == said[0] for one in said) else None,
        next=found.after(day),
    )


def _is_open(campus: DayHoursOf, day: date) -> bool:
    return bool(openings_on(day, campus.week, campus.exceptions))


def _chips(
    chosen: date, asked: Filter, cards: Sequence[ClassCard], campuses: Sequence[tuple[str, str]]
) -> Chips:
    def choice(field: str, value: str | None, name: str | None = None) -> FilterChoice:
        on = getattr(asked, field) == value
        target: dict[str, Any] = {field: None if on else value}
        return FilterChoice(value, name, asked.address(chosen, **target), on, counts[value])

    elsewhere = replace(asked, campus=None)
    counts: Counter[str | None] = Counter(
        card.view.campus for card in cards if elsewhere.takes(card)
    )
    counts[None] = counts.total()
    kinds = {card.kind for card in cards} | {asked.kind}
    return Chips(
        campuses=[choice("campus", code, name) for code, name in ((None, None), *campuses)],
        times=[choice("time", part) for part in (None, *PARTS)],
        # What is on stands first: behind the edge of a phone nobody would see it.
        kinds=sorted(
            (choice("kind", kind) for kind in KINDS if kind in kinds),
            key=lambda one: not one.chosen,
        ),
        free=FilterChoice("1", None, asked.address(chosen, free=not asked.free), asked.free),
        clear=Filter().address(chosen) if asked.count > 1 else None,
    )
