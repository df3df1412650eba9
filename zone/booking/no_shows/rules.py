"""When no-shows suspend booking ahead. Pure."""

from collections.abc import Iterable
from datetime import datetime

from zone.booking.policies.rules import Policy
from zone.core.time import shift_days


def suspended_until(missed: Iterable[datetime], policy: Policy) -> datetime | None:
    """Return until when booking ahead is suspended; None without enough no-shows.

    `missed` has the ends of the missed sessions that count, see `bookings.context.booker_state`.
    """
    # Every `no_shows`-th missed session starts a suspension: with 2, the 2nd, the 4th, …
    counted = sorted(missed)[policy.no_shows - 1 :: policy.no_shows]
    return shift_days(counted[-1], policy.suspension_days) if counted else None
