"""What the scheduler does for mail."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.mail import delivery


def deliver(settings: Settings, now: datetime) -> int:
    """Send the mail that is due; returns how many were sent."""
    return delivery.deliver(now, settings)
