"""The job that ends the retention of feedback on accessibility."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.feedback.accessibility import service


def delete_old_feedback(settings: Settings, now: datetime) -> int:
    """Delete feedback a year after its answer was given or due; return how much."""
    del settings
    with writing() as session:
        return service.delete_old(session, now)
