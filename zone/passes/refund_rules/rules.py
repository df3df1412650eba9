"""How much of a line of an order is paid back on a day, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from zone.core.i18n import translatable
from zone.core.money import round_half_up
from zone.core.time import helsinki_date
from zone.passes.pass_rules.rules import PassRules
from zone.passes.passes.life import Days, Life, LifeEvent, life_of

WITHDRAWN: Final = "withdrawn"
WITHOUT_CONSENT: Final = "without_consent"
USED_IN_PART: Final = "used_in_part"
DAYS_LEFT: Final = "days_left"
USED_VISITS: Final = "used_visits"
VISITS_LEFT: Final = "visits_left"
NO_VISIT_LEFT: Final = "no_visit_left"
NOT_BEGUN: Final = "not_begun"
TOO_LATE: Final = "too_late"
NOT_BY_RULE: Final = "not_by_rule"
NOTHING_LEFT: Final = "nothing_left"
ENDED: Final = "already_ended"
A_FEE: Final = "a_fee"

REASONS: Final = {
    WITHDRAWN: translatable("It can be withdrawn from until {day}, and has not been used."),
    WITHOUT_CONSENT: translatable(
        "It can be withdrawn from until {day}. You did not ask for a start before that, so all of "
        "it is paid back."
    ),
    USED_IN_PART: translatable(
        "It can be withdrawn from until {day}. It was used, so the days left are paid back: "
        "{left} of {all}."
    ),
    DAYS_LEFT: translatable("The days left are paid back: {left} of {all}."),
    USED_VISITS: translatable(
        "It can be withdrawn from until {day}. It was used, so the visits left are paid back: "
        "{left} of {all}."
    ),
    VISITS_LEFT: translatable("The visits left are paid back: {left} of {all}."),
    NO_VISIT_LEFT: translatable("No visit of it is left."),
    NOT_BEGUN: translatable("It has not begun, so all of it is paid back."),
    TOO_LATE: translatable("Nothing is paid back any more: that ended on {day}."),
    NOT_BY_RULE: translatable("By the rules, nothing is paid back after the time of withdrawal."),
    NOTHING_LEFT: translatable("No day of it is left."),
    ENDED: translatable("The pass has ended already."),
    A_FEE: translatable("It is a fee, which is not paid back after the time of withdrawal."),
}
"""Why so much is paid back, with the values in braces."""


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line of an order as far as paying it back goes.

    `sold` are the days of its pass, both included, as they were sold; None: it gives no pass.
    `consented`: the buyer asked for the start; without it nothing is charged for use in the time of
    withdrawal (consumer protection act, chapter 6, section 19). `since`: of an upgrade, the first
    of the days that it was paid for. `visits` are those that were sold, of which `visits_used` are
    used; None: as many as one likes.
    """

    cents: int
    paid_at: datetime
    sold: Days | None
    consented: bool = True
    since: date | None = None
    visits: int | None = None
    visits_used: int = 0


@dataclass(frozen=True, slots=True)
class Refundable:
    """What is paid back of a line, and why: keys of `REASONS`, with the values they name."""

    cents: int
    reasons: tuple[str, ...]
    withdraw_until: date
    left: int = 0
    all: int = 0
    last_day: date | None = None

    @property
    def params(self) -> dict[str, object]:
        """The values that the sentence of the reason names."""
        day = self.last_day if self.reasons[0] == TOO_LATE else self.withdraw_until
        return {"day": day, "left": self.left, "all": self.all}


def refundable(
    line: PaidLine, events: Sequence[LifeEvent], now: datetime, rules: PassRules
) -> Refundable:
    """Return how much of a line is paid back now, by the rules in force and the pass's events.

    The day itself counts as used. Paused days are not used, and extensions are a gift: the price
    is for the days that were sold, or for the visits. Cents are rounded half up.
    """
    today = helsinki_date(now)
    until = helsinki_date(line.paid_at) + timedelta(days=rules.withdrawal_days)
    used = any(event.kind == "first_used" for event in events)
    if line.sold is None:
        if today <= until:
            return Refundable(line.cents, (WITHDRAWN,), until)
        return Refundable(0, (A_FEE,), until)
    life = life_of(line.sold, events)
    if life.end is not None:
        return Refundable(0, (ENDED,), until)
    if today <= until and not used:
        return Refundable(line.cents, (WITHDRAWN,), until)
    if today <= until and not line.consented:
        return Refundable(line.cents, (WITHOUT_CONSENT,), until)
    if line.visits is not None:
        left, total = max(line.visits - line.visits_used, 0), line.visits
        # Visits of a pass that is over are not left.
        left = left if today <= life.ends_on else 0
        reasons = USED_VISITS, VISITS_LEFT
    else:
        left, total = _days_left(line.sold, life, line.since or life.starts_on, today)
        reasons = USED_IN_PART, DAYS_LEFT
    part = int(round_half_up(Decimal(line.cents) * left / total)) if total else 0
    if today <= until:
        return Refundable(part, (reasons[0],), until, left, total)
    by_part = Refundable(part, (reasons[1],), until, left, total)
    return _after_withdrawal(by_part, life, used, today, rules, line.cents)


def _days_left(sold: Days, life: Life, since: date, today: date) -> tuple[int, int]:
    """Return how many of the days that were paid for are left, and how many they were."""
    before = _given(life, life.starts_on, since - timedelta(days=1))
    total = max((sold[1] - sold[0]).days + 1 - before, 0)
    return max(total - _given(life, since, today), 0), total


def _given(life: Life, first: date, last: date) -> int:
    days = _days(max(first, life.starts_on), min(last, life.ends_on))
    return sum(life.gives_on(day) for day in days)


def _after_withdrawal(
    part: Refundable, life: Life, used: bool, today: date, rules: PassRules, cents: int
) -> Refundable:
    """Return what is paid back after the time of withdrawal; `part` is that of the days left."""
    if rules.refund_until_day is not None:
        last_day = life.starts_on + timedelta(days=rules.refund_until_day)
        if today > last_day:
            return replace(part, cents=0, reasons=(TOO_LATE,), last_day=last_day)
    if not rules.refund_by_days:
        return replace(part, cents=0, reasons=(NOT_BY_RULE,))
    if part.left == 0:
        over = part.reasons == (VISITS_LEFT,) and today <= life.ends_on
        return replace(part, cents=0, reasons=(NO_VISIT_LEFT if over else NOTHING_LEFT,))
    if not used and today < life.starts_on:
        return replace(part, cents=cents, reasons=(NOT_BEGUN,))
    return part


def _days(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
