"""The job that finds refunds which only a provider knows. Safe to repeat."""

from datetime import datetime

from zone.core.config import Settings
from zone.passes.provider_refunds import flows


def compare_refunds(settings: Settings, now: datetime) -> int:
    """Compare the refunds of the last days with their providers; return how many are new here."""
    return flows.compare_refunds(settings, now)
