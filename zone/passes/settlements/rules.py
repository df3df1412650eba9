"""Compare a row of a payout with what is paid here. Pure."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

LATE: Final = timedelta(days=14)
"""What was paid so long ago should have been paid out by its provider."""


def difference(
    gross: int, paid: int | None, given_back: Collection[int], *, is_first: bool
) -> str | None:
    """Return how a row of a payout differs: unknown_here, other_sum or twice; None: it agrees.

    `paid` is the payment with the row's reference, None where there is none; `given_back` are the
    sums of its refunds. `is_first`: no earlier row pays it out.
    """
    if not gross:
        return None  # a fee of its own
    if paid is None:
        return "unknown_here"
    if gross < 0:
        return None if -gross in given_back else "other_sum"
    if not is_first:
        return "twice"
    return None if gross == paid else "other_sum"
