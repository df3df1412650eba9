"""Cancel what rests on rights that have ended, each in a transaction of its own."""

from collections.abc import Sequence
from datetime import datetime

from zone.booking.bookings import queries, service
from zone.booking.waitlist import service as waitlist
from zone.core.db.transactions import reading, writing


def cancel_unheld(member_ids: Sequence[int], now: datetime) -> int:
    """Cancel bookings, and end waiting, that these members may not hold; return how many.

    Safe to repeat. Each is found without a lock and decided again under it.
    """
    with reading() as session:
        bookings = queries.unheld_bookings(session, member_ids, now)
        entries = queries.unheld_entries(session, member_ids, now)
    ended = 0
    # One transaction for each, in the order of sessions: locks are short, and a failure leaves the
    # others done. Not in the transaction that ends the right: it holds other locks.
    for booking_id in bookings:
        with writing() as session:
            ended += service.cancel_unheld(session, booking_id, now)
    for entry_id in entries:
        with writing() as session:
            ended += waitlist.remove_unheld(session, entry_id, now)
    return ended
