"""What the timetable shows for its filters, and what it names where a day has nothing."""

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import pytest

from zone.booking.bookings.rules import BookerState
from zone.booking.cards.views import ClassCard, Reader, card_of
from zone.booking.policies.resolution import Policies
from zone.booking.sessions.views import SessionView
from zone.booking.timetable.views import DayHoursOf, Filter, Timetable, timetable
from zone.core.time import from_helsinki
from zone.passes.passes.rules import PassRight
from zone.places.opening_hours.rules import Hours

MONDAY = date(2026, 11, 30)
TUESDAY, SUNDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=6)
NOW = from_helsinki(TUESDAY, time(13))
CAMPUSES = [("arabia", "Arcada Arabia"), ("myllypuro", "Metropolia Myllypuro")]
NAMES = {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"}
GUEST = Reader(None)


def a_class(day: date, hour: int, **values: object) -> SessionView:
    starts_at = from_helsinki(day, time(hour))
    view = SessionView(
        id=uuid.uuid4(),
        kind="class",
        name=NAMES,
        category="body_and_mind",
        campus="myllypuro",
        campus_name="Metropolia Myllypuro",
        space=NAMES,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        capacity=20,
        bookable=14,
        booked=3,
        state="scheduled",
        booking=None,
        instructor="Aino Esimerkki",
    )
    return replace(view, **values)  # type: ignore[arg-type]  # names of fields


def cards(*views: SessionView, reader: Reader = GUEST) -> list[ClassCard]:
    return [card_of(view, reader, Policies(), NOW) for view in views]


WHY: Final = {
    "fi": "Itsenäisyyspäivä",
    "sv": "Självständighetsdagen",
    "en": "Independence Day",
}


def hours(*closed: date) -> list[DayHoursOf]:
    """Both campuses are open on weekdays; on these days they are closed for a reason."""
    week = [Hours(n, time(7), time(22), MONDAY) for n in range(1, 7)]
    reasons = dict.fromkeys(closed, WHY)
    return [DayHoursOf(code, week, dict.fromkeys(closed), reasons) for code, _ in CAMPUSES]


def shown(
    chosen: date, asked: Filter, found: list[ClassCard], later: list[ClassCard] | None = None
) -> Timetable:
    return timetable(chosen, asked, found, lambda: later or [], hours(SUNDAY), CAMPUSES)


YOGA = a_class(TUESDAY, 17)
DANCE = a_class(TUESDAY, 18, category="dance", campus="arabia")
FULL = a_class(TUESDAY, 19, booked=14)
MORNING = a_class(TUESDAY, 8)
NEXT_MONDAY = a_class(MONDAY + timedelta(days=7), 7)


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        (Filter(), [MORNING, YOGA, DANCE, FULL]),
        (Filter(campus="arabia"), [DANCE]),
        (Filter(kind="mind"), [MORNING, YOGA, FULL]),
        (Filter(time="evening"), [YOGA, DANCE, FULL]),
        (Filter(free=True), [YOGA, DANCE]),
        (Filter(campus="myllypuro", free=True), [YOGA]),
        (Filter(campus="nowhere", kind="<b>", time="night"), [MORNING, YOGA, DANCE, FULL]),
    ],
)
def test_each_filter_leaves_what_it_says_and_unknown_ones_nothing_out(
    asked: Filter, left: list[SessionView]
) -> None:
    page = shown(TUESDAY, asked, cards(MORNING, YOGA, DANCE, FULL))
    assert [card.view for _, part in page.chosen.parts for card in part] == left


def test_a_filter_is_kept_in_every_address_and_its_chip_takes_it_off() -> None:
    page = shown(TUESDAY, Filter(campus="arabia", free=True), cards(YOGA, DANCE))
    on = "?day=2026-12-01&campus=arabia&free=1"
    assert [day.href for day in page.days][1] == f"/classes{on}"
    assert page.after == "/classes?day=2026-12-08&campus=arabia&free=1"
    assert page.chips.campus is not None
    assert page.chips.campus.href == "/classes?day=2026-12-01&free=1"
    assert page.chips.free.href == "/classes?day=2026-12-01&campus=arabia"
    assert page.chips.clear == "/classes?day=2026-12-01"
    assert [(one.value, one.count) for one in page.chips.campuses] == [
        (None, 2),
        ("arabia", 1),
        ("myllypuro", 1),
    ]


def test_what_is_on_stands_first() -> None:
    page = shown(TUESDAY, Filter(kind="dance"), cards(YOGA, DANCE))
    assert [one.value for one in page.chips.kinds] == ["dance", "mind"]


