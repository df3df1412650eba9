"""The state of a payment. Pure."""

from collections.abc import Iterable


def payment_state(outcomes: Iterable[str]) -> str:
    """Return the state of a payment from its outcomes."""
    # Outcomes may arrive in any order. Paid wins over declined and cancelled: the money was taken.
    reported = set(outcomes)
    return next((state for state in ("paid", "declined", "cancelled") if state in reported), "open")
