"""The days of a product: of terms, of a length, and from its activation."""

from datetime import date

import pytest

from zone.passes.catalogue.rules import TermDays, duration_of, term_days

TERMS = [
    TermDays("spring", date(2026, 1, 12), date(2026, 5, 10)),
    TermDays("summer", date(2026, 6, 1), date(2026, 8, 2)),
    TermDays("autumn", date(2026, 8, 31), date(2026, 12, 20)),
    TermDays("spring", date(2027, 1, 11), date(2027, 5, 9)),
]


@pytest.mark.parametrize(
    ("duration", "bought", "days"),
    [
        ("season", date(2026, 9, 15), (date(2026, 9, 15), date(2026, 12, 20))),
        ("season", date(2026, 12, 20), (date(2026, 12, 20), date(2026, 12, 20))),
        # In a break the next term, which may begin at once.
        ("season", date(2026, 12, 21), (date(2026, 12, 21), date(2027, 5, 9))),
        ("academic_year", date(2026, 9, 15), (date(2026, 9, 15), date(2027, 5, 9))),
        ("academic_year", date(2026, 7, 1), (date(2026, 8, 31), date(2027, 5, 9))),
        # In the spring what is left of the year, not a second one.
        ("academic_year", date(2026, 3, 1), (date(2026, 3, 1), date(2026, 5, 10))),
        ("academic_year", date(2027, 1, 1), (date(2027, 1, 1), date(2027, 5, 9))),
        # A summer pass opens no door of the spring.
        ("summer", date(2026, 4, 1), (date(2026, 6, 1), date(2026, 8, 2))),
        ("summer", date(2026, 7, 1), (date(2026, 7, 1), date(2026, 8, 2))),
        ("summer", date(2026, 8, 3), None),
        ("season", date(2027, 5, 10), None),
        ("academic_year", date(2027, 5, 10), None),
    ],
)
def test_a_pass_of_terms_has_their_days(
    duration: str, bought: date, days: tuple[date, date] | None
) -> None:
    assert term_days(duration, reversed(TERMS), bought) == days


def test_a_product_of_before_lasts_its_length_or_the_term() -> None:
    assert (duration_of(30), duration_of(None)) == ("days", "season")
