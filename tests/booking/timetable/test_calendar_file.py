"""A class as a calendar file: what RFC 5545 asks for, whatever the class is called."""

from dataclasses import replace
from datetime import UTC, datetime

from zone.booking.timetable.calendar_file import LINE, Event, calendar_file

NOW = datetime(2026, 12, 1, 14, 20, tzinfo=UTC)
YOGA = Event(
    uid="6f1c@zone.example",
    sequence=0,
    starts_at=datetime(2026, 12, 1, 15, 30, tzinfo=UTC),
    ends_at=datetime(2026, 12, 1, 16, 25, tzinfo=UTC),
    summary="Yoga",
    location="Myllypuro, Studio",
    url="https://zone.example/classes/6f1c",
    cancelled=False,
)


def unfolded(file: str) -> list[str]:
    """The lines as a calendar reads them."""
    assert file.endswith("\r\n")
    return file.replace("\r\n ", "").split("\r\n")[:-1]


def test_times_are_in_utc_and_the_event_is_named_for_ever() -> None:
    lines = unfolded(calendar_file(YOGA, NOW))
    assert lines[0] == "BEGIN:VCALENDAR"
    assert lines[-1] == "END:VCALENDAR"
    for line in (
        "UID:6f1c@zone.example",
        "SEQUENCE:0",
        "DTSTAMP:20261201T142000Z",
        "DTSTART:20261201T153000Z",
        "DTEND:20261201T162500Z",
        "LOCATION:Myllypuro\\, Studio",
        "STATUS:CONFIRMED",
    ):
        assert line in lines


def test_what_is_called_off_says_so() -> None:
    lines = unfolded(calendar_file(replace(YOGA, cancelled=True, sequence=1), NOW))
    assert {"STATUS:CANCELLED", "SEQUENCE:1"} <= set(lines)


def test_no_name_of_a_class_becomes_a_line_of_its_own() -> None:
    hostile = "Kahvakuula; ja\r\nBEGIN:VALARM\\, Ö" + "ö" * 90
    file = calendar_file(replace(YOGA, summary=hostile, location=""), NOW)
    assert all(len(line.encode()) <= LINE for line in file.split("\r\n"))
    [summary] = [line for line in unfolded(file) if line.startswith("SUMMARY:")]
    assert summary == "SUMMARY:Kahvakuula\\; ja\\nBEGIN:VALARM\\\\\\, Ö" + "ö" * 90
    assert "BEGIN:VALARM" not in unfolded(file)
    assert not any(line.startswith("LOCATION") for line in unfolded(file))
