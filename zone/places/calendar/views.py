"""A calendar as the pages show it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """Some days with their tag; `href` leads to where a holiday is planned that nobody has."""

    when: str
    text: str
    kind: str = ""
    icon: str = "calendar-range"
    tag: str = ""
    href: str | None = None
