"""What became of a payment. Pure."""

from collections.abc import Iterable


def payment_state(outcomes: Iterable[str]) -> str:
    """What became of a payment: paid beats everything, in whatever order the provider's words arrive."""
    known = set(outcomes)
    return next((state for state in ("paid", "declined", "cancelled") if state in known), "open")
