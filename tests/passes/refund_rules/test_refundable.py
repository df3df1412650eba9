"""What is paid back of a line on a day, by the rules in force and the events of its pass."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zone.passes.pass_rules.rules import PassRules
from zone.passes.passes.life import LifeEvent
from zone.passes.refund_rules.rules import REASONS, PaidLine, Refundable, refundable
from zone.passes.refund_rules.views import why_so_much

PAID = datetime(2026, 9, 1, 9, tzinfo=UTC)
SOLD = date(2026, 9, 1), date(2026, 12, 9)  # 100 days
LINE = PaidLine(4500, PAID, SOLD)
USED = LifeEvent(1, "first_used")
TO_THE_END = PassRules(refund_until_day=None)


def back(
    day: int, *events: LifeEvent, line: PaidLine = LINE, rules: PassRules = TO_THE_END
) -> Refundable:
    return refundable(line, events, PAID + timedelta(day), rules)


@pytest.mark.parametrize(
    ("day", "events", "cents", "reason"),
    [
        (0, [], 4500, "withdrawn"),
        (14, [], 4500, "withdrawn"),
        (15, [], 3780, "days_left"),  # the 16th day is used: 84 of 100 days
        (0, [USED], 4455, "used_in_part"),
        (14, [USED], 3825, "used_in_part"),
        (15, [USED], 3780, "days_left"),
        (99, [USED], 0, "nothing_left"),
        (300, [USED], 0, "nothing_left"),
        (5, [LifeEvent(1, "refunded")], 0, "already_ended"),
    ],
)
def test_paid_back_by_day(day: int, events: list[LifeEvent], cents: int, reason: str) -> None:
    answer = back(day, *events)
    assert (answer.cents, answer.reasons) == (cents, (reason,))


def test_paused_days_are_not_used() -> None:
    pause = LifeEvent(2, "paused", date(2026, 9, 11), date(2026, 9, 30))
    assert back(29, USED, pause).cents == 4050  # 10 days used, 20 paused


def test_nothing_after_the_last_day_of_the_rule() -> None:
    until_day = PassRules(refund_until_day=60)
    assert back(60, USED, rules=until_day).reasons == ("days_left",)
    answer = back(61, USED, rules=until_day)
    assert (answer.cents, answer.reasons) == (0, ("too_late",))
    assert why_so_much(answer, "en") == (
        "Nothing is paid back any more: that ended on 31 Oct 2026."
    )


def test_a_rule_may_pay_nothing_back_after_the_withdrawal() -> None:
    strict = PassRules(refund_by_days=False)
    assert back(15, rules=strict).reasons == ("not_by_rule",)
    assert back(14, rules=strict).cents == 4500


def test_a_pass_that_has_not_begun_is_paid_back_whole() -> None:
    later = PaidLine(4500, PAID, (date(2026, 10, 1), date(2027, 1, 8)))
    assert back(20, line=later).reasons == ("not_begun",)
    assert back(20, line=later).cents == 4500


def test_a_fee_is_paid_back_within_the_withdrawal_only() -> None:
    fee = PaidLine(500, PAID, None)
    assert [back(day, line=fee).cents for day in (14, 15)] == [500, 0]


@given(
    st.integers(0, 200),
    st.integers(0, 100_000),
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 200)),
    st.booleans(),
)
def test_never_more_than_was_paid_and_never_more_later(
    day: int, cents: int, used: bool, until_day: int | None, by_days: bool
) -> None:
    rules = PassRules(refund_until_day=until_day, refund_by_days=by_days)
    line = PaidLine(cents, PAID, SOLD)
    events = [USED] if used else []
    today, tomorrow = (back(day + n, *events, line=line, rules=rules) for n in (0, 1))
    assert 0 <= tomorrow.cents <= today.cents <= cents
    assert set(today.reasons) <= set(REASONS)
    for language in ("fi", "sv", "en"):
        assert "{" not in why_so_much(today, language)


def test_visits_of_a_pass_that_is_over_are_not_left() -> None:
    ten = PaidLine(5000, PAID, SOLD, visits=10, visits_used=4)
    assert back(99, USED, line=ten).cents == 3000
    assert back(100, USED, line=ten).reasons == ("nothing_left",)
