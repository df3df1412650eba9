"""Which numbers hold: of the rules for everybody, an activity, and a group of people. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Final

from zone.booking.policies.rules import Policy

AFFILIATED: Final = ("student", "staff")
"""The groups of people that may have rules of their own: by a proof of their affiliation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyNumber:
    """A number of the policy: from `least` to `most`, and for whom it may differ.

    `by_activity`: it is about a place, which is the same for everybody. `by_group`: it is about a
    person. `more_is_better`: of two numbers for one person the larger one holds; else the smaller.
    """

    least: int
    most: int
    by_activity: bool = False
    by_group: bool = False
    more_is_better: bool = True


NUMBERS: Final[Mapping[str, PolicyNumber]] = {
    "opens_days": PolicyNumber(least=1, most=365, by_activity=True, by_group=True),
    # A waitlist is one for all, so what it goes by is the same for all of them.
    "closes_minutes": PolicyNumber(least=0, most=10080, by_activity=True),
    "bookable_percent": PolicyNumber(least=1, most=100, by_activity=True),
    "open_bookings": PolicyNumber(least=1, most=1000, by_activity=True, by_group=True),
    "cancel_minutes": PolicyNumber(least=0, most=10080, by_activity=True),
    "marks_percent": PolicyNumber(least=0, most=100, by_activity=True),
    "no_shows": PolicyNumber(least=1, most=100, by_group=True),
    "suspension_days": PolicyNumber(least=0, most=365, by_group=True, more_is_better=False),
    "expand_days": PolicyNumber(least=7, most=365),
    "space_step_minutes": PolicyNumber(least=5, most=1440),
    "space_most_minutes": PolicyNumber(least=5, most=1440),
    "queue_places": PolicyNumber(least=0, most=100, by_group=True),
    "promote_minutes": PolicyNumber(least=0, most=10080, by_activity=True),
    "offer_minutes": PolicyNumber(least=5, most=1440, by_activity=True),
    "remind_hours": PolicyNumber(least=0, most=336),
    "space_least_minutes": PolicyNumber(least=5, most=1440),
    "space_before_minutes": PolicyNumber(least=0, most=120),
    "space_after_minutes": PolicyNumber(least=0, most=120),
    "space_open_bookings": PolicyNumber(least=1, most=100, by_group=True),
    "space_week_bookings": PolicyNumber(least=1, most=100, by_group=True),
}
NAMES: Final = tuple(field.name for field in fields(Policy))
"""The names of the numbers, in their order everywhere."""


@dataclass(frozen=True, slots=True)
class PolicyScope:
    """What numbers hold for: an activity, people affiliated as a group, or (None) all of them."""

    activity_id: int | None = None
    affiliated_as: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers that may be set for it."""
        return tuple(name for name in NAMES if self._may_have(NUMBERS[name]))

    def contains(self, other: "PolicyScope") -> bool:
        """Return whether all of another scope belongs to this one."""
        return self.activity_id in (None, other.activity_id) and self.affiliated_as in (
            None,
            other.affiliated_as,
        )

    def _may_have(self, number: PolicyNumber) -> bool:
        return (self.activity_id is None or number.by_activity) and (
            self.affiliated_as is None or number.by_group
        )


EVERYTHING: Final = PolicyScope()


@dataclass(frozen=True, slots=True)
class ScopedNumbers:
    """The numbers of a scope, in the order of `NAMES`; None: as the wider scope has it."""

    scope: PolicyScope
    numbers: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Policies:
    """The policy in force at one moment for one person, or for nobody in particular."""

    scoped: tuple[ScopedNumbers, ...] = ()

    def of(self, activity_id: int | None = None) -> Policy:
        """Return the numbers for an activity; None: for what has none, such as a space."""
        return _resolved(self.scoped, activity_id)

    def around(self, scope: PolicyScope) -> "Policies":
        """Return what holds for all of a scope: its own numbers and those of wider ones."""
        return Policies(tuple(one for one in self.scoped if one.scope.contains(scope)))

    @property
    def by_group(self) -> bool:
        """Whether some numbers hold for a group of people only."""
        return any(one.scope.affiliated_as is not None for one in self.scoped)

    def for_groups(self, groups: Collection[str]) -> "Policies":
        """Return what holds for a person who belongs to these groups."""
        return Policies(
            tuple(one for one in self.scoped if one.scope.affiliated_as in (None, *groups))
        )

    def widest(self, name: str) -> int:
        """Return the largest value of a number over all activities, to find what it may concern."""
        at = NAMES.index(name)
        given = [one.numbers[at] for one in self.scoped]
        usual: int = getattr(self.of(), name)
        return max([usual, *(value for value in given if value is not None)])


# Cached: the numbers rarely change, and each booking asks.
@lru_cache(maxsize=256)
def _resolved(scoped: tuple[ScopedNumbers, ...], activity_id: int | None) -> Policy:
    levels = list(_levels(scoped, activity_id))
    given = {name: _number(name, at, levels) for at, name in enumerate(NAMES)}
    return Policy(**{name: value for name, value in given.items() if value is not None})


def _levels(
    scoped: Iterable[ScopedNumbers], activity_id: int | None
) -> Iterator[Sequence[ScopedNumbers]]:
    """Yield what holds from the narrowest on: an activity goes before a group of people."""
    known = list(scoped)
    for of_activity in (activity_id, None) if activity_id is not None else (None,):
        matching = [one for one in known if one.scope.activity_id == of_activity]
        yield [one for one in matching if one.scope.affiliated_as is not None]
        yield [one for one in matching if one.scope.affiliated_as is None]


def _number(name: str, at: int, levels: Iterable[Sequence[ScopedNumbers]]) -> int | None:
    # Of two groups that a person belongs to, the number that gives them more holds: nobody loses
    # by a second affiliation.
    for level in levels:
        given = sorted(value for one in level if (value := one.numbers[at]) is not None)
        if given:
            return given[-1] if NUMBERS[name].more_is_better else given[0]
    return None
