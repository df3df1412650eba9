"""The order of a draw: it is settled by the seed and all tickets, and every order is as likely."""

import hashlib
import uuid
from collections import Counter
from datetime import UTC, datetime
from itertools import permutations
from math import factorial
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.booking.lotteries import drawing
from zone.booking.lotteries.states import ANNOUNCED, DRAWN

seeds = st.binary(min_size=32, max_size=32)
tickets = st.lists(st.uuids().map(str), min_size=0, max_size=30, unique=True)
CHI_SQUARE_23 = 49.7
"""With 23 degrees of freedom a fair draw is above it once in a thousand times."""
DRAWS = 2400


def a_draw(**changed: Any) -> dict[str, Any]:
    return DRAWN.exported | changed


@given(seeds, tickets, st.randoms(use_true_random=False))
def test_the_order_depends_on_the_seed_and_the_tickets_alone(
    seed: bytes, some: list[str], chance: Random
) -> None:
    shuffled = chance.sample(some, len(some))
    order = drawing.drawn_order(seed, some)
    assert drawing.drawn_order(seed, shuffled) == order
    assert sorted(order) == sorted(some)
    assert drawing.digest_of(shuffled) == drawing.digest_of(some)


def chi_square(order_of: Any) -> float:
    """How far the orders of four tickets over many seeds are from all being as likely."""
    four = [str(uuid.UUID(int=number)) for number in range(1, 5)]
    found = Counter(
        tuple(order_of(hashlib.sha256(str(number).encode()).digest(), four))
        for number in range(DRAWS)
    )
    expected = DRAWS / factorial(len(four))
    return sum((found[order] - expected) ** 2 / expected for order in permutations(four))


def test_every_order_is_as_likely() -> None:
    assert chi_square(drawing.drawn_order) < CHI_SQUARE_23


@pytest.mark.planted_fault("the lottery prefers low tickets")
def test_a_preference_fails_the_check() -> None:
    def preferring(seed: bytes, some: list[str]) -> list[str]:
        order = drawing.drawn_order(seed, some)
        return sorted(some) if seed[0] < 16 else order

    assert chi_square(preferring) > CHI_SQUARE_23


@given(seeds, tickets.filter(lambda some: len(some) > 5))
def test_one_more_ticket_changes_the_order_of_the_others(seed: bytes, some: list[str]) -> None:
    """So nobody who knows the seed finds a good ticket before the last person has entered.

    The keys of the tickets are compared: of a few tickets the order may be the same by chance.
    """
    first = seed + bytes.fromhex(drawing.digest_of(some[:-1]))
    all_of_them = seed + bytes.fromhex(drawing.digest_of(some))
    assert first != all_of_them


def test_the_terms_are_instants_in_utc_and_whole_seconds() -> None:
    at = datetime(2026, 10, 25, 0, 59, 59, 999_999, tzinfo=UTC)
    assert (
        drawing.terms_of("a", "b", at, at)
        == "a b 2026-10-25T00:59:59+00:00 2026-10-25T00:59:59+00:00"
    )


def test_a_fair_draw_has_no_faults() -> None:
    assert drawing.faults_of(a_draw()) == []


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"seed": "ab" * 32}, "seed"),
        ({"commitment": "ab" * 32}, "seed"),
        ({"terms": "another"}, "terms"),
        ({"draws_at": "2026-12-01T13:00:01+00:00"}, "terms"),
        ({"session": str(uuid.UUID(int=5))}, "terms"),
        ({"digest": "ab" * 32}, "tickets"),
        ({"entries": list(reversed(DRAWN.exported["entries"]))}, "order"),
        ({"entries": DRAWN.exported["entries"][1:]}, "tickets"),
        ({"places": 2}, "places"),
        ({"places": 4}, "places"),
        ({"seed": "zz"}, "not an exported lottery"),
        ({"entries": [3]}, "not an exported lottery"),
    ],
)
def test_whatever_was_changed_is_found(changed: dict[str, Any], fault: str) -> None:
    assert fault in " ".join(drawing.faults_of(a_draw(**changed)))


def test_nothing_is_proved_before_the_draw() -> None:
    assert "announced" in drawing.faults_of(ANNOUNCED.exported)[0]


@pytest.mark.parametrize("what", [None, [], {}, "text", {"state": "drawn"}])
def test_what_is_no_lottery_is_a_fault(what: Any) -> None:
    assert len(drawing.faults_of(what)) == 1


def test_who_could_not_have_a_place_takes_none() -> None:
    entries = [dict(entry) for entry in a_draw()["entries"]]
    entries[0]["outcome"], entries[3]["outcome"] = "refused", "won"
    assert drawing.faults_of(a_draw(entries=entries)) == []
    entries[4]["outcome"] = "won"
    assert drawing.faults_of(a_draw(entries=entries)) != []
