"""Calendar files: what another library reads in them, whatever the names are."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.calendars import events_of, lines_of, read_calendar
from zone.core.calendar_file import FeedHead, FileEvent, calendar_file
from zone.core.text import clean_text
from zone.core.time import from_helsinki, to_helsinki

HOUR = timedelta(hours=1)
NOW = datetime(2026, 12, 1, 14, 20, tzinfo=UTC)
YOGA = FileEvent(
    uid="6f1c@zone.example",
    sequence=0,
    stamp=NOW,
    starts_at=datetime(2026, 12, 1, 15, 30, tzinfo=UTC),
    ends_at=datetime(2026, 12, 1, 16, 25, tzinfo=UTC),
    summary="Yoga",
    location="Myllypuro, Studio",
    url="https://zone.example/classes/6f1c?a=1,2;3",
    status="CONFIRMED",
)


def test_another_library_reads_the_event_as_it_is() -> None:
    [event] = events_of(calendar_file([YOGA])).values()
    assert (event.uid, event.sequence, event.status) == ("6f1c@zone.example", 0, "CONFIRMED")
    assert (event.dtstart, event.dtend, event.dtstamp) == (YOGA.starts_at, YOGA.ends_at, NOW)
    assert (event.summary, event.location, str(event.url)) == (
        YOGA.summary,
        YOGA.location,
        YOGA.url,
    )


@pytest.mark.parametrize(
    ("status", "takes_time"), [("CONFIRMED", True), ("TENTATIVE", False), ("CANCELLED", False)]
)
def test_only_what_is_certain_makes_a_person_busy(status: str, takes_time: bool) -> None:
    event = replace(YOGA, status=status)  # type: ignore[arg-type]  # one of the three
    lines = lines_of(calendar_file([event]))
    assert {f"STATUS:{status}", f"TRANSP:{'OPAQUE' if takes_time else 'TRANSPARENT'}"} <= set(lines)


@pytest.mark.parametrize("night", [date(2026, 10, 25), date(2027, 3, 28)])
def test_a_class_at_five_stays_at_five_on_both_sides_of_a_change_of_the_clock(night: date) -> None:
    days = [night + timedelta(days=number) for number in (-1, 0, 1)]
    events = [
        replace(
            YOGA, uid=str(day), starts_at=(at := from_helsinki(day, time(17))), ends_at=at + HOUR
        )
        for day in days
    ]
    read = events_of(calendar_file(events))
    shown = [to_helsinki(read[str(day)].dtstart) for day in days]  # type: ignore[arg-type]  # an instant
    assert [(at.date(), at.time()) for at in shown] == [(day, time(17)) for day in days]
    assert len({at.utcoffset() for at in shown}) == 2, "the clock changed in between"


def test_both_hours_of_the_night_that_has_one_twice_are_told_apart() -> None:
    first, second = (from_helsinki(date(2026, 10, 25), time(3, 30), fold=fold) for fold in (0, 1))
    events = [
        replace(YOGA, uid=str(number), starts_at=at, ends_at=at + HOUR)
        for number, at in enumerate((first, second))
    ]
    read = events_of(calendar_file(events))
    assert read["1"].dtstart - read["0"].dtstart == HOUR  # type: ignore[operator]  # instants


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_name_comes_back_and_none_becomes_a_line_of_its_own(summary: str, place: str) -> None:
    content = calendar_file([replace(YOGA, summary=f"x{summary}", location=f"y{place}")])
    [event] = events_of(content).values()
    assert (event.summary, event.location) == (clean_text(f"x{summary}"), clean_text(f"y{place}"))


def test_no_name_adds_a_property() -> None:
    hostile = "Kahvakuula; ja, \\n\r\nBEGIN:VALARM\\, Ö 😀" + "ö" * 90
    content = calendar_file([replace(YOGA, summary=hostile)], head=FeedHead(hostile, HOUR))
    [event] = events_of(content).values()
    assert event.summary == clean_text(hostile)
    assert "BEGIN:VALARM" not in lines_of(content)


def test_a_feed_says_its_name_and_when_to_ask_again() -> None:
    content = calendar_file([], head=FeedHead("Zone; jooga, tanssi", HOUR))
    lines = lines_of(content)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert "X-PUBLISHED-TTL:PT1H" in lines
    assert "X-WR-CALNAME:Zone\\; jooga\\, tanssi" in lines
    assert read_calendar(content).events == []


def test_the_same_events_give_the_same_bytes() -> None:
    assert calendar_file([YOGA]) == calendar_file([replace(YOGA)])
