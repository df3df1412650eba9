"""How many people of each institution may be shown. Pure.

Anybody who reads the figures may choose the as-of time, and target A is exact. So not only a small
number must not be shown, but also none that differs from an earlier one by less than LEAST_SHOWN:
a group of four would follow from the group of five of a day later, and a person's institution from
the two reports before and after them. For the same reason a month stays as it was counted: a refund
that is known later would tell at which institution its person is.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from zone.core.time import Window, from_helsinki, helsinki_date
from zone.feedback.results.rules import hidden_groups

ARRIVED: Final = timedelta(days=10)
"""A month is counted so long after its end: doors keep entries for 7 days without a network."""


@dataclass(frozen=True, slots=True)
class ShownPeople:
    """How many people of an institution are shown, and the last month of which they are."""

    size: int
    until: date


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def counted_before(as_of: datetime) -> date:
    """Return the first month that is not counted yet, by its first day."""
    return month_of(helsinki_date(as_of - ARRIVED))


def months_of(window: Window) -> Iterator[tuple[Window, datetime]]:
    """Yield the part of a window in each month, and the time at which that month is counted."""
    start = window[0]
    while start < window[1]:
        first = month_of(helsinki_date(start))
        end = from_helsinki((first + timedelta(days=32)).replace(day=1), time())
        yield (start, min(end, window[1])), end + ARRIVED
        start = end


def shown_people(
    new_people: Mapping[tuple[date, str], int], as_of: datetime
) -> dict[str, ShownPeople | None]:
    """Return how many people of each institution are shown; None: too few.

    `new_people` are those who had their first pass of the year, by month and institution. At each
    month's end the institutions with LEAST_SHOWN new people or more are shown with these, unless
    the number of another one would follow; the others wait for a later month.
    """
    shown = dict[str, ShownPeople]()
    waiting = Counter[str]()
    for month in sorted({month for month, _ in new_people if month < counted_before(as_of)}):
        waiting.update({name: n for (of, name), n in new_people.items() if of == month})
        for name in waiting.keys() - hidden_groups(waiting):
            size = waiting.pop(name) + (shown[name].size if name in shown else 0)
            if size:
                shown[name] = ShownPeople(size, month)
    hidden = {name for name, size in waiting.items() if size and name not in shown}
    # The only institution of all: its number would be that of target A.
    if len(hidden) == 1 and not shown:
        hidden = set()
    return {name: shown.get(name) for name in sorted(shown.keys() | hidden)}
