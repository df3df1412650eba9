"""Which figures of groups may be shown, and their sums. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LEAST_SHOWN: Final = 5
"""The least number of answers or people of which a figure is published.

Source: docs/targets.md, "Fewer than five answers are never published".
"""


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """The answers of one group: how many, how many of them graded, and the sum of the grades."""

    n: int
    graded: int
    total: int

    @property
    def mean(self) -> Decimal | None:
        """The unrounded mean of the grades; None without grades."""
        return Decimal(self.total) / self.graded if self.graded else None


def hidden_groups(sizes: Mapping[str, int], least: int = LEAST_SHOWN) -> frozenset[str]:
    """Return the groups that must not be shown where the sum of all groups is published.

    These are the groups with fewer than `least` answers, and further ones by complementary
    suppression. Empty groups are never hidden.
    """
    by_size = sorted((size, name) for name, size in sizes.items() if size > 0)
    hidden = [entry for entry in by_size if entry[0] < least]
    shown = by_size[len(hidden) :]
    # Total minus shown groups gives the hidden ones away: while these are one group, or fewer than
    # `least` answers together, the next smallest group has to be hidden too.
    while hidden and shown and (len(hidden) < 2 or sum(size for size, _ in hidden) < least):
        hidden.append(shown.pop(0))
    return frozenset(name for _, name in hidden)


def sizes_of(cells: Mapping[str, AnswerSummary]) -> dict[str, int]:
    """Return how many answered in each group."""
    return {name: cell.n for name, cell in cells.items()}


def cells_by(rows: Collection[tuple[str, int | None]]) -> dict[str, AnswerSummary]:
    """Return the summary of each group of (group, grade) rows; grade None is "can't say"."""
    groups: dict[str, list[int | None]] = {}
    for group, grade in rows:
        groups.setdefault(group, []).append(grade)
    return {group: cell_of(grades) for group, grades in groups.items()}


def cell_of(grades: Sequence[int | None]) -> AnswerSummary:
    """Return the summary of answers to one question; None is "can't say"."""
    graded = [grade for grade in grades if grade is not None]
    return AnswerSummary(len(grades), len(graded), sum(graded))
