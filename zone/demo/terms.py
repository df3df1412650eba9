"""The terms of the example's year, moved so that today is in the middle of one."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

BEFORE: Final = timedelta(weeks=4)
AFTER: Final = timedelta(weeks=4)
"""How long the running term has lasted at least, and how long it goes on at least."""


class Span(NamedTuple):
    """A term of the example, both days included."""

    kind: str
    first: date
    last: date
    regular: bool


def terms_around(rows: Sequence[Mapping[str, Any]], today: date) -> list[Span]:
    """Return the terms of this year; the running one, longer where today is at its edge, first.

    A term gives way to the running one, and is left out where nothing of it stays.
    """
    spans = [_span(row, today.year) for row in rows]
    wanted = "spring" if today.month < 7 else "autumn"
    running = next(span for span in spans if span.kind == wanted)
    running = running._replace(
        first=min(running.first, today - timedelta(days=today.weekday()) - BEFORE),
        last=max(running.last, today + AFTER),
    )
    others = (_beside(running, span) for span in spans if span.kind != wanted)
    return [running, *(span for span in others if span.first < span.last)]


def _span(row: Mapping[str, Any], year: int) -> Span:
    first, last = (date.fromisoformat(f"{year}-{row[end]}") for end in ("from", "to"))
    return Span(row["kind"], first, last, row.get("regular", True))


def _beside(running: Span, other: Span) -> Span:
    if other.last < running.first or running.last < other.first:
        return other
    if other.first < running.first:
        return other._replace(last=running.first - timedelta(days=1))
    return other._replace(first=running.last + timedelta(days=1))
