"""How the cost of a period is shared among institutions. Pure.

Each institution has a part of the visits through doors, of the sales, and of the people with a
pass; the weights say how much each of the three counts. The cents of the shares add up to the cost:
what rounding down leaves goes to the largest remainders.

Fewer than LEAST_SHOWN people are not told of, nor what would follow by subtraction: such
institutions are one line together. For the same reason no months are shared twice, and a period is
counted as of one time: two reports that differ by a few people would tell of these.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from zone.core.time import Window, day_window
from zone.feedback.results.rules import LEAST_SHOWN, hidden_groups
from zone.reporting.supporting.rules import ARRIVED

DEFINITION: Final = "I1-1"
"""The version of what is counted and how it is shared: docs/cost-shares.md."""

WHOLE_BP: Final = 10_000
MOST_MONTHS: Final = 12
OTHERS: Final = ""
"""The code of the line of all institutions that are not told of alone."""
MONTH: Final = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Weights:
    """How much visits, sales and people with a pass count, in basis points that make 10,000."""

    visits_bp: int
    sales_bp: int
    holders_bp: int

    @property
    def is_whole(self) -> bool:
        """Whether none is negative and all make the whole."""
        each = (self.visits_bp, self.sales_bp, self.holders_bp)
        return min(each) >= 0 and sum(each) == WHOLE_BP


BY_VISITS: Final = Weights(WHOLE_BP, 0, 0)
"""What holds before the first stored row."""


@dataclass(frozen=True, slots=True)
class DatedWeights:
    """Weights from a day on, until the next ones begin; of two of one day the later number."""

    number: int
    valid_from: date
    weights: Weights


@dataclass(frozen=True, slots=True)
class UseCounts:
    """What of the service the people of an institution used: visits through doors, sales less
    refunds in cents, and how many people had a pass.
    """

    visits: int = 0
    sales_cents: int = 0
    holders: int = 0

    def __add__(self, other: "UseCounts") -> "UseCounts":
        return UseCounts(
            self.visits + other.visits,
            self.sales_cents + other.sales_cents,
            self.holders + other.holders,
        )

    @property
    def measures(self) -> tuple[int, int, int]:
        """What shares are made of: more refunds than sales are no sales."""
        return self.visits, max(0, self.sales_cents), self.holders


@dataclass(frozen=True, slots=True)
class CostShare:
    """The share of an institution, or of OTHERS; without `counts` they are of too few people."""

    code: str
    cents: int
    counts: UseCounts | None


def weights_on(rows: Iterable[DatedWeights], day: date) -> Weights:
    """Return the weights of a day."""
    begun = [row for row in rows if row.valid_from <= day]
    return max(begun, key=lambda row: (row.valid_from, row.number)).weights if begun else BY_VISITS


def month_of(text: str) -> date:
    """Return the first day of a month that is written as 2026-01."""
    return date.fromisoformat(f"{text}-01")


def written(month: date) -> str:
    """Return a month as addresses and JSON write it: 2026-01."""
    return month.isoformat()[:7]


def months_of(first: date, last: date) -> Iterator[date]:
    """Yield the first day of each month from one to another, both included."""
    month = first
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def last_day_of(month: date) -> date:
    """Return the last day of a month."""
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def window_of(first: date, last: date) -> Window:
    """Return the time of the months from one to another, both included."""
    return day_window(first)[0], day_window(last_day_of(last))[1]


def counted_at(last: date) -> datetime:
    """Return as of when a period that ends with a month is counted.

    Doors without a network bring their entries until then.
    """
    return day_window(last_day_of(last))[1] + ARRIVED


def shared(cents: int, counts: Mapping[str, UseCounts], weights: Weights) -> list[CostShare]:
    """Return the shares of a cost by code, OTHERS last; none without anything to share by."""
    lines = told_of(counts)
    parts = _parts(lines, weights)
    amounts = apportioned(cents, parts)
    few = {code for code, one in lines.items() if one.holders < LEAST_SHOWN}
    return [
        CostShare(code, amounts[code], None if code in few else lines[code])
        for code in sorted(amounts, key=lambda code: (code == OTHERS, code))
    ]


def told_of(counts: Mapping[str, UseCounts]) -> dict[str, UseCounts]:
    """Return the counts with those of too few people joined as OTHERS."""
    present = {code: one for code, one in counts.items() if any(astuple(one))}
    sizes = {code: one.holders for code, one in present.items()}
    hidden = hidden_groups(sizes, present=present)
    lines = {code: one for code, one in present.items() if code not in hidden}
    if hidden:
        lines[OTHERS] = sum((present[code] for code in hidden), UseCounts())
    return lines


def _parts(lines: Mapping[str, UseCounts], weights: Weights) -> dict[str, Fraction]:
    """Return the part of each line of the whole. What there is none of does not count."""
    totals = [sum(of) for of in zip(*(one.measures for one in lines.values()), strict=True)]
    counting = [
        (at, weight)
        for at, (weight, total) in enumerate(zip(astuple(weights), totals, strict=False))
        if weight and total
    ]
    whole = sum(weight for _, weight in counting)
    if not whole:
        return {}
    return {
        code: sum(
            (Fraction(weight * one.measures[at], whole * totals[at]) for at, weight in counting),
            Fraction(0),
        )
        for code, one in lines.items()
    }


def apportioned(cents: int, parts: Mapping[str, Fraction]) -> dict[str, int]:
    """Return whole cents for parts that make 1; the largest remainders get what is left over.

    Of two equal remainders the code that comes first in the alphabet gets a cent first.
    """
    exact = {code: cents * part for code, part in parts.items()}
    amounts = {code: int(amount) for code, amount in exact.items()}
    by_remainder = sorted(exact, key=lambda code: (amounts[code] - exact[code], code))
    for code in by_remainder[: cents - sum(amounts.values()) if parts else 0]:
        amounts[code] += 1
    return amounts
