"""The job that removes the person from bookings and waitlists of sessions long ago."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from zone.booking.bookings import service
from zone.booking.waitlist import service as waitlist
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.places.terms.queries import latest_term_start

BATCH_SIZE: Final = 1000  # rows in one transaction: keeps the writers' lock short
LONGEST_MARK: Final = timedelta(days=365)
"""No-shows lose their person after this time even where no new term begins."""


def remove_people(settings: Settings, now: datetime) -> int:
    """Remove the person from old bookings and ended entries of waitlists; return how many rows.

    They keep the name as long as door events do, from the end of the session: a booking that was
    used says as much as an entry at the door. A no-show keeps it while it may count against its
    person, until the next term begins.
    """
    before, today = now - settings.person_kept, helsinki_date(now)
    with reading() as session:
        marks_from = latest_term_start(session, today)
    oldest_mark = helsinki_date(now - LONGEST_MARK)
    marks_from = max(marks_from, oldest_mark) if marks_from else oldest_mark
    bookings = partial(service.remove_members, before=before, marks_from=marks_from)
    return _in_batches(bookings) + _in_batches(partial(waitlist.remove_members, before=before))


def _in_batches(remove: Callable[..., int]) -> int:
    done = 0
    while True:
        with writing() as session:
            step = remove(session, limit=BATCH_SIZE)
        done += step
        if step < BATCH_SIZE:
            return done
