"""The timetable as people read it: filters, days, cards, and what comes next. Pure."""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final
from urllib.parse import urlencode

from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.errors import NO_RIGHT, OVERLAPPING_BOOKING
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.policies.rules import Policy
from zone.booking.sessions import rules as sessions_rules
from zone.booking.sessions.views import Names, SessionView
from zone.core.time import day_window, to_helsinki
from zone.places.opening_hours.rules import DayHours, Hours, openings_on

PATH: Final = "/classes"
PARTS: Final = {"morning": (0, 11), "midday": (11, 16), "evening": (16, 24)}
"""The parts of a day, each from one hour of the Helsinki day to another."""
KINDS: Final = {
    "strength": "dumbbell",
    "cardio": "heart-pulse",
    "mind": "flower-2",
    "dance": "music",
    "ball": "volleyball",
    "martial_arts": "shield-check",
    "other": "circle-dot",
}
"""Kinds of exercise, in the order of their chips, with their icons."""
SAME_KIND: Final = {"body_and_mind": "mind"}
"""Other names of a kind. What a class calls itself is free; what has no word here is `other`."""
NEXT: Final = 2
"""How many classes stand where a day has none."""
A_WEEK: Final = timedelta(days=7)
FEW: Final = 3


def kind_of(view: SessionView) -> str:
    """Return the kind of exercise, of `KINDS`."""
    kind = SAME_KIND.get(view.category, view.category)
    return kind if kind in KINDS else "other"


def part_of(at: datetime) -> str:
    """Return the part of the day in which something begins, of `PARTS`."""
    hour = to_helsinki(at).hour
    return next(name for name, (_, end) in PARTS.items() if hour < end)


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

    def takes(self, card: "Card") -> bool:
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
class Card:
    """A class as a card.

    `act`: what its button does: book, queue, leave or cancel; sign_in, pass or look lead elsewhere.
    `until`: when a booking can be cancelled, at the last. `obstacle`: what keeps the reader from
    booking it: no_pass, no_right or overlap; `overlap` is their other class, where it is known.
    `place`: which list it stands in, `c` for that of its day.
    """

    view: SessionView
    status: str
    kind: str
    part: str
    act: str | None = None
    until: datetime | None = None
    obstacle: str | None = None
    overlap: SessionView | None = None
    place: str = "c"

    @property
    def icon(self) -> str:
        """The icon of its kind."""
        return KINDS[self.kind]

    @property
    def css(self) -> str:
        """The classes of the card."""
        shown = {"booked": "booked", "past": "past", "cancelled": "off"}.get(self.status, "")
        dated = "dated" if self.place == "n" else ""
        return " ".join(filter(None, ("cls", self.kind, shown, dated)))

    @property
    def path(self) -> str:
        """The address of the class's page."""
        return f"{PATH}/{self.view.id}"

    @property
    def has_room(self) -> bool:
        """Whether a place can be booked, now or later."""
        return self.status in ("free", "soon") and self.view.left > 0

    @property
    def is_low(self) -> bool:
        """Whether few places are left."""
        return self.view.left <= FEW

    @property
    def leader(self) -> str:
        """The first name of who leads it; empty where nobody does."""
        return (self.view.instructor or "").partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: what they hold and may, None for guests; and their bookings in what is shown."""

    booker: BookerState | None
    booked: Sequence[SessionView] = ()


def card_of(
    view: SessionView, reader: Reader, policy: Policy, now: datetime, place: str = "c"
) -> Card:
    """Return the card of a class for a reader."""
    status = view.status(policy, now)
    until = view.cancel_until(policy) if status == "booked" else None
    card = Card(
        view,
        status,
        kind_of(view),
        part_of(view.starts_at),
        act=_act(status, until, reader, now),
        until=until,
        place=place,
    )
    return _hindered(card, reader, policy, now) if card.act in ("book", "queue") else card


def _act(status: str, until: datetime | None, reader: Reader, now: datetime) -> str | None:
    if status == "booked":
        return "cancel" if until is not None and now <= until else None
    act = {"free": "book", "full": "queue", "queued": "leave"}.get(status)
    return "sign_in" if act and reader.booker is None else act


def _hindered(card: Card, reader: Reader, policy: Policy, now: datetime) -> Card:
    """Return the card of what a person could book, with what keeps just them from it."""
    if reader.booker is None:
        return card
    view = card.view
    request = BookingRequest(
        None,
        view.starts_at,
        view.ends_at,
        view.campus,
        sessions_rules.right_for(view.kind),
        view.left > 0,
    )
    reasons = bookings_rules.check(request, reader.booker, policy, now)
    if NO_RIGHT in reasons:
        return replace(card, obstacle="no_right" if reader.booker.rights else "no_pass", act="pass")
    if OVERLAPPING_BOOKING in reasons:
        return replace(card, obstacle="overlap", act="look", overlap=_overlapping(view, reader))
    return card


def _overlapping(view: SessionView, reader: Reader) -> SessionView | None:
    return next(
        (
            held
            for held in reader.booked
            if held.starts_at < view.ends_at and view.starts_at < held.ends_at
        ),
        None,
    )


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
    reasons: Mapping[date, str]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the timetable, its classes by part of the day.

    `shut`: the campuses are closed, and `reason` says why where anybody has said it. `next`: where
    it has no classes, those that come next.
    """

    day: date
    parts: Sequence[tuple[str, Sequence[Card]]]
    href: str
    has: bool
    shut: bool = False
    reason: str | None = None
    next: Sequence[Card] = ()

    @property
    def count(self) -> int:
        """How many classes are shown."""
        return sum(len(cards) for _, cards in self.parts)


