"""The scheduled job that cancels what rests on rights that have ended. It is safe to repeat."""

from datetime import datetime, timedelta
from typing import Final

from zone.booking.bookings import flows
from zone.core.config import Settings
from zone.core.db.transactions import reading
from zone.members.roster_marks.queries import marked_since, marked_until

CANCEL_UNHELD: Final = "booking.cancel_unheld"
"""The job's name, by which it finds its last run."""

OVERLAP: Final = timedelta(minutes=10)
"""A transaction that ends a right commits within this time after its mark's instant."""


def cancel_unheld(_settings: Settings, now: datetime) -> int:
    """Cancel what members may not hold whose rights changed since the last run; return how many.

    A refund and a suspension do it at once. This is for what died in between, and for a booking
    that was made at the same moment.
    """
    with reading() as session:
        members = marked_since(session, marked_until(session, CANCEL_UNHELD, now) - OVERLAP)
    return flows.cancel_unheld(members, now)
