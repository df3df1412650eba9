"""A session as a card: its state for a reader, and the one act that it offers. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from zone.booking.activities import rules as activities_rules
from zone.booking.bookings import rules as bookings_rules
from zone.booking.bookings.errors import (
    BOOKING_SUSPENDED,
    OVERLAPPING_BOOKING,
    PERSON_SUSPENDED,
    RIGHT_MISSING,
    TOO_MANY_BOOKINGS,
    WRONG_ACTIVITY,
)
from zone.booking.bookings.rules import BookerState, BookingRequest
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.views import SessionView
from zone.core.time import to_helsinki
from zone.passes.entitlements.views import sessions_by_language

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
FEW: Final = 3
"""From this number of places down, a card says that few are left."""


def kind_of(view: SessionView) -> str:
    """Return the kind of exercise, of `KINDS`."""
    kind = SAME_KIND.get(view.category, view.category)
    return kind if kind in KINDS else "other"


def part_of(at: datetime) -> str:
    """Return the part of the day in which something begins, of `PARTS`."""
    hour = to_helsinki(at).hour
    return next(name for name, (_, end) in PARTS.items() if hour < end)


@dataclass(frozen=True, slots=True)
class ClassCard:
    """A class as a card.

    `act`: what its button does: book, queue, leave, cancel, enter or withdraw; answer, sign_in,
    pass, look or own lead to another page. `until`: the last moment to cancel a booking.
    `obstacle`: what keeps the reader from booking it: no_pass or a code of RIGHT_MISSING,
    suspended, paused (`paused_until`), overlap, too_many (bookings) or too_many_queues; `overlap`
    is their other class, where it is known, and `covered` by language what their passes for other
    classes are for.
    `place`: which list it stands in, `c` for that of its day. `kept`: its act was refused in place,
    and the bar says why; the row keeps its height, so that the next tap hits what was meant.
    """

    view: SessionView
    status: str
    kind: str
    part: str
    act: str | None = None
    until: datetime | None = None
    obstacle: str | None = None
    overlap: SessionView | None = None
    paused_until: datetime | None = None
    covered: Mapping[str, str] | None = None
    place: str = "c"
    kept: bool = False

    @property
    def icon(self) -> str:
        """The icon of its kind."""
        return KINDS[self.kind]

    @property
    def css(self) -> str:
        """The classes of the card."""
        shown = {"booked": "booked", "past": "past", "cancelled": "off"}.get(self.status, "")
        if self.kept:
            shown = "kept"  # each of the others has a height of its own
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
    """Who reads: what they hold and may, None for guests; their bookings in what is shown; and for
    how many classes they wait.
    """

    booker: BookerState | None
    booked: Sequence[SessionView] = ()
    queues: int = 0


def card_of(
    view: SessionView, reader: Reader, policies: Policies, now: datetime, place: str = "c"
) -> ClassCard:
    """Return the card of a class for a reader."""
    if reader.booker and (earlier := bookings_rules.days_earlier(reader.booker, _request(view))):
        view = replace(view, days_earlier=earlier)
    status = view.status(policies, now)
    until = view.cancel_until(policies) if status == "booked" else None
    card = ClassCard(
        view,
        status,
        kind_of(view),
        part_of(view.starts_at),
        act=_act(view, status, until, reader, now),
        until=until,
        place=place,
    )
    return (
        _hindered(card, reader, policies, now) if card.act in ("book", "queue", "enter") else card
    )


def _act(
    view: SessionView, status: str, until: datetime | None, reader: Reader, now: datetime
) -> str | None:
    if status == "booked":
        return "cancel" if until is not None and now <= until else None
    act = {"free": "book", "full": "queue", "queued": "leave", "offered": "answer"}.get(status)
    if view.lottery and status == "drawn" and view.lottery.opens_at <= now < view.lottery.draws_at:
        act = "withdraw" if view.lottery.ticket else "enter"
    return "sign_in" if act and reader.booker is None else act


def _hindered(card: ClassCard, reader: Reader, policies: Policies, now: datetime) -> ClassCard:
    """Return the card of what a person could book, with what keeps just them from it."""
    if reader.booker is None:
        return card
    view = card.view
    requested = _request(view)
    reasons = bookings_rules.check(requested, reader.booker, policies.of(view.activity_id), now)
    # First what a pass would not help.
    if PERSON_SUSPENDED in reasons:
        return replace(card, obstacle="suspended", act=None)
    if missing := next((code for code in RIGHT_MISSING if code in reasons), None):
        obstacle = missing.code if reader.booker.rights else "no_pass"
        covered = None
        if missing == WRONG_ACTIVITY:
            limits = bookings_rules.limits_of(reader.booker, requested, view.starts_at)
            covered = sessions_by_language(limits)
        return replace(card, obstacle=obstacle, act="pass", covered=covered)
    if BOOKING_SUSPENDED in reasons:
        until = reader.booker.banned_until
        return replace(card, obstacle="paused", act=None, paused_until=until)
    if OVERLAPPING_BOOKING in reasons:
        return replace(card, obstacle="overlap", act="look", overlap=_overlapping(view, reader))
    return _limited(card, reader, policies, too_many=TOO_MANY_BOOKINGS in reasons)


def _request(view: SessionView) -> BookingRequest:
    return BookingRequest(
        None,
        view.starts_at,
        view.ends_at,
        view.campus,
        activities_rules.KINDS[view.kind].right,
        view.left > 0,
        activity=view.kind,
        root=view.root,
    )


def _limited(card: ClassCard, reader: Reader, policies: Policies, *, too_many: bool) -> ClassCard:
    """Return the card with the limit that the reader has reached, if any."""
    if card.act == "book" and too_many:
        return replace(card, obstacle="too_many", act="own")
    if card.act == "queue" and reader.queues >= policies.of(card.view.activity_id).queue_places:
        return replace(card, obstacle="too_many_queues", act="own")
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