def test_a_closed_day_says_why_and_names_the_next_class() -> None:
    page = shown(SUNDAY, Filter(), cards(YOGA, NEXT_MONDAY))
    assert (page.chosen.shut, page.chosen.reason) == (True, WHY)
    assert [card.view for card in page.chosen.next] == [NEXT_MONDAY]
    wednesday = page.days[2]
    assert (wednesday.count, wednesday.shut, wednesday.reason) == (0, False, None)


def test_a_filter_without_a_hit_shows_the_next_two_like_it() -> None:
    later = cards(*(a_class(MONDAY + timedelta(days=9 + n), 12) for n in range(3)))
    dance = cards(a_class(MONDAY + timedelta(days=8), 12, category="dance"))
    page = shown(TUESDAY, Filter(kind="mind"), cards(DANCE), [*dance, *later])
    assert page.is_empty
    assert [card.view for card in page.chosen.next] == [card.view for card in later[:2]]
    assert (page.everything, page.all_count) == ("/classes?day=2026-12-01", 1)


def test_nothing_more_is_read_where_the_cards_at_hand_are_enough() -> None:
    def later() -> list[ClassCard]:
        raise AssertionError("read")

    week = cards(*(a_class(MONDAY + timedelta(days=n), 20) for n in (1, 2, 3, 4, 5, 7, 7)))
    assert timetable(SUNDAY, Filter(), week, later, hours(), CAMPUSES).chosen.next


def test_a_class_of_the_past_or_full_is_never_what_comes_next() -> None:
    page = shown(MONDAY, Filter(), cards(MORNING, FULL, YOGA))
    assert [card.view for card in page.chosen.next] == [YOGA]


RIGHT = PassRight(
    "class", (), datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), 1
)


def test_a_card_says_what_keeps_its_reader_from_booking() -> None:
    other = a_class(TUESDAY, 17, booking=uuid.uuid4())
    nobody = Reader(BookerState(rights=[], suspended=[], open={}))
    holder = Reader(BookerState([RIGHT], [], {7: (other.starts_at, other.ends_at)}), booked=[other])
    gym = Reader(BookerState([replace(RIGHT, kind="gym")], [], {}))
    free = Reader(BookerState([RIGHT], [], {}))
    found = [cards(YOGA, reader=reader)[0] for reader in (GUEST, nobody, gym, holder, free)]
    assert [(card.act, card.obstacle) for card in found] == [
        ("sign_in", None),
        ("pass", "no_pass"),
        ("pass", "no_right"),
        ("look", "overlap"),
        ("book", None),
    ]
    assert found[3].overlap is other
    assert cards(FULL, reader=free)[0].act == "queue"
    assert cards(MORNING, reader=free)[0].act is None


OPEN, TAKEN = a_class(TUESDAY, 17), a_class(TUESDAY, 17, booked=14)
HELD = {n: (NOW + timedelta(days=n), NOW + timedelta(days=n, hours=1)) for n in range(1, 5)}
MAY = PassRight("class", (), NOW - timedelta(days=9), NOW + timedelta(days=9), pass_id=1)
SUSPENDED = [(NOW - timedelta(days=1), None)]
PAUSED = NOW + timedelta(days=9)


@pytest.mark.parametrize(
    ("view", "reader", "obstacle", "act"),
    [
        (OPEN, Reader(BookerState([MAY], [], {})), None, "book"),
        (OPEN, Reader(BookerState([MAY], SUSPENDED, {})), "suspended", None),
        # A pass would not help.
        (OPEN, Reader(BookerState([], SUSPENDED, {})), "suspended", None),
        (OPEN, Reader(BookerState([MAY], [], {}, PAUSED)), "paused", None),
        (TAKEN, Reader(BookerState([MAY], [], {}, PAUSED)), "paused", None),
        (OPEN, Reader(BookerState([MAY], [], HELD)), "too_many", "own"),
        # Some of them may be over when a place comes free.
        (TAKEN, Reader(BookerState([MAY], [], HELD)), None, "queue"),
        (TAKEN, Reader(BookerState([MAY], [], {}), queues=5), "too_many_queues", "own"),
        (OPEN, Reader(BookerState([MAY], [], {}), queues=5), None, "book"),
    ],
)
def test_a_button_that_would_be_refused_says_why(
    view: SessionView, reader: Reader, obstacle: str | None, act: str | None
) -> None:
    card = card_of(view, reader, Policies(), NOW)
    assert (card.obstacle, card.act) == (obstacle, act)
    assert card.paused_until == (PAUSED if obstacle == "paused" else None)
