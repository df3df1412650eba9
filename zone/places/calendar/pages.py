"""Days that are not as usual, in words, for the pages of who plans."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flask_babel import gettext as _

from zone.core import formats
from zone.places.calendar.rules import CalendarEntry, Kind
from zone.places.calendar.views import CalendarLine
from zone.places.holidays.rules import PlanState
from zone.places.opening_hours.rules import DayHours
from zone.web import filters
from zone.web.language import language

TAGS: Final[Mapping[PlanState, tuple[str, str]]] = {
    "closed": ("", "lock"),
    "hours": ("", "clock"),
    "normal": ("ok", "circle-check"),
    "shut": ("", "lock"),
    "unplanned": ("warn", "triangle-alert"),
}
"""The kind and the icon of the tag of each state of a day."""
ICONS: Final[Mapping[Kind, str]] = {"holiday": "star", "other_hours": "calendar-x"}


def calendar_lines(entries: Iterable[CalendarEntry]) -> list[CalendarLine]:
    """Return the lines of a calendar, in its order."""
    return [_line(entry) for entry in entries]


def _line(entry: CalendarEntry) -> CalendarLine:
    when = filters.day(entry.first)
    if entry.kind == "break":
        if entry.last != entry.first:
            when = f"{when} – {filters.day(entry.last)}"
        return CalendarLine(when, _("Break"), "calendar-range")
    text, icon = (entry.names or {}).get(language(), ""), ICONS[entry.kind]
    if entry.state is None:
        return CalendarLine(when, text, icon)
    words = state_text(entry.state, entry.hours)
    href = f"/manage/holidays/{entry.first}" if entry.state == "unplanned" else None
    return CalendarLine(when, text, icon, (*TAGS[entry.state], words), href)


def state_text(state: PlanState, hours: Sequence[DayHours]) -> str:
    """Return what a campus does on a holiday, or on a day with other hours."""
    if state == "hours":
        return ", ".join(formats.format_hours(*one) for one in hours)
    words = {
        "closed": _("Closed"),
        "normal": _("Ordinary hours"),
        "shut": _("Closed on this weekday anyway"),
        "unplanned": _("Not planned yet"),
    }
    return str(words[state])
