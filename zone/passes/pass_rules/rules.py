"""The dated rules of passes: who may pause, what an upgrade costs, what is paid back. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final


@dataclass(frozen=True, slots=True)
class PassRules:
    """The rules of passes on a day. Days are calendar days.

    Pausing: whether the holder may, from `pause_shortest` to `pause_longest` days, `pauses_most`
    times in the life of a pass, said at least `pause_ahead` days before. `pause_cancels`: bookings
    inside are cancelled; else a pause that has some is refused.
    `upgrade_by_days`: the difference of the prices is paid for the days that are left only.
    Paying back: all of it within `withdrawal_days` of the payment, as far as it is unused; later,
    or after use, by the days that are left where `refund_by_days`, until `refund_until_day` days
    from the first one (None: until the last day).
    `renewal_days`: so long before its end a pass is offered again. `devices`: so many phones hold
    the pass of a person; one more ends the oldest. `unpaid_minutes`: an order that is not paid by
    then expires. `given_a_day`: so many passes a member of staff gives without payment in a day.
    `refund_alone_cents`: of an order one person gives back so much; above it another one confirms.
    `loss_fee`: the product that is paid when the desk replaces a lost phone (None: nothing is),
    after the first `free_losses` of a person. `visit_minutes`: who comes in again within so many
    of a visit pays for no second one.
    """

    holder_pauses: bool = True
    pause_shortest: int = 14
    pause_longest: int = 180
    pauses_most: int = 2
    pause_ahead: int = 1
    pause_cancels: bool = True
    upgrade_by_days: bool = True
    withdrawal_days: int = 14
    refund_by_days: bool = True
    refund_until_day: int | None = 60
    renewal_days: int = 14
    devices: int = 3
    unpaid_minutes: int = 1440
    given_a_day: int = 20
    refund_alone_cents: int = 10_000
    loss_fee: str | None = None
    free_losses: int = 0
    visit_minutes: int = 180

    @property
    def visit_lasts(self) -> timedelta:
        """How long one visit lasts."""
        return timedelta(minutes=self.visit_minutes)

    def fee_of_loss(self, losses_before: int) -> str | None:
        """Return the product that a person pays for a lost phone; None: nothing."""
        return self.loss_fee if losses_before >= self.free_losses else None


@dataclass(frozen=True, slots=True)
class DatedPassRules:
    """Rules from a day on, until the next ones begin; of two of one day the later number holds."""

    number: int
    valid_from: date
    rules: PassRules


FIRST_RULES: Final = PassRules()
"""What holds before the first stored row."""


def rules_on(rows: Iterable[DatedPassRules], day: date) -> PassRules:
    """Return the rules of a day."""
    begun = [row for row in rows if row.valid_from <= day]
    newest = max(begun, key=lambda row: (row.valid_from, row.number), default=None)
    return newest.rules if newest else FIRST_RULES
