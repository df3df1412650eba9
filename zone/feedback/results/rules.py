"""Which group figures may be shown, and their sums. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

LEAST: Final = 5
"""A figure over fewer answers than this is not published (targets, definition C)."""


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """The answers of one group: how many, how many of them graded, and the sum of the grades."""

    n: int
    graded: int
    total: int

    @property
    def mean(self) -> Decimal | None:
        """The unrounded mean of the grades; None where nobody graded."""
        return Decimal(self.total) / self.graded if self.graded else None


def hidden_groups(sizes: Mapping[str, int], least: int = LEAST) -> frozenset[str]:
    """Which groups must not be shown when their sum is published.

    Those with fewer than `least` answers; and while what is hidden adds up to fewer than `least`, the next smallest
    group too (complementary suppression), or the hidden figure is the total minus the shown ones. Groups of nobody
    hide nothing and need no hiding.
    """
    by_size = sorted((size, name) for name, size in sizes.items() if size > 0)
    hidden = [entry for entry in by_size if entry[0] < least]
    shown = by_size[len(hidden) :]
    while hidden and shown and (len(hidden) < 2 or sum(size for size, _ in hidden) < least):
        hidden.append(shown.pop(0))
    return frozenset(name for _, name in hidden)


def sizes_of(cells: Mapping[str, AnswerSummary]) -> dict[str, int]:
    """How many answered in each group."""
    return {name: cell.n for name, cell in cells.items()}


def cells_by(rows: Collection[tuple[str, int | None]]) -> dict[str, AnswerSummary]:
    """(group, grade) rows, where no grade means "can't say", gathered by group."""
    groups: dict[str, list[int | None]] = {}
    for group, grade in rows:
        groups.setdefault(group, []).append(grade)
    return {group: cell_of(grades) for group, grades in groups.items()}


def cell_of(grades: Sequence[int | None]) -> AnswerSummary:
    """Answers to one question gathered; None is "can't say"."""
    graded = [grade for grade in grades if grade is not None]
    return AnswerSummary(len(grades), len(graded), sum(graded))
