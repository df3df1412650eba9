"""Of several rules the narrowest holds, and of two groups of one person the better one."""

import pytest

from zone.booking.policies.resolution import (
    NAMES,
    NUMBERS,
    Policies,
    PolicyScope,
    ScopedNumbers,
)
from zone.booking.policies.rules import Policy

YOGA, CHESS = 1, 2


def own(activity: int | None = None, group: str | None = None, **numbers: int) -> ScopedNumbers:
    return ScopedNumbers(PolicyScope(activity, group), tuple(numbers.get(name) for name in NAMES))


def test_without_numbers_of_their_own_the_defaults_hold() -> None:
    assert Policies().of(YOGA) == Policy()


def test_what_holds_for_everything_holds_for_each_activity() -> None:
    assert Policies((own(opens_days=9),)).of(YOGA) == Policy(opens_days=9)


def test_the_narrowest_rule_holds_and_leaves_the_other_numbers() -> None:
    policies = Policies(
        (
            own(opens_days=9, cancel_minutes=90),
            own(group="staff", opens_days=10),
            own(YOGA, opens_days=3),
            own(YOGA, "staff", opens_days=4),
        )
    )
    assert policies.of(YOGA) == Policy(opens_days=4, cancel_minutes=90)
    assert policies.of(CHESS) == Policy(opens_days=10, cancel_minutes=90)
    assert policies.of() == Policy(opens_days=10, cancel_minutes=90)


def test_an_activity_goes_before_a_group() -> None:
    policies = Policies((own(YOGA, opens_days=3), own(group="staff", opens_days=10)))
    assert policies.of(YOGA).opens_days == 3


@pytest.mark.parametrize(
    ("name", "better"), [("opens_days", 10), ("no_shows", 10), ("suspension_days", 4)]
)
def test_who_is_in_two_groups_has_the_better_number_of_each(name: str, better: int) -> None:
    policies = Policies((own(group="staff", **{name: 10}), own(group="student", **{name: 4})))
    assert getattr(policies.of(), name) == better


def test_the_widest_number_is_that_of_any_activity() -> None:
    policies = Policies((own(opens_days=9), own(YOGA, opens_days=30)))
    assert policies.widest("opens_days") == 30
    assert policies.widest("closes_minutes") == Policy().closes_minutes


def test_each_number_has_its_limits_and_its_default_is_within_them() -> None:
    assert set(NUMBERS) == set(NAMES)
    for name, number in NUMBERS.items():
        assert number.least <= getattr(Policy(), name) <= number.most, name


def test_a_waitlist_is_closed_for_all_at_once() -> None:
    names = PolicyScope(affiliated_as="staff").names
    assert not {"closes_minutes", "cancel_minutes", "promote_minutes"} & set(names)
