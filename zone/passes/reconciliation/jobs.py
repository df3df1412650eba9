"""The job that compares payments with their providers. It is safe to repeat."""

from datetime import datetime

from zone.core.config import Settings
from zone.passes.reconciliation import flows


def compare_payments(settings: Settings, now: datetime) -> int:
    """Compare the payments of the last days with their providers; return how many differ."""
    return flows.compare_payments(settings, now)
