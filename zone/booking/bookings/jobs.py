"""The scheduled jobs of bookings. Each is safe to repeat.

They cancel what rests on rights that have ended, and remove the person from bookings and waitlists
of sessions long ago.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from zone.booking.attendance_marks import service as attendance_marks
from zone.booking.booking_bans import service as booking_bans
from zone.booking.bookings import flows, service
from zone.booking.lotteries import service as lotteries
from zone.booking.waitlist import service as waitlist
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.roster_marks.queries import marked_since, marked_until
from zone.places.terms.queries import latest_term_start

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


BATCH_SIZE: Final = 1000  # rows in one transaction: keeps the writers' lock short
LONGEST_MARK: Final = timedelta(days=365)
"""Marks lose their person after this time even where no new term begins."""


def remove_people(settings: Settings, now: datetime) -> int:
    """Remove the person from old bookings, and from entries that have ended; return how many rows.

    They keep the name as long as door events do, from the end of the session: a booking that was
    used says as much as an entry at the door. A mark keeps it, with its booking, while it may count
    against its person, until the next term begins.
    """
    before, today = now - settings.person_kept, helsinki_date(now)
    with reading() as session:
        marks_from = latest_term_start(session, today)
    oldest_mark = helsinki_date(now - LONGEST_MARK)
    marks_from = max(marks_from, oldest_mark) if marks_from else oldest_mark
    marks = partial(attendance_marks.remove_members, before=before, marks_from=marks_from)
    steps = (
        marks,  # first: a booking stays with its mark
        partial(booking_bans.remove_members, before=before),
        partial(service.remove_members, before=before),
        partial(waitlist.remove_members, before=before),
        partial(lotteries.remove_members, before=before),
    )
    return sum(_in_batches(step) for step in steps)


def _in_batches(remove: Callable[..., int]) -> int:
    done = 0
    while True:
        with writing() as session:
            step = remove(session, limit=BATCH_SIZE)
        done += step
        if step < BATCH_SIZE:
            return done
