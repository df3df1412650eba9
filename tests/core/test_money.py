"""Shares in percent: all of it and none of it are said of nothing else."""

from decimal import Decimal

import pytest

from zone.core.money import share_percent


@pytest.mark.parametrize(
    ("part", "whole", "places", "percent"),
    [
        (1999, 2000, 1, "99.9"),
        (99_999, 100_000, 1, "99.9"),
        (199, 200, 0, "99"),
        (1, 100_000, 1, "0.1"),
        (1, 1000, 0, "1"),
        (2000, 2000, 1, "100.0"),
        (0, 2000, 1, "0.0"),
        (1, 3, 1, "33.3"),
        (1, 8, 0, "13"),
    ],
)
def test_a_hundred_percent_is_all_and_none_is_nothing(
    part: int, whole: int, places: int, percent: str
) -> None:
    assert str(share_percent(part, whole, places)) == percent


def test_of_nothing_there_is_no_share() -> None:
    assert share_percent(0, 0) is None


def test_more_than_all_is_more_than_a_hundred() -> None:
    assert share_percent(3, 2, 1) == Decimal("150.0")
