"""The public holidays of Finland, by the almanac of the University of Helsinki."""

from datetime import date, time

import pytest

from zone.places.holidays.rules import holiday_on, holidays_between, holidays_of, state_of

EASTER_BY_YEAR = {2025: date(2025, 4, 20), 2026: date(2026, 4, 5), 2027: date(2027, 3, 28)}


@pytest.mark.parametrize(("year", "sunday"), EASTER_BY_YEAR.items())
def test_movable_feasts_follow_easter(year: int, sunday: date) -> None:
    names = {holiday.names["en"]: holiday.day for holiday in holidays_of(year)}
    assert names["Easter Sunday"] == sunday
    assert (names["Good Friday"] - sunday).days == -2
    assert (names["Easter Monday"] - sunday).days == 1
    assert (names["Ascension Day"] - sunday).days == 39


def test_a_year_has_its_holidays_in_order_with_names_in_three_languages() -> None:
    found = holidays_of(2026)
    assert [holiday.day for holiday in found] == sorted(holiday.day for holiday in found)
    assert len(found) == 15
    assert all(all(holiday.names[code] for code in ("fi", "sv", "en")) for holiday in found)
    independence = holiday_on(date(2026, 12, 6))
    assert independence is not None
    assert dict(independence.names) == {
        "fi": "Itsenäisyyspäivä",
        "sv": "Självständighetsdagen",
        "en": "Independence Day",
    }


def test_both_eves_are_holidays_by_custom() -> None:
    eves = [holiday.day for holiday in holidays_of(2027) if holiday.is_eve]
    assert eves == [date(2027, 6, 25), date(2027, 12, 24)]
    assert holiday_on(date(2027, 12, 31)) is None
    assert holiday_on(date(2027, 4, 30)) is None


def test_a_span_over_new_year_has_both_ends() -> None:
    found = holidays_between(date(2026, 12, 26), date(2027, 1, 6))
    assert [holiday.day for holiday in found] == [
        date(2026, 12, 26),
        date(2027, 1, 1),
        date(2027, 1, 6),
    ]
    assert holidays_between(date(2026, 11, 2), date(2026, 12, 5)) == []


@pytest.mark.parametrize(
    ("exception", "hours", "ordinary", "decided", "state"),
    [
        (True, False, True, True, "closed"),
        (True, True, False, False, "hours"),
        (False, False, False, False, "shut"),
        (False, False, True, True, "normal"),
        (False, False, True, False, "unplanned"),
    ],
)
def test_hours_of_the_day_go_before_what_was_decided(
    exception: bool, hours: bool, ordinary: bool, decided: bool, state: str
) -> None:
    found = state_of(
        exception=exception,
        hours=(time(10), time(14)) if hours else None,
        ordinary=ordinary,
        decided=decided,
    )
    assert found == state
