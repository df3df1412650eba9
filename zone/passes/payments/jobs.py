"""The jobs that call payment providers. They are safe to repeat."""

from datetime import datetime

from zone.core.config import Settings
from zone.passes.payments import flows
from zone.passes.payments.rules import RECENT


def find_payments(settings: Settings, now: datetime) -> int:
    """Look up the payments whose start or callback was lost; return how many were found."""
    return flows.find_payments(settings, now)


def find_new_payments(settings: Settings, now: datetime) -> int:
    """Look up the payments of the last hours, so that a buyer waits for minutes at most."""
    return flows.find_payments(settings, now, RECENT)


def make_refunds(settings: Settings, now: datetime) -> int:
    """Carry out the refunds that wait for their provider; return how many are settled."""
    return flows.make_refunds(settings, now)
