"""What somebody else has saved while a form was open: what differs, as people read it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Final

from flask_babel import gettext as _

from zone.core.formats import format_time
from zone.web.filters import date_

EMPTY: Final = "–"

Show = Callable[[Any], str]
"""Returns a value of a form, stored or typed, as people read it."""

Labels = Mapping[str, tuple[str, Show]]
"""Input → its label and how its values read. `name-fi` is the member `fi` of the field `name`."""


@dataclass(frozen=True, slots=True)
class StoredField:
    """What is stored now in a field that differs from what was typed."""

    label: str
    value: str


def differing(
    labels: Labels, stored: Mapping[str, Any] | None, typed: Mapping[str, Any]
) -> list[StoredField] | None:
    """Return what is stored in each field that reads otherwise than what was typed; None where
    nothing was saved meanwhile.
    """
    if stored is None:
        return None
    old, new = dict(_by_input(stored)), dict(_by_input(typed))
    pairs = [
        (label, _text(show, old.get(name)), _text(show, new.get(name)))
        for name, (label, show) in labels.items()
    ]
    return [StoredField(label, value) for label, value, other in pairs if value != other]


def one_of(options: Mapping[Any, str], otherwise: str | None = None) -> Show:
    """Show a choice by its name; `otherwise` is what to say of one that is not offered any more."""
    return lambda value: str(options.get(value, otherwise or value))


def some_of(options: Mapping[Any, str]) -> Show:
    """Show several choices by their names, in the order in which they are offered."""
    return lambda values: ", ".join(name for code, name in options.items() if code in values)


def yes_or_no(value: Any) -> str:
    """Show whether a box is ticked."""
    return str(_("yes") if value else _("no"))


def day(value: Any) -> str:
    """Show a day of a form: `2026-12-02` is 2 Dec 2026."""
    return date_(date.fromisoformat(value))


def clock_time(value: Any) -> str:
    """Show a time of day of a form: `17:30` is 17.30."""
    return format_time(time.fromisoformat(value))


def _text(show: Show, value: Any) -> str:
    value = "" if value is None else value
    try:
        return show(value) or EMPTY
    except (TypeError, ValueError):  # what was typed is no day and no time
        return str(value) or EMPTY


def _by_input(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for part, value in values.items():
        name = f"{prefix}{part}"
        if isinstance(value, Mapping):
            yield from _by_input(value, f"{name}-")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            yield from _by_input({str(place): row for place, row in enumerate(value)}, f"{name}-")
        else:
            yield name, value
