"""The running term of the example has today in its middle, and no term covers another one."""

from datetime import date, timedelta
from itertools import pairwise

from zone.demo.terms import AFTER, BEFORE, terms_around

ROWS = (
    {"kind": "spring", "from": "01-08", "to": "05-10"},
    {"kind": "summer", "from": "05-11", "to": "08-30", "regular": False},
    {"kind": "autumn", "from": "08-31", "to": "12-20"},
)


def test_every_day_of_two_years_is_in_the_middle_of_a_term() -> None:
    for number in range(2 * 366):
        today = date(2027, 1, 1) + timedelta(days=number)
        running, *others = terms_around(ROWS, today)
        assert running.first <= today - BEFORE
        assert today + AFTER <= running.last
        assert running.regular
        spans = sorted([running, *others], key=lambda span: span.first)
        for span, following in pairwise(spans):
            assert span.last < following.first, today


def test_terms_stay_as_they_are_while_today_is_not_at_their_edge() -> None:
    assert [
        (span.kind, span.first, span.last) for span in terms_around(ROWS, date(2026, 11, 2))
    ] == [
        ("autumn", date(2026, 8, 31), date(2026, 12, 20)),
        ("spring", date(2026, 1, 8), date(2026, 5, 10)),
        ("summer", date(2026, 5, 11), date(2026, 8, 30)),
    ]
