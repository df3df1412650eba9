"""Validity and use of a pass, its rights, and which passes count as taken into use. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from zone.core.errors import DomainError
from zone.core.time import Window, day_window
from zone.passes.passes.errors import PASS_EXPIRED, PASS_NOT_YET

ONCE: Final = ("sold", "refunded", "replaced")
"""Events that happen to a pass once. An activation may be recorded again when an earlier one turns up."""


@dataclass(frozen=True, slots=True)
class PassRight:
    """May do `kind` (gym, class, court) at `campuses` (empty: everywhere) in [valid_from, valid_until), by a pass."""

    kind: str
    campuses: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    pass_id: int


COUNTED_KINDS: Final = frozenset({"sports_pass", "gym_pass"})
"""The kinds in target A. Test, complimentary, guest and companion passes and single visits do not count."""
DECIDING: Final = frozenset({"activated", "first_used", "refunded"})
"""The events that `taken_into_use` looks at."""


@lru_cache(maxsize=1000)
def validity(starts_on: date, ends_on: date) -> Window:
    """[midnight before the first day, midnight after the last) in Helsinki, as UTC instants."""
    return day_window(starts_on)[0], day_window(ends_on)[1]


def notice_due(starts_on: date, ends_on: date, today: date, notices: Iterable[int]) -> int | None:
    """Which of the notices (days before the last day) a pass's holder should have had most recently; None: none yet.

    A notice counts only for a pass that had begun before its day came: nobody is told on buying a day's visit that it
    ends tomorrow.
    """
    come = [
        notice
        for notice in notices
        if starts_on < ends_on - timedelta(days=notice) <= today <= ends_on
    ]
    return min(come, default=None)


def covers(
    held_entitlements: Sequence[str],
    held_campuses: Sequence[str],
    entitlements: Sequence[str],
    campuses: Sequence[str],
) -> bool:
    """Whether a held pass already gives everything that another would; no campuses means every campus."""
    everywhere = not held_campuses or bool(campuses and set(campuses) <= set(held_campuses))
    return everywhere and set(entitlements) <= set(held_entitlements)


def check_usable(window: Window, at: datetime) -> None:
    """That a pass is inside its validity.

    Raises:
        DomainError: pass_not_yet or pass_expired.
    """
    start, end = window
    if at < start:
        raise DomainError(PASS_NOT_YET)
    if at >= end:
        raise DomainError(PASS_EXPIRED)


def state_of(window: Window, events: Iterable[str], now: datetime) -> str:
    """replaced, refunded, not_yet, expired or valid."""
    known = set(events)
    ended = next((kind for kind in ("refunded", "replaced") if kind in known), None)
    if ended:
        return ended
    start, end = window
    if now < start:
        return "not_yet"
    return "expired" if now >= end else "valid"


@dataclass(frozen=True, slots=True)
class UsablePass:
    """A live pass inside its validity, as the use of it sees it."""

    pass_id: int
    entitlements: Sequence[str]
    campuses: Sequence[str]
    ends_on: date
    activated_at: datetime | None
    used_at: datetime | None


def pass_for_use(
    held: Iterable[UsablePass], kinds: Sequence[str], campus: str
) -> UsablePass | None:
    """The pass that an entry uses: one already in use before a fresh one, then the one that ends first."""
    fitting = [
        item
        for item in held
        if set(item.entitlements) & set(kinds) and (not item.campuses or campus in item.campuses)
    ]
    return min(
        fitting,
        key=lambda item: (item.activated_at is None, item.ends_on, item.pass_id),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event of a pass or of what replaced it."""

    kind: str
    occurred_at: datetime
    recorded_at: datetime


def taken_into_use(
    kind: str, events: Iterable[RecordedEvent], window: Window, as_of: datetime
) -> datetime | None:
    """When a root pass counts as taken into use in `window`, by what was recorded at `as_of`; None: it does not.

    `kind` is the root's, `events` those of the root and of its replacements and upgrades, so that a chain counts
    once, at its first activation. Sold is not activated. A pass refunded in full without a single verified use does
    not count. Source: the definition of target A, docs/targets.md.
    """
    first: Mapping[str, datetime] = _first_of_each(
        event for event in events if event.recorded_at <= as_of
    )
    activated = first.get("activated")
    if kind not in COUNTED_KINDS or activated is None:
        return None
    if "refunded" in first and "first_used" not in first:
        return None
    start, end = window
    return activated if start <= activated < end else None


def _first_of_each(events: Iterable[RecordedEvent]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for event in events:
        first[event.kind] = min(event.occurred_at, first.get(event.kind, event.occurred_at))
    return first
