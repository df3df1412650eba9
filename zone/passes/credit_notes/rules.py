"""What a credit note may credit. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zone.core.errors import DomainError
from zone.passes.credit_notes.errors import CREDIT_TOO_HIGH


@dataclass(frozen=True, slots=True)
class LineAmount:
    """How much of a line of a receipt: its id, and cents with VAT, not negative."""

    line_id: int
    cents: int


def check_amounts(amounts: Sequence[LineAmount], left: Mapping[int, int]) -> None:
    """Check that each line is named once and credited at most what is left of it.

    Raises:
        DomainError: credit_too_high.
    """
    ids = [one.line_id for one in amounts]
    once = len(set(ids)) == len(ids) > 0
    # A line of 0 cents, of a free pass, is credited with 0.
    if not once or any(not 0 <= one.cents <= left.get(one.line_id, -1) for one in amounts):
        raise DomainError(CREDIT_TOO_HIGH)
