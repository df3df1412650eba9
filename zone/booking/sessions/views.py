"""A session as people read it. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from zone.booking.policies.rules import Policy

Names = dict[str, str]
"""A name in fi, sv and en."""


@dataclass(frozen=True, eq=False)
class SessionView:
    """A session as anyone reads it, at one moment; `space` and `campus` are None online.

    `booking` is the reader's own live booking, `queue_entry` their place in the queue, the `queue_place`-th of
    `queue_length`.
    """

    id: uuid.UUID
    kind: str
    name: Names
    category: str
    campus: str | None
    campus_name: str | None
    space: Names | None
    starts_at: datetime
    ends_at: datetime
    capacity: int
    bookable: int
    booked: int
    state: str
    booking: uuid.UUID | None
    queue_length: int = 0
    queue_entry: uuid.UUID | None = None
    queue_place: int | None = None

    @property
    def left(self) -> int:
        """How many places can still be booked."""
        return self.bookable - self.booked

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    def status(self, policy: Policy, now: datetime) -> str:
        """cancelled, past, booked, queued, full (one may wait), late (full, and one may not), soon (booking is not open
        yet), closed (booking is over), or free.
        """
        conditions = (
            ("cancelled", self.state == "cancelled"),
            ("past", self.ends_at <= now),
            ("booked", self.booking is not None),
            ("closed", now > self.starts_at - timedelta(minutes=policy.closes_minutes)),
            ("queued", self.left <= 0 and self.queue_entry is not None),
            ("full", self.left <= 0 and now <= self.cancel_until(policy)),
            ("late", self.left <= 0),
            ("soon", now < self.opens_at(policy)),
        )
        return next((name for name, holds in conditions if holds), "free")

    def opens_at(self, policy: Policy) -> datetime:
        """When booking opens."""
        return self.starts_at - timedelta(days=policy.opens_days)

    def cancel_until(self, policy: Policy) -> datetime:
        """Until when a booking can be cancelled."""
        return self.starts_at - timedelta(minutes=policy.cancel_minutes)
