"""The jobs that compare payments with their providers and mend differences. Safe to repeat."""

from datetime import datetime

from zone.core.config import Settings
from zone.passes.reconciliation import flows


def compare_payments(settings: Settings, now: datetime) -> int:
    """Compare the payments of the last days with their providers; return how many differ."""
    return flows.compare_payments(settings, now)


def make_returns(settings: Settings, now: datetime) -> int:
    """Let providers give back what fixes of differences ask for; return how many are settled."""
    return flows.make_returns(settings, now)
