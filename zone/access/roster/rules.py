"""The rights of passes, and bookings, as doors get them. Pure."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from firmware_bridge.wire.messages.holders import BookingWindow, Right
from zone.booking.bookings.rules import BookedWindow
from zone.core.time import Window, helsinki_date
from zone.passes.entitlements.rules import OF_SESSIONS, windows_within
from zone.passes.passes.rules import PassRight

OPENS_BEFORE_BOOKING: Final = timedelta(minutes=15)
"""How long before its start a booking opens an area that needs one."""

# A holder of a pass with hours is sent again each day (`entitlements.jobs`), and a door may be
# offline for 7 days.
HOURS_AHEAD: Final = 15


def needs_bookings(rights: Iterable[PassRight]) -> bool:
    """Return whether what a person has booked decides what one of their rights opens."""
    return any(_is_by_booking(right) for right in rights)


def _is_by_booking(right: PassRight) -> bool:
    return right.conditions.limits_sessions and right.kind == OF_SESSIONS


def rights_for_doors(
    rights: Iterable[PassRight], booked: Sequence[BookedWindow], now: datetime
) -> tuple[Right, ...]:
    """Return the rights of a person's passes as doors get them; `booked` is what they booked.

    A door knows no hours of a pass, and no sessions: it gets a right for each time of the
    days to come, and for each booked session.
    """
    return tuple(
        _right_for_doors(right, time) for right in rights for time in _times_of(right, booked, now)
    )


def limits_for_doors(
    rights: Sequence[PassRight],
) -> tuple[tuple[Right, ...], tuple[Right, ...]]:
    """Return the rights that hold at some hours only, and those for what is booked, as doors get
    them: with all of their time.
    """
    sessions = [right for right in rights if _is_by_booking(right)]
    hours = [right for right in rights if right.conditions.hours and not _is_by_booking(right)]
    return _whole(hours), _whole(sessions)


def _whole(rights: Iterable[PassRight]) -> tuple[Right, ...]:
    return tuple(_right_for_doors(one, (one.valid_from, one.valid_until)) for one in rights)


def _right_for_doors(right: PassRight, time: Window) -> Right:
    start, end = time
    return Right(right.kind, right.campuses, int(start.timestamp()), int(end.timestamp()))


def _times_of(right: PassRight, booked: Sequence[BookedWindow], now: datetime) -> Iterable[Window]:
    whole = right.valid_from, right.valid_until
    if _is_by_booking(right):
        # Not by the hours too: the booking kept to them.
        return [
            (max(slot.start - OPENS_BEFORE_BOOKING, whole[0]), min(slot.end, whole[1]))
            for slot in booked
            if right.conditions.gives_activity(slot.kind, slot.root)
            and whole[0] <= slot.start < whole[1]
        ]
    if not right.conditions.hours:
        return (whole,)
    # From the first day on where it is still to come: until then the row may not be sent again.
    first = max(helsinki_date(now), helsinki_date(right.valid_from))
    days = [first + timedelta(days=n) for n in range(HOURS_AHEAD)]
    return windows_within(right.conditions.hours, whole, days)


def booking_windows(
    areas: Mapping[int, Sequence[uuid.UUID]], booked: Sequence[BookedWindow]
) -> tuple[BookingWindow, ...]:
    """Return when what a person has booked opens the areas that need it; `areas` are by space."""
    return tuple(
        _booking_window(area, slot) for slot in booked for area in areas.get(slot.space_id, ())
    )


def _booking_window(area: uuid.UUID, slot: BookedWindow) -> BookingWindow:
    return BookingWindow(
        str(area), int((slot.start - OPENS_BEFORE_BOOKING).timestamp()), int(slot.end.timestamp())
    )
