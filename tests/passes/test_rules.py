"""The pure rules: VAT by the supply date, prices by the day, and which passes count."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.world.shop import REFERENCE
from zone.core.errors import DomainError
from zone.core.money import percent_of
from zone.core.time import year_window
from zone.passes.catalogue import rules as catalogue_rules
from zone.passes.catalogue.rules import DatedRate
from zone.passes.entitlements.rules import Rights
from zone.passes.passes import rules as passes_rules
from zone.passes.passes.rules import PassUse, RecordedEvent, UsablePass, taken_into_use
from zone.passes.payments import rules as payments_rules

# VAT


def rates(category: str) -> list[DatedRate]:
    rows = [row for row in REFERENCE["vat_rate"] if row["category"] == category]
    return [
        DatedRate(row["valid_from"], catalogue_rules.bp_of(Decimal(row["percent"]))) for row in rows
    ]


AT = datetime(2026, 9, 12, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "exercise", "other"),
    [
        (date(2021, 1, 1), "10", "24"),
        (date(2024, 8, 31), "10", "24"),
        (date(2024, 9, 1), "10", "25.5"),
        (date(2024, 12, 31), "10", "25.5"),
        (date(2025, 1, 1), "14", "25.5"),
        (date(2025, 12, 31), "14", "25.5"),
        (date(2026, 1, 1), "13.5", "25.5"),
        (date(2030, 6, 1), "13.5", "25.5"),
    ],
)
def test_the_vat_rate_is_that_of_the_supply_date(day: date, exercise: str, other: str) -> None:
    for category, percent in (("exercise", exercise), ("coaching", other), ("other", other)):
        assert percent_of(catalogue_rules.vat_bp(rates(category), day, seller_vat=True)) == Decimal(
            percent
        )


def test_a_seller_outside_vat_charges_none() -> None:
    assert catalogue_rules.vat_bp(rates("exercise"), date(2026, 1, 1), seller_vat=False) == 0


def test_an_unknown_rate_is_refused_rather_than_guessed() -> None:
    with pytest.raises(DomainError) as refused:
        catalogue_rules.vat_bp(rates("exercise"), date(2012, 12, 31), seller_vat=True)
    assert refused.value.code == "vat_unknown"


@pytest.mark.parametrize(
    ("gross", "bp", "vat"), [(4500, 1350, 535), (4500, 1400, 553), (4500, 1000, 409), (99, 0, 0)]
)
def test_vat_is_inside_the_price_and_rounded_half_up(gross: int, bp: int, vat: int) -> None:
    assert catalogue_rules.vat_cents(gross, bp) == vat


@given(st.integers(0, 10**7), st.integers(0, 10_000))
def test_the_vat_of_a_refund_mirrors_that_of_its_sale(gross: int, bp: int) -> None:
    assert catalogue_rules.vat_cents(-gross, bp) == -catalogue_rules.vat_cents(gross, bp)
    assert 0 <= catalogue_rules.vat_cents(gross, bp) <= gross


def test_a_rate_finer_than_the_books_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="finer"):
        catalogue_rules.bp_of(Decimal("13.555"))


# days and usable passes


@given(
    st.lists(st.dates(date(2020, 1, 1), date(2030, 1, 1)), unique=True, max_size=6),
    st.dates(date(2019, 1, 1)),
)
def test_exactly_one_dated_row_is_in_force_from_the_first_on(days: list[date], day: date) -> None:
    row = catalogue_rules.in_force([DatedRate(begins, n) for n, begins in enumerate(days)], day)
    begun = [begins for begins in days if begins <= day]
    assert (row.valid_from if row else None) == max(begun, default=None)


def test_thirty_days_from_the_first_end_on_the_thirtieth() -> None:
    assert catalogue_rules.last_day(date(2026, 9, 1), 30) == date(2026, 9, 30)


def test_a_valid_day_of_the_long_october_night_has_25_hours() -> None:
    start, end = passes_rules.validity(date(2026, 10, 25), date(2026, 10, 25))
    assert end - start == timedelta(hours=25)


@pytest.mark.parametrize(
    ("held_entitlements", "held_campuses", "entitlements", "campuses", "covered"),
    [
        (("gym", "class"), (), ("gym",), (), True),
        (("gym",), (), ("gym", "class"), (), False),
        (("gym",), ("pasila",), ("gym",), (), False),
        (("gym",), ("pasila", "malmi"), ("gym",), ("pasila",), True),
        (("gym",), (), ("gym",), ("pasila",), True),
    ],
)
def test_a_pass_covers_another_when_it_gives_all_of_it(
    held_entitlements: tuple[str, ...],
    held_campuses: tuple[str, ...],
    entitlements: tuple[str, ...],
    campuses: tuple[str, ...],
    covered: bool,
) -> None:
    held, other = Rights(held_entitlements, held_campuses), Rights(entitlements, campuses)
    assert held.covers(other) is covered


def test_of_two_unused_passes_the_one_that_ends_first_is_used() -> None:
    fresh = [a_held_pass(n, until=date(2026, 9, day)) for n, day in ((1, 30), (2, 15))]
    chosen = passes_rules.pass_for_use(fresh, PassUse(1, ["gym"], "pasila", AT))
    assert chosen is fresh[1]


def a_held_pass(number: int, *, until: date, ended_at: datetime | None = None) -> UsablePass:
    return UsablePass(number, ["gym"], [], date(2026, 9, 10), until, ended_at, None, None)


@pytest.mark.parametrize(
    ("at", "fits"),
    [
        (datetime(2026, 9, 9, 20, 59, tzinfo=UTC), False),
        (datetime(2026, 9, 9, 21, 0, tzinfo=UTC), True),
        (datetime(2026, 9, 12, 11, 59, tzinfo=UTC), True),
        (datetime(2026, 9, 12, 12, 0, tzinfo=UTC), False),
    ],
)
def test_a_pass_is_used_from_its_first_day_until_it_is_ended(at: datetime, fits: bool) -> None:
    ended = a_held_pass(1, until=date(2026, 9, 30), ended_at=datetime(2026, 9, 12, 12, tzinfo=UTC))
    chosen = passes_rules.pass_for_use([ended], PassUse(1, ["gym"], "pasila", at))
    assert (chosen is not None) is fits


def test_of_the_uses_of_a_pass_the_earliest_counts() -> None:
    held = a_held_pass(1, until=date(2026, 9, 30))
    moments = [AT, AT + timedelta(hours=1), AT - timedelta(hours=1)]
    noted = [passes_rules.note_use(held, at) for at in moments]
    assert noted == [["first_used", "activated"], [], ["first_used", "activated"]]
    held.activated_at, held.used_at = AT - timedelta(days=1), None
    assert passes_rules.note_use(held, AT) == ["first_used"]


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([], "open"),
        (["declined"], "declined"),
        (["cancelled"], "cancelled"),
        (["declined", "paid"], "paid"),
        (["paid", "cancelled", "declined"], "paid"),
    ],
)
def test_paid_beats_every_other_outcome(outcomes: list[str], state: str) -> None:
    assert (
        payments_rules.payment_state(outcomes)
        == payments_rules.payment_state(reversed(outcomes))
        == state
    )


# taken into use (A)

YEAR = year_window(2021)
LATER = datetime(2022, 6, 1, tzinfo=UTC)
MAY = datetime(2021, 5, 3, 9, 0, tzinfo=UTC)


def happened(kind: str, at: datetime = MAY, *, late: timedelta = timedelta()) -> RecordedEvent:
    return RecordedEvent(kind, at, at + late)


def counts(*events: RecordedEvent, kind: str = "sports_pass", as_of: datetime = LATER) -> bool:
    return taken_into_use(kind, events, YEAR, as_of) is not None


@pytest.mark.parametrize(
    ("kind", "counted"),
    [
        ("sports_pass", True),
        ("gym_pass", True),
        ("single_visit", False),
        ("test", False),
        ("complimentary", False),
        ("guest", False),
        ("companion", False),
    ],
)
def test_only_sports_and_gym_passes_count(kind: str, counted: bool) -> None:
    assert counts(happened("sold"), happened("activated"), kind=kind) is counted


def test_sold_is_not_activated() -> None:
    assert not counts(happened("sold"))


@pytest.mark.parametrize(
    ("at", "counted"),
    [
        (datetime(2020, 12, 31, 21, 59, 59, 999_999, tzinfo=UTC), False),
        (datetime(2020, 12, 31, 22, 0, tzinfo=UTC), True),
        (datetime(2021, 12, 31, 21, 30, tzinfo=UTC), True),
        (datetime(2021, 12, 31, 22, 0, tzinfo=UTC), False),
        (datetime(2021, 12, 31, 22, 30, tzinfo=UTC), False),
    ],
    ids=[
        "last instant before",
        "midnight",
        "31 Dec 23:30 Helsinki",
        "next midnight",
        "1 Jan 00:30 Helsinki",
    ],
)
def test_the_year_is_that_of_helsinki(at: datetime, counted: bool) -> None:
    assert counts(happened("activated", at)) is counted


def test_a_chain_counts_once_at_its_first_activation() -> None:
    chain = [
        happened("activated"),
        happened("replaced"),
        happened("activated", MAY + timedelta(days=40)),
    ]
    assert taken_into_use("gym_pass", chain, YEAR, LATER) == MAY


def test_a_chain_activated_in_the_year_before_does_not_count_again() -> None:
    before = happened("activated", datetime(2020, 12, 1, tzinfo=UTC))
    assert not counts(before, happened("replaced"), happened("activated"))


def test_a_full_refund_without_a_single_use_does_not_count() -> None:
    assert not counts(happened("activated"), happened("refunded"))


def test_a_full_refund_after_a_use_counts() -> None:
    assert counts(happened("activated"), happened("first_used"), happened("refunded"))


def test_later_records_do_not_change_an_old_figure() -> None:
    then = MAY + timedelta(days=1)
    reported_late = happened("first_used", late=timedelta(days=9))
    assert counts(happened("activated"), happened("refunded", then + timedelta(days=1)), as_of=then)
    assert not counts(happened("activated"), happened("refunded"), reported_late, as_of=then)
    assert counts(happened("activated"), happened("refunded"), reported_late)
    assert not counts(happened("activated", late=timedelta(days=9)), as_of=then)


def test_an_earlier_activation_that_is_reported_late_moves_the_pass_to_its_year() -> None:
    new_year = happened("activated", datetime(2022, 1, 2, 9, 0, tzinfo=UTC))
    offline_door = happened(
        "activated", datetime(2021, 12, 31, 21, 30, tzinfo=UTC), late=timedelta(days=3)
    )
    assert not counts(new_year)
    assert counts(new_year, offline_door)
