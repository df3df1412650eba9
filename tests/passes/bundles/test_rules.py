"""How a bundle's price is divided, and what a bundle may be made of."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.checkout import refused
from zone.passes.bundles.rules import check_parts, first_day_after, split_price

SHARES = st.lists(st.integers(1, 1_000_000), min_size=1, max_size=6)


@given(st.integers(0, 1_000_000), SHARES)
def test_the_parts_add_up_to_the_price_and_none_is_off_by_a_cent(
    cents: int, shares: list[int]
) -> None:
    parts = split_price(cents, shares)
    assert sum(parts) == cents
    for part, share in zip(parts, shares, strict=True):
        assert cents * share // sum(shares) <= part <= -(-cents * share // sum(shares))


@given(st.integers(0, 10_000), SHARES)
def test_no_discount_of_a_part_is_above_its_price(cents: int, prices: list[int]) -> None:
    off = split_price(min(cents, sum(prices)), prices)
    assert all(part <= price for part, price in zip(off, prices, strict=True))


def test_the_largest_remainder_gets_the_cent_and_of_equal_ones_the_first() -> None:
    assert split_price(100, [1, 1, 1]) == [34, 33, 33]
    assert split_price(1000, [1, 2, 4]) == [143, 286, 571]
    assert split_price(0, [3, 2]) == split_price(0, [0, 0]) == [0, 0]


def test_a_part_follows_another_that_gives_the_same() -> None:
    first = date(2026, 9, 1)
    assert first_day_after(first, []) == first
    assert first_day_after(first, [date(2026, 9, 30), date(2026, 8, 1)]) == date(2026, 10, 1)


def test_of_each_kind_at_most_one_part_counts() -> None:
    kinds = ("gym_pass", "sports_pass", "gym_pass")
    check_parts(kinds, (True, True, False))
    assert refused(lambda: check_parts(kinds, (True, True, True))) == "counts_twice"


@pytest.mark.parametrize("kind", ["fee", "bundle"])
def test_a_part_gives_one_pass(kind: str) -> None:
    assert refused(lambda: check_parts(("gym_pass", kind), (True, False))) == "part_is_no_pass"