@dataclass(frozen=True, slots=True)
class Choice:
    """A choice of a filter: its value, None for all; a name where it has one; how many classes."""

    value: str | None
    name: str | None
    href: str
    chosen: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Chips:
    """The filters as links; each choice that is on leads to where it is off."""

    campuses: Sequence[Choice]
    times: Sequence[Choice]
    kinds: Sequence[Choice]
    free: Choice
    clear: str | None

    @property
    def campus(self) -> Choice | None:
        """The campus that is chosen."""
        return _chosen(self.campuses)

    @property
    def time(self) -> Choice | None:
        """The part of the day that is chosen."""
        return _chosen(self.times)


def _chosen(choices: Iterable[Choice]) -> Choice | None:
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


Later = Callable[[], Sequence[Card]]
"""Reads the cards of the weeks behind those at hand, in order."""


def timetable(
    chosen: date,
    asked: Filter,
    cards: Sequence[Card],
    later: Later,
    hours: Sequence[DayHoursOf],
    campuses: Sequence[tuple[str, str]],
) -> Timetable:
    """Return the week of a day. `cards` are those of the week and some days behind it, by start;
    `campuses` are codes with names.
    """
    week = week_of(chosen)
    asked = _known(asked, cards, campuses)
    by_day: dict[date, list[Card]] = {}
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


def _known(asked: Filter, cards: Sequence[Card], campuses: Sequence[tuple[str, str]]) -> Filter:
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

    cards: Sequence[Card]
    later: Later
    asked: Filter
    read: bool = False

    def after(self, day: date) -> list[Card]:
        begins = day_window(day)[1]
        found = self._some(begins)
        if len(found) < NEXT and not self.read:
            self.cards, self.read = [*self.cards, *self.later()], True
            found = self._some(begins)
        return found

    def _some(self, begins: datetime) -> list[Card]:
        like = (
            replace(card, place="n")
            for card in self.cards
            if card.view.starts_at >= begins and card.has_room and self.asked.takes(card)
        )
        return list(islice(like, NEXT))


def _day(
    day: date,
    chosen: date,
    cards: Sequence[Card],
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
    reasons = {one.reasons[day] for one in here if day in one.reasons} if shut else set()
    return replace(
        whole,
        shut=shut,
        reason=reasons.pop() if len(reasons) == 1 else None,
        next=found.after(day),
    )


def _is_open(campus: DayHoursOf, day: date) -> bool:
    return bool(openings_on(day, campus.week, campus.exceptions))


def _chips(
    chosen: date, asked: Filter, cards: Sequence[Card], campuses: Sequence[tuple[str, str]]
) -> Chips:
    def choice(field: str, value: str | None, name: str | None = None) -> Choice:
        on = getattr(asked, field) == value
        target: dict[str, Any] = {field: None if on else value}
        return Choice(value, name, asked.address(chosen, **target), on, counts[value])

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
        free=Choice("1", None, asked.address(chosen, free=not asked.free), asked.free),
        clear=Filter().address(chosen) if asked.count > 1 else None,
    )
