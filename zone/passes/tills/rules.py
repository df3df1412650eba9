"""What is expected in a till, and how it is counted. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from zone.core.errors import DomainError
from zone.passes.tills.errors import DIFFERENCE_REASON, TILL_CHANGED

CASH: Final = "cash"


@dataclass(frozen=True, slots=True)
class CountedMethod:
    """What somebody counted of one way to pay: cash in the drawer, a terminal's own total."""

    method: str
    cents: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CountRow:
    """A way to pay at the close: expected, counted, and why they differ."""

    method: str
    expected_cents: int
    counted_cents: int
    reason: str

    @property
    def difference_cents(self) -> int:
        """What was counted too much; negative: what is missing."""
        return self.counted_cents - self.expected_cents


def expected_by_method(float_cents: int, moved: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return what should be there of each way to pay; cash always, with the opening float."""
    sums = {CASH: float_cents}
    for method, cents in moved:
        sums[method] = sums.get(method, 0) + cents
    return sums


def count_rows(expected: Mapping[str, int], counted: Sequence[CountedMethod]) -> list[CountRow]:
    """Return the rows of a close.

    Raises:
        DomainError: till_changed: other ways to pay were counted than there are;
            difference_reason: a difference has no reason.
    """
    if sorted(one.method for one in counted) != sorted(expected):
        raise DomainError(TILL_CHANGED)
    rows = [CountRow(c.method, expected[c.method], c.cents, c.reason.strip()) for c in counted]
    if any(row.difference_cents and not row.reason for row in rows):
        raise DomainError(DIFFERENCE_REASON)
    return rows
