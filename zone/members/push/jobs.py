"""The job that sends notifications."""

from datetime import datetime

from zone.core.config import Settings
from zone.members.push import flows


def deliver(settings: Settings, now: datetime) -> int:
    """Send the notifications that are due, and return how many were accepted."""
    return flows.deliver(now, settings)
