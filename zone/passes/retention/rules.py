"""How long the books are kept: accounting years, and when one may be deleted. Pure."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from zone.core.personal_data import Retention

BOOKS: Final = Retention("accounting: 6 years after the accounting year", "passes.delete_old_books")

LEAST_YEARS: Final = 6
"""The Accounting Act (1336/1997, chapter 2, section 10) asks for at least so many."""
MOST_YEARS: Final = 30

_ORDER_IS_COVERED: Final = (
    "EXISTS (SELECT 1 FROM deleted_year JOIN orders ON orders.id = {order} "
    "WHERE orders.placed_at < deleted_year.ended_at "
    "AND deleted_year.ended_at < {{years_ago}} "
    "AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.order_id = orders.id "
    "AND receipt.issued_at >= deleted_year.ended_at))"
)


@dataclass(frozen=True, slots=True)
class BookkeepingRules:
    """The accounting year ends with the last day of `last_month`; the books are kept for
    `years_kept` years after it.
    """

    last_month: int = 12
    years_kept: int = LEAST_YEARS


@dataclass(frozen=True, slots=True)
class DatedBookkeepingRules:
    """Rules from a day on, until the next ones begin; of two of one day the later number holds."""

    number: int
    valid_from: date
    rules: BookkeepingRules


FIRST_RULES: Final = BookkeepingRules()
"""What holds before the first stored row."""


def rules_on(rows: Iterable[DatedBookkeepingRules], day: date) -> BookkeepingRules:
    """Return the rules of a day."""
    begun = [row for row in rows if row.valid_from <= day]
    newest = max(begun, key=lambda row: (row.valid_from, row.number), default=None)
    return newest.rules if newest else FIRST_RULES


def year_end(rows: Iterable[DatedBookkeepingRules], day: date) -> date:
    """Return the last day of the accounting year that a day is in."""
    dated, last = tuple(rows), _month_end(day)
    while rules_on(dated, last).last_month != last.month:
        last = _month_end(last + timedelta(1))
    return last


def _month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def deletable_from(ended_on: date, years_kept: int) -> date:
    """Return the first day on which the books of an accounting year may be deleted.

    The years are counted from the end of the calendar year in which it ended, as the law says.
    """
    return date(ended_on.year + years_kept + 1, 1, 1)


def years_to_delete(
    rows: Iterable[DatedBookkeepingRules], first: date, today: date
) -> Iterator[date]:
    """Yield the last days of the accounting years, from that of `first` on, that may be deleted."""
    dated = tuple(rows)
    years_kept = rules_on(dated, today).years_kept
    last = year_end(dated, first)
    while deletable_from(last, years_kept) <= today:
        yield last
        last = year_end(dated, last + timedelta(1))


def if_covered(order: str) -> str:
    """Return the SQL condition under which a row of the books may be deleted.

    `order` is the id of its order. A certificate covers the order, whose receipts are all older
    than the end of the certified year; and the years that the law asks for have passed by the
    database's own clock, whatever the certificate says. `{years_ago}` is for the database to fill.
    """
    return _ORDER_IS_COVERED.format(order=order)


BY_ORDER: Final = if_covered("OLD.order_id")
BY_PAYMENT: Final = if_covered("(SELECT order_id FROM payment WHERE payment.id = OLD.payment_id)")
