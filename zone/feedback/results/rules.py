"""Which figures of groups may be shown, and their sums. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Final

LEAST_SHOWN: Final = 5
"""The least number of answers or people of which a figure is published.

Source: docs/targets.md, "Fewer than five answers are never published".
"""

GRADES: Final = (1, 2, 3, 4, 5)
LEAST_SPREAD: Final = 25
"""The least number of grades of which it is published how many gave which: five for each of five.

Source: docs/targets.md.
"""


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """The answers of one group: how many, how many of them graded, and the sum of the grades."""

    n: int
    graded: int
    total: int

    @property
    def cant_say(self) -> int:
        """How many answered that they cannot say."""
        return self.n - self.graded

    @property
    def mean(self) -> Decimal | None:
        """The unrounded mean of the grades; None without grades."""
        return Decimal(self.total) / self.graded if self.graded else None


@dataclass(frozen=True, slots=True)
class PublishedSummary:
    """What of the answers of one group is published.

    `graded` is None where it would tell how many of a few gave a grade or could not say. Then the
    mean is cut to so few decimals that it does not tell either, or is None.
    """

    n: int
    graded: int | None
    mean: Decimal | None


def shown_mean(mean: Decimal) -> Decimal:
    """Return a mean as every page shows it: cut to two decimals, so that none reads as a goal."""
    return mean.quantize(Decimal("0.01"), rounding=ROUND_DOWN)


def published(cell: AnswerSummary) -> PublishedSummary | None:
    """Return what is published of a group on its own; None where fewer than LEAST_SHOWN answered.

    Grades and "can't say" are each a group: none of it, or LEAST_SHOWN at least.
    """
    if cell.n < LEAST_SHOWN:
        return None
    if 0 < cell.graded < LEAST_SHOWN:
        return PublishedSummary(cell.n, None, None)
    if 0 < cell.cant_say < LEAST_SHOWN:
        return without_count(cell)
    return PublishedSummary(cell.n, cell.graded, cell.mean)


def published_shares(counts: Sequence[int], cell: PublishedSummary | None) -> list[int] | None:
    """Return how many percent gave each grade, in whole percent that add up to 100.

    `counts` are those of the grades in order, `cell` what is published of all of them. None where
    that leaves their number out, or they are fewer than LEAST_SPREAD.
    """
    if cell is None or cell.graded is None or cell.graded < LEAST_SPREAD:
        return None
    exact = [Fraction(100 * count, cell.graded) for count in counts]
    shares = [int(share) for share in exact]
    # What rounding down has left goes to those who lost most of it.
    most_lost = sorted(range(len(exact)), key=lambda at: shares[at] - exact[at])
    for at in most_lost[: 100 - sum(shares)]:
        shares[at] += 1
    return shares


def without_count(cell: AnswerSummary) -> PublishedSummary:
    """Return the number of answers, and the mean as far as it does not tell how many grades."""
    return PublishedSummary(cell.n, None, _cut_mean(cell))


def _cut_mean(cell: AnswerSummary) -> Decimal | None:
    """Return the mean rounded down, to two decimals or one; None where both tell the count.

    The mean of 19 grades is a nineteenth: with enough decimals it shows that one of 20 could not
    say. Rounding down leaves it on the same side of a goal of as many decimals.
    """
    for places in (2, 1):
        scaled = cell.total * 10**places // cell.graded if cell.graded else 0
        counts = range(max(LEAST_SHOWN, cell.n - LEAST_SHOWN + 1), cell.n)
        possible = [count for count in counts if _is_mean_of(scaled, 10**places, count)]
        if len(possible) > 1:
            return Decimal(scaled).scaleb(-places)
    return None


def _is_mean_of(scaled: int, scale: int, count: int) -> bool:
    """Whether some whole sum of `count` grades has the mean `scaled` / `scale`, rounded down."""
    least_sum = -(-scaled * count // scale)
    return least_sum * scale < (scaled + 1) * count


def published_groups(cells: Mapping[str, AnswerSummary]) -> dict[str, PublishedSummary]:
    """Return what is published of groups whose sum is published too.

    What is hidden in one group cannot be worked out from the total and the other groups: neither
    its grades nor how many could not say.
    """
    # A group in which nobody gave a grade has people all the same.
    hidden = hidden_groups({name: cell.graded for name, cell in cells.items()}, present=cells)
    uncounted = hidden_groups({name: cell.cant_say for name, cell in cells.items()})
    return {
        name: without_count(cell)
        if name in uncounted
        else PublishedSummary(cell.n, cell.graded, cell.mean)
        for name, cell in sorted(cells.items())
        if name not in hidden
    }


def hidden_groups(
    sizes: Mapping[str, int], least: int = LEAST_SHOWN, *, present: Collection[str] = ()
) -> frozenset[str]:
    """Return the groups that must not be shown where the sum of all groups is published.

    These are the groups with fewer than `least` answers, and further ones by complementary
    suppression. Empty groups are never hidden, unless they are among `present`.
    """
    by_size = sorted((size, name) for name, size in sizes.items() if size > 0 or name in present)
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


def counted(by_grade: Sequence[int], cant_say: int) -> AnswerSummary:
    """Return the summary of answers of which the number of each of GRADES is known."""
    graded = sum(by_grade)
    total = sum(grade * count for grade, count in zip(GRADES, by_grade, strict=True))
    return AnswerSummary(graded + cant_say, graded, total)
