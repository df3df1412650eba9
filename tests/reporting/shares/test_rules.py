"""Cents add up, few people are not told of, and weights hold from their day on."""

from datetime import date
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from zone.reporting.shares import rules
from zone.reporting.shares.rules import BY_VISITS, OTHERS, DatedWeights, UseCounts, Weights

LARGE = UseCounts(100, 1000, 10)


def test_the_largest_remainders_get_what_is_left_over() -> None:
    parts = {"a": Fraction(1, 3), "b": Fraction(1, 3), "c": Fraction(1, 3)}
    assert rules.apportioned(100, parts) == {"a": 34, "b": 33, "c": 33}
    assert rules.apportioned(2, {"a": Fraction(1, 10), "b": Fraction(9, 10)}) == {"a": 0, "b": 2}
    assert rules.apportioned(100, {}) == {}


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 10**9),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(-9, 10**8), st.integers(0, 999))),
    st.integers(0, 10_000),
    st.integers(0, 10_000),
)
def test_cents_add_up_and_none_is_a_cent_off(
    cents: int, used: list[tuple[int, int, int]], first: int, second: int
) -> None:
    weights = Weights(first, (10_000 - first) * second // 10_000, 0)
    weights = Weights(first, weights.sales_bp, 10_000 - first - weights.sales_bp)
    counts = {f"u{n}": UseCounts(*one) for n, one in enumerate(used)}
    shares = rules.shared(cents, counts, weights)
    if not shares:
        return
    assert sum(one.cents for one in shares) == cents
    assert all(one.counts is None or one.counts.holders >= 5 for one in shares)
    lines = rules.told_of(counts)
    totals = [sum(of) for of in zip(*(one.measures for one in lines.values()), strict=True)]
    pairs = zip((weights.visits_bp, weights.sales_bp, weights.holders_bp), totals, strict=True)
    whole = sum(weight for weight, total in pairs if total)
    for one in shares:
        exact: Any = sum(
            cents * Fraction(weight * part, whole * total)
            for weight, part, total in zip(
                (weights.visits_bp, weights.sales_bp, weights.holders_bp),
                lines[one.code].measures,
                totals,
                strict=True,
            )
            if total
        )
        assert abs(one.cents - exact) < 1


def check_equal_shares_add_up() -> None:
    shares = rules.shared(100, {"a": LARGE, "b": LARGE, "c": LARGE}, BY_VISITS)
    assert [one.cents for one in shares] == [34, 33, 33]


def test_equal_shares_add_up() -> None:
    check_equal_shares_add_up()


@pytest.mark.parametrize(
    ("holders", "told"),
    [
        ({"a": 10, "b": 9, "c": 5}, {"a", "b", "c"}),
        ({"a": 10, "b": 9, "c": 4}, {"a", OTHERS}),  # c alone would follow from the total
        ({"a": 10, "b": 9, "c": 4, "d": 1}, {"a", "b", OTHERS}),
        ({"a": 10, "b": 9, "c": 2, "d": 1}, {"a", OTHERS}),  # three people are too few
        ({"a": 10, "b": 0}, {OTHERS}),  # visits without a pass are told of as few people
        ({"a": 10}, {"a"}),
        ({"a": 3}, {OTHERS}),
    ],
)
def test_institutions_of_few_people_are_one_line(holders: dict[str, int], told: set[str]) -> None:
    counts = {code: UseCounts(10, 100, size) for code, size in holders.items()}
    assert {one.code for one in rules.shared(1000, counts, BY_VISITS)} == told


def test_the_numbers_of_fewer_than_five_people_are_not_told() -> None:
    [only] = rules.shared(1000, {"a": UseCounts(7, 700, 3)}, BY_VISITS)
    assert (only.code, only.cents, only.counts) == (OTHERS, 1000, None)


def test_what_there_is_none_of_does_not_count() -> None:
    counts = {"a": UseCounts(0, 0, 5), "b": UseCounts(0, -50, 15)}
    shares = rules.shared(1000, counts, Weights(6000, 3000, 1000))
    assert {one.code: one.cents for one in shares} == {"a": 250, "b": 750}
    assert rules.shared(1000, counts, BY_VISITS) == []
    assert rules.shared(1000, {}, BY_VISITS) == []


def test_a_period_is_shared_by_the_newest_weights_of_its_first_day() -> None:
    first, second = Weights(10_000, 0, 0), Weights(0, 10_000, 0)
    rows = [
        DatedWeights(1, date(2026, 1, 1), second),
        DatedWeights(2, date(2026, 1, 1), first),
        DatedWeights(3, date(2026, 2, 1), second),
    ]
    days = (date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 1))
    assert [rules.weights_on(rows, day) for day in days] == [BY_VISITS, first, second]
    assert not Weights(10_001, -1, 0).is_whole


@pytest.mark.planted_fault("cents are rounded one by one")
def test_cents_that_are_rounded_one_by_one_fail_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        rules,
        "apportioned",
        lambda cents, parts: {code: round(cents * part) for code, part in parts.items()},
    )
    with pytest.raises(AssertionError):
        check_equal_shares_add_up()


@pytest.mark.planted_fault("one institution of few people alone")
def test_without_complementary_suppression_the_check_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        rules,
        "hidden_groups",
        lambda sizes, present: frozenset(code for code, size in sizes.items() if size < 5),
    )
    with pytest.raises(AssertionError):
        test_institutions_of_few_people_are_one_line({"a": 10, "b": 9, "c": 4}, {"a", OTHERS})
