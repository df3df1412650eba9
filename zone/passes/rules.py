"""The rules of products, prices, VAT, validity, and of what counts as a pass taken into use. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, Protocol, TypeVar

from zone.core.errors import DomainError
from zone.core.money import half_up, vat_included
from zone.core.time import Window, day_window
from zone.passes.errors import PASS_EXPIRED, PASS_NOT_YET, START_TOO_FAR, START_TOO_SOON, VAT_UNKNOWN

COUNTED_KINDS: Final = frozenset({"sports_pass", "gym_pass"})
"""The kinds in target A. Test, complimentary, guest and companion passes and single visits do not count."""
DECIDING: Final = frozenset({"activated", "first_used", "refunded"})
"""The events that `taken_into_use` looks at."""
MOST_DAYS_AHEAD: Final = 366
"""How far ahead a buyer may let a pass start."""


class Dated(Protocol):
    """In force from a day on, until the next one begins."""

    @property
    def valid_from(self) -> date: ...


D = TypeVar("D", bound=Dated)


def in_force(rows: Iterable[D], day: date) -> D | None:
    """The row that began last, of those that began by `day`; None before the first."""
    begun = [row for row in rows if row.valid_from <= day]
    return max(begun, key=lambda row: row.valid_from, default=None)


@dataclass(frozen=True, slots=True)
class DatedRate:
    """A VAT rate in hundredths of a percent, from a day on."""

    valid_from: date
    rate_bp: int


def vat_bp(rates: Iterable[DatedRate], supplied_on: date, *, seller_vat: bool) -> int:
    """The VAT rate, in hundredths of a percent, of what is supplied on a day.

    A pass is paid ahead, and the day of paying ahead is the day of supply. A seller outside VAT charges 0.
    Source: the Finnish VAT table in reference.toml. A refund does not ask here: it uses the rate of its line.

    Raises:
        DomainError: vat_unknown, before the first known rate.
    """
    if not seller_vat:
        return 0
    rate = in_force(rates, supplied_on)
    if rate is None:
        raise DomainError(VAT_UNKNOWN)
    return rate.rate_bp


def vat_cents(gross_cents: int, rate_bp: int) -> int:
    """The VAT inside a price, in cents; of a refund the same amount, negative."""
    inside = vat_included(abs(gross_cents), percent_of(rate_bp))
    return inside if gross_cents >= 0 else -inside


def percent_of(rate_bp: int) -> Decimal:
    """1350 → 13.5, as a number."""
    return Decimal(rate_bp) / 100


def bp_of(percent: Decimal) -> int:
    """13.5 → 1350.

    Raises:
        ValueError: finer than a hundredth of a percent.
    """
    bp = half_up(percent * 100)
    if bp != percent * 100:
        raise ValueError(f"{percent} is finer than a hundredth of a percent")
    return int(bp)


def last_day(starts_on: date, length_days: int) -> date:
    """The last day of a pass: one of 30 days that starts on the 1st ends on the 30th."""
    return starts_on + timedelta(days=length_days - 1)


@lru_cache(maxsize=1000)
def validity(starts_on: date, ends_on: date) -> Window:
    """[midnight before the first day, midnight after the last) in Helsinki, as UTC instants."""
    return day_window(starts_on)[0], day_window(ends_on)[1]


def check_start(starts_on: date, today: date) -> None:
    """The buyer's own choice of a first day.

    Raises:
        DomainError: start_too_soon or start_too_far.
    """
    if starts_on < today:
        raise DomainError(START_TOO_SOON)
    if starts_on > today + timedelta(days=MOST_DAYS_AHEAD):
        raise DomainError(START_TOO_FAR)


def notice_due(starts_on: date, ends_on: date, today: date, notices: Iterable[int]) -> int | None:
    """Which of the notices (days before the last day) a pass's holder should have had most recently; None: none yet.

    A notice counts only for a pass that had begun before its day came: nobody is told on buying a day's visit that it
    ends tomorrow.
    """
    come = [notice for notice in notices if starts_on < ends_on - timedelta(days=notice) <= today <= ends_on]
    return min(come, default=None)


def covers(
    held_entitlements: Sequence[str], held_campuses: Sequence[str], entitlements: Sequence[str], campuses: Sequence[str]
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


def payment_state(outcomes: Iterable[str]) -> str:
    """What became of a payment: paid beats everything, in whatever order the provider's words arrive."""
    known = set(outcomes)
    return next((state for state in ("paid", "declined", "cancelled") if state in known), "open")


@dataclass(frozen=True, slots=True)
class Usable:
    """A live pass inside its validity, as the use of it sees it."""

    pass_id: int
    entitlements: Sequence[str]
    campuses: Sequence[str]
    ends_on: date
    activated_at: datetime | None
    used_at: datetime | None


def pass_for_use(held: Iterable[Usable], kinds: Sequence[str], campus: str) -> Usable | None:
    """The pass that an entry uses: one already in use before a fresh one, then the one that ends first."""
    fitting = [
        item for item in held if set(item.entitlements) & set(kinds) and (not item.campuses or campus in item.campuses)
    ]
    return min(fitting, key=lambda item: (item.activated_at is None, item.ends_on, item.pass_id), default=None)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a pass or of what replaced it."""

    kind: str
    occurred_at: datetime
    recorded_at: datetime


def taken_into_use(kind: str, events: Iterable[Happened], window: Window, as_of: datetime) -> datetime | None:
    """When a root pass counts as taken into use in `window`, by what was recorded at `as_of`; None: it does not.

    `kind` is the root's, `events` those of the root and of its replacements and upgrades, so that a chain counts
    once, at its first activation. Sold is not activated. A pass refunded in full without a single verified use does
    not count. Source: the definition of target A, docs/targets.md.
    """
    first: Mapping[str, datetime] = _first_of_each(event for event in events if event.recorded_at <= as_of)
    activated = first.get("activated")
    if kind not in COUNTED_KINDS or activated is None:
        return None
    if "refunded" in first and "first_used" not in first:
        return None
    start, end = window
    return activated if start <= activated < end else None


def _first_of_each(events: Iterable[Happened]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for event in events:
        first[event.kind] = min(event.occurred_at, first.get(event.kind, event.occurred_at))
    return first
