"""Which figures of groups may be shown, and their sums. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import product
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


MOST_PLACES: Final = 2
"""The decimals of a mean that is published without the number of grades."""
MOST_TRIED: Final = 10
"""The largest number of "can't say" in a group that is tried when its mean is checked."""


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


def _cut_mean(cell: AnswerSummary, most: int = MOST_PLACES) -> Decimal | None:
    """Return the mean rounded down to `most` decimals, or to fewer; None where one tells the count.

    The mean of 19 grades is a nineteenth: with enough decimals it shows that one of 20 could not
    say. Rounding down leaves it on the same side of a goal of as many decimals.
    """
    if cell.graded in _possible_counts(cell.n):
        places = _places(cell.n, most).get((cell.graded, cell.total))
        return None if places is None else _rounded_down(cell, places)
    for places in range(most, 0, -1):
        mean = _rounded_down(cell, places)
        if sum(bool(_sums_of(mean, count)) for count in _possible_counts(cell.n)) > 1:
            return mean
    return None


def _rounded_down(cell: AnswerSummary, places: int) -> Decimal:
    scaled = cell.total * 10**places // cell.graded if cell.graded else 0
    return Decimal(scaled).scaleb(-places)


@lru_cache(maxsize=200)
def _places(n: int, most: int) -> Mapping[tuple[int, int], int]:
    """Return the decimals of the mean by each number and sum of grades of `n` answers of which one
    to four could not say; none: no mean is published.

    Not only the mean may tell the number, but also how many decimals it has: whoever knows this
    rule asks for which numbers it would have been given so. For 30 answers with a mean of 1.9 that
    was 29 alone, because all others would have had two decimals.
    """
    shown = list[tuple[int, list[AnswerSummary]]]()
    left = [
        AnswerSummary(n, count, total)
        for count in _possible_counts(n)
        for total in _sums_of(None, count)
    ]
    for decimals in range(most, 0, -1):
        alike = defaultdict[Decimal, list[AnswerSummary]](list)
        for cell in left:
            alike[_rounded_down(cell, decimals)].append(cell)
        left = []
        for cells in alike.values():
            if len({cell.graded for cell in cells}) > 1:
                shown.append((decimals, cells))
            else:
                left += cells
    # No mean at all would tell the number too: others go without one.
    if shown and len({cell.graded for cell in left}) == 1:
        shown.remove(min(shown, key=lambda one: (one[0], len(one[1]))))
    return {(cell.graded, cell.total): decimals for decimals, cells in shown for cell in cells}


def _possible_counts(n: int) -> range:
    """Return how many of `n` answers may be grades where one to four could not say."""
    return range(max(LEAST_SHOWN, n - LEAST_SHOWN + 1), n)


def _sums_of(mean: Decimal | None, count: int) -> range:
    """Return the whole sums of `count` grades that have this mean, rounded down; None: any."""
    if mean is None:
        return range(GRADES[0] * count, GRADES[-1] * count + 1)
    step = 10 ** -int(mean.as_tuple().exponent)
    scaled = int(mean * step)
    return range(-(-scaled * count // step), -(-(scaled + 1) * count // step))


def published_groups(cells: Mapping[str, AnswerSummary]) -> dict[str, PublishedSummary]:
    """Return what is published of groups whose sum is published too.

    What is hidden in one group cannot be worked out from the total and the other groups: neither
    its grades nor how many could not say. Where their means to two decimals would tell it together
    with the total, they have one decimal, or no mean; where nothing helps, no group is published.
    """
    # A group in which nobody gave a grade has people all the same.
    hidden = hidden_groups({name: _size(cell) for name, cell in cells.items()}, present=cells)
    uncounted = hidden_groups({name: cell.cant_say for name, cell in cells.items()})
    means = _cut_means(cells, uncounted - hidden)
    if means is None:
        return {}
    return {
        name: PublishedSummary(cell.n, None, means[name])
        if name in means
        else PublishedSummary(cell.n, cell.graded, cell.mean)
        for name, cell in sorted(cells.items())
        if name not in hidden
    }


def _size(cell: AnswerSummary) -> int:
    """Return how many grades a group counts for where it is decided whether it is shown."""
    # A group that is shown has five grades at least: of six answers without their number one could
    # not say. So it is too small.
    tells = 0 < cell.cant_say < LEAST_SHOWN and len(_possible_counts(cell.n)) < 2
    return min(cell.graded, LEAST_SHOWN - 1) if tells else cell.graded


def _cut_means(
    cells: Mapping[str, AnswerSummary], uncounted: Collection[str]
) -> dict[str, Decimal | None] | None:
    """Return the means of the groups that are published without the number of their grades; None
    where the total tells that number even without them.
    """
    for most in range(MOST_PLACES, 0, -1):
        means = {name: _cut_mean(cells[name], most) for name in uncounted}
        if not _tell_a_count(cells, means):
            return means
    without: dict[str, Decimal | None] = dict.fromkeys(uncounted)
    return None if _tell_a_count(cells, without) else without


def _tell_a_count(cells: Mapping[str, AnswerSummary], means: Mapping[str, Decimal | None]) -> bool:
    """Whether these means and the total leave one number of grades for a group in which one to four
    could not say.

    Each mean alone leaves several, but 20 or 19 grades of 4.5 pull the total apart.
    """
    total = _sum(cells.values())
    # Groups that are hidden are taken as known, which is more than anybody knows. Of the others it
    # is known that somebody in each could not say; that they are ten at most is not, but it takes
    # a moment to try more.
    others = _sum(cell for name, cell in cells.items() if name not in means)
    options = {
        name: {
            count: sums
            for count in {*range(cells[name].n - MOST_TRIED, cells[name].n), cells[name].graded}
            if count >= LEAST_SHOWN and (sums := _sums_of(mean, count))
        }
        for name, mean in means.items()
    }
    for name, option in options.items():
        if 0 < cells[name].cant_say < LEAST_SHOWN:
            rest = _reachable(options[other] for other in means if other != name)
            together = (_added(rest, {count: sums}) for count, sums in option.items())
            if sum(_fits(reached, total, others) for reached in together) < 2:
                return True
    return False


def _sum(cells: Iterable[AnswerSummary]) -> AnswerSummary:
    rows = [(cell.n, cell.graded, cell.total) for cell in cells]
    n, graded, total = (sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0, 0)
    return AnswerSummary(n, graded, total)


def _reachable(groups: Iterable[Mapping[int, range]]) -> dict[int, int]:
    """Return the sums that groups may have together, by their number of grades; each sum is a bit.

    A group is given as its possible sums by its possible number of grades.
    """
    reached = {0: 1}
    for group in groups:
        reached = _added(reached, group)
    return reached


def _added(reached: Mapping[int, int], group: Mapping[int, range]) -> dict[int, int]:
    """Return the sums of `_reachable` with one more group."""
    added: dict[int, int] = defaultdict(int)
    for (graded, bits), (count, sums) in product(reached.items(), group.items()):
        for one in sums:
            added[graded + count] |= bits << one
    return added


def _fits(reached: Mapping[int, int], total: AnswerSummary, others: AnswerSummary) -> bool:
    """Whether one of these sums, with the other groups, has what is published of the total."""
    shown = published(total)
    if shown is None or (shown.graded is None and shown.mean is None):
        return True
    for graded, bits in reached.items():
        if shown.graded is None:
            few = 0 < total.n - others.graded - graded < LEAST_SHOWN
            sums = _sums_of(shown.mean, others.graded + graded) if few else range(0)
        elif shown.graded == others.graded + graded:
            sums = range(total.total, total.total + 1)
        else:
            continue
        if any(bits >> one - others.total & 1 for one in sums if one >= others.total):
            return True
    return False


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
