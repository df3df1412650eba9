"""Compare a payment that is paid here with what its provider says. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from zone.passes.payments.providers.protocol import FoundPayment

SETTLES: Final = timedelta(minutes=10)
"""A payment is compared so long after it arrived: a provider's own look-up may lag behind."""
COMPARED: Final = timedelta(days=30)
"""Older payments are not asked about: providers forget them."""
AGREES: Final = "agrees"
CANCEL_SALE: Final = "cancel_sale"
GIVE_BACK: Final = "give_back"
RECORD_REFUND: Final = "record_refund"
REFUNDED_THERE: Final = "refund_unknown_here"


@dataclass(frozen=True, slots=True)
class Fix:
    """How a difference is mended: `cancel_sale` or `give_back`, and what the provider gives back.

    `cancel_sale`: the passes end and the sale has a credit note, as the money for it did not come.
    `give_back`: the provider gives back what came for nothing; the sale stays.
    """

    action: str
    cents_back: int


def fix_of(result: str, there: int | None, here: int | None, *, is_known: bool) -> Fix | None:
    """Return how a difference is mended; None: only people can, such as of another currency.

    `is_known`: we have the provider's own reference, without which it gives nothing back.
    """
    if result in ("not_paid", "unknown_there"):
        return Fix(CANCEL_SALE, 0)
    if not is_known or not there or there == here:
        return None
    if result == "unknown_here":
        return Fix(GIVE_BACK, there)
    if here is None:
        return None
    return Fix(GIVE_BACK, there - here) if there > here else Fix(CANCEL_SALE, there)


def compared(
    found: FoundPayment | None, cents: int, currency: str, given_back: Collection[int]
) -> tuple[str, int | None]:
    """Return how a provider's answer compares with what was paid here, and its cents.

    `given_back` are the sums of the payment's refunds: another sum that went back whole agrees.
    """
    if found is None:
        return "unknown_there", None
    notice = found.notice
    if notice is None or notice.outcome != "paid":
        return "not_paid", None
    exact = (notice.cents, notice.currency) == (cents, currency)
    return (AGREES if exact or notice.cents in given_back else "other_sum"), notice.cents
