"""Compare a payment that is paid here with what its provider says. Pure."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from zone.passes.payments.providers.protocol import FoundPayment

SETTLES: Final = timedelta(minutes=10)
"""A payment is compared so long after it arrived: a provider's own look-up may lag behind."""
COMPARED: Final = timedelta(days=30)
"""Older payments are not asked about: providers forget them."""
AGREES: Final = "agrees"


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
