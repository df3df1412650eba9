"""Let doors hear of the next days of passes that can be used at some hours only."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.members.roster_marks.service import mark_roster
from zone.passes.entitlements.rules import HOURS
from zone.passes.passes.queries import live_with_conditions


def renew_hours(_settings: Settings, now: datetime) -> int:
    """Mark the holders of passes with hours: doors get the hours as times of the days to come."""
    with writing() as session:
        members = live_with_conditions(session, HOURS, helsinki_date(now))
        mark_roster(session, members, now)
    return len(members)
