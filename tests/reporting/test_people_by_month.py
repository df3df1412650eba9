"""No two reports of different times tell of fewer than five people of an institution."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.feedback.results.rules import LEAST_SHOWN
from zone.reporting.supporting import rules

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
MONTHS = [date(2026, month, 1) for month in range(1, 13)]
Arrivals = dict[tuple[date, str], int]

arrivals = st.dictionaries(
    st.tuples(st.sampled_from(MONTHS), st.sampled_from(["arcada", "diak", "laurea", ""])),
    st.integers(0, 12),
)


def reports(new_people: Arrivals) -> list[dict[str, int]]:
    """Return what is shown in each of the reports of a year; 0 where nothing is shown."""
    times = [NEW_YEAR + timedelta(days=7 * week) for week in range(58)]
    found = [rules.shown_people(new_people, at) for at in times]
    return [{name: one.size for name, one in shown.items() if one} for shown in found]


def check_no_two_reports_tell_of_few(new_people: Arrivals) -> None:
    """The property: of two reports each institution differs by nobody, or by five or more."""
    for earlier, later in combinations(reports(new_people), 2):
        for name in earlier.keys() | later.keys():
            more = later.get(name, 0) - earlier.get(name, 0)
            assert more == 0 or more >= LEAST_SHOWN


@given(arrivals)
def test_no_two_reports_tell_of_few(new_people: Arrivals) -> None:
    check_no_two_reports_tell_of_few(new_people)


@pytest.mark.planted_fault("everybody is shown at once")
def test_a_report_of_everybody_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_the_sum(sizes: Counter[str]) -> frozenset[str]:
        return frozenset()

    monkeypatch.setattr(rules, "hidden_groups", only_the_sum)
    with pytest.raises(AssertionError):
        check_no_two_reports_tell_of_few({(MONTHS[0], "arcada"): 5, (MONTHS[1], "arcada"): 1})


@given(arrivals)
def test_nobody_is_counted_twice_and_none_that_came_later(new_people: Arrivals) -> None:
    whole = Counter[str]()
    for (_, name), size in new_people.items():
        whole[name] += size
    for name, size in reports(new_people)[-1].items():
        assert size <= whole[name]
    assert reports(new_people)[0] == {}


def test_those_who_wait_are_shown_with_those_of_a_later_month() -> None:
    new_people = {
        (MONTHS[0], "arcada"): 6,
        (MONTHS[0], "laurea"): 20,
        (MONTHS[1], "arcada"): 3,
        (MONTHS[1], "laurea"): 9,
        (MONTHS[2], "arcada"): 2,
    }
    tenth = timedelta(days=10)
    at = [datetime(2026, month, 1, tzinfo=UTC) + tenth for month in (2, 3, 4)]
    found = [rules.shown_people(new_people, time) for time in at]
    sizes = [{name: one.size for name, one in shown.items() if one} for shown in found]
    first, last = {"arcada": 6, "laurea": 20}, {"arcada": 11, "laurea": 29}
    assert sizes == [first, first, last], "three would be shown, and nine tell them"
    assert rules.shown_people(new_people, at[0] - timedelta(days=1)) == {}


def test_the_only_institution_is_not_named_before_it_is_shown() -> None:
    # Target A is published: it would be the number of the hidden one.
    at = NEW_YEAR + timedelta(days=50)
    assert rules.shown_people({(MONTHS[0], "arcada"): 3}, at) == {}
    two = {(MONTHS[0], "arcada"): 3, (MONTHS[0], "diak"): 4}
    assert rules.shown_people(two, at) == {"arcada": None, "diak": None}
