"""The job that delivers mail."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.mail import delivery


def deliver(settings: Settings, now: datetime) -> int:
    """Send the mails that are due, and return how many were sent."""
    return delivery.deliver(now, settings)
