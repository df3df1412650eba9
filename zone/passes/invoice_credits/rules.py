"""How much of the lines of an invoice a credit note takes back. Pure."""

from collections.abc import Mapping, Sequence

from zone.core.errors import DomainError
from zone.passes.invoice_credits.errors import INVOICE_CREDIT_TOO_HIGH, NOTHING_TO_CREDIT


def quantities_to_credit(left: Sequence[int], chosen: Mapping[int, int] | None) -> list[int]:
    """Return how much of each line is credited, in hundredths; None chosen: all that is left.

    `chosen` is by the number of the line, from 1.

    Raises:
        DomainError: nothing_to_credit; invoice_credit_too_high: more than is left of a line, or a
            line that the invoice does not have.
    """
    if chosen is None:
        return list(left)
    if not set(chosen) <= set(range(1, len(left) + 1)):
        raise DomainError(INVOICE_CREDIT_TOO_HIGH)
    wanted = [chosen.get(number, 0) for number in range(1, len(left) + 1)]
    if not any(wanted):
        raise DomainError(NOTHING_TO_CREDIT)
    if any(not 0 <= one <= most for one, most in zip(wanted, left, strict=True)):
        raise DomainError(INVOICE_CREDIT_TOO_HIGH)
    return wanted
