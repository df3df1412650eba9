"""Accounting years, and when their books may be deleted."""

from datetime import date

import pytest

from zone.passes.retention.rules import (
    BookkeepingRules,
    DatedBookkeepingRules,
    deletable_from,
    year_end,
    years_to_delete,
)

TO_JULY = (DatedBookkeepingRules(1, date(2017, 1, 1), BookkeepingRules(last_month=7)),)


@pytest.mark.parametrize(
    ("ended_on", "kept", "from_day"),
    [
        (date(2015, 12, 31), 6, date(2022, 1, 1)),
        # From the end of the calendar year in which the accounting year ended.
        (date(2016, 7, 31), 6, date(2023, 1, 1)),
        (date(2015, 12, 31), 10, date(2026, 1, 1)),
    ],
)
def test_years_are_counted_from_the_end_of_the_calendar_year(
    ended_on: date, kept: int, from_day: date
) -> None:
    assert deletable_from(ended_on, kept) == from_day


@pytest.mark.parametrize(
    ("rules", "day", "last"),
    [
        ((), date(2015, 12, 31), date(2015, 12, 31)),
        ((), date(2016, 1, 1), date(2016, 12, 31)),
        (TO_JULY, date(2016, 5, 1), date(2016, 12, 31)),
        (TO_JULY, date(2017, 1, 1), date(2017, 7, 31)),
        (TO_JULY, date(2017, 8, 1), date(2018, 7, 31)),
    ],
)
def test_an_accounting_year_ends_as_the_rules_of_its_last_day_say(
    rules: tuple[DatedBookkeepingRules, ...], day: date, last: date
) -> None:
    assert year_end(rules, day) == last


def test_only_years_that_need_not_be_kept_are_deleted() -> None:
    first = date(2015, 6, 1)
    assert list(years_to_delete((), first, date(2021, 12, 31))) == []
    assert list(years_to_delete((), first, date(2022, 1, 1))) == [date(2015, 12, 31)]
    longer = (DatedBookkeepingRules(1, date(2020, 1, 1), BookkeepingRules(years_kept=7)),)
    assert list(years_to_delete(longer, first, date(2022, 6, 1))) == []
