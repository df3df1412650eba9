"""Which lines of an order are refunded, how much of each, and what of a pass ends. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from zone.core.errors import DomainError
from zone.passes.credit_notes.errors import CREDIT_TOO_HIGH
from zone.passes.payments.errors import METHOD_UNKNOWN, NOTHING_TO_REFUND
from zone.passes.payments.rules import GIVEN_BACK_BY, METHODS


@dataclass(frozen=True, slots=True)
class LineRefund:
    """How much of a line is given back, in cents; `number` counts the order's lines from 1.

    `ends_pass`: its pass ends, also where a part is left. Where nothing is left it always ends.
    """

    number: int
    cents: int
    ends_pass: bool = False


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line of an order with what was sold and is left of it, and its ids."""

    number: int
    order_line_id: int
    receipt_line_id: int
    sold: int
    left: int


def all_of(lines: Sequence[LineLeft]) -> list[LineRefund]:
    """Return a refund of all that is left; of an order of 0 cents, of its lines."""
    free = not any(line.sold for line in lines)
    return [LineRefund(line.number, line.left, True) for line in lines if line.left or free]


def lines_of_sum(lines: Sequence[LineLeft], cents: int) -> list[LineRefund] | None:
    """Return what a sum that went back elsewhere refunds: all that is left, one line, or a part of
    the only one. None: only people can say.
    """
    left = [line for line in lines if line.left]
    if cents == sum(line.left for line in left):
        return all_of(left)
    whole = [line for line in left if line.left == cents]
    if len(whole) == 1:
        return [LineRefund(whole[0].number, cents, True)]
    if len(left) == 1 and cents < left[0].left:
        return [LineRefund(left[0].number, cents)]
    return None


def checked(chosen: Sequence[LineRefund], lines: Sequence[LineLeft]) -> list[LineRefund]:
    """Return what is refunded of each line that was chosen.

    Raises:
        DomainError: nothing_to_refund; credit_too_high: more than is left of a line, or a line
            twice or that the order does not have.
    """
    known = {line.number: line for line in lines}
    free = not any(line.sold for line in lines)
    asked = [one for one in chosen if one.cents or free]
    if not asked:
        raise DomainError(NOTHING_TO_REFUND)
    numbers = [one.number for one in asked]
    if len(set(numbers)) < len(numbers) or not set(numbers) <= set(known):
        raise DomainError(CREDIT_TOO_HIGH)
    if any(not 0 <= one.cents <= known[one.number].left for one in asked):
        raise DomainError(CREDIT_TOO_HIGH)
    return [
        LineRefund(one.number, one.cents, one.ends_pass or one.cents == known[one.number].left)
        for one in asked
    ]


def given_back_by(provider: str, method: str | None) -> str | None:
    """Return how the desk gives back what was paid; None where a provider does, or as it was paid.

    Raises:
        DomainError: method_unknown.
    """
    if not method or method == provider:
        return None
    if provider not in METHODS or method not in GIVEN_BACK_BY:
        raise DomainError(METHOD_UNKNOWN)
    return method
