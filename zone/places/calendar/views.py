"""A calendar as the pages show it. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CalendarLine:
    """Some days that are not as usual.

    `tag` is what a campus does then: the kind, the icon and the words. `href` leads to where a
    holiday is planned that nobody has planned.
    """

    when: str
    text: str
    icon: str
    tag: tuple[str, str, str] | None = None
    href: str | None = None
