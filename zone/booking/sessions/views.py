"""A session as people read it. Pure."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from zone.booking.policies.resolution import Policies
from zone.booking.policies.rules import TAKE_BACK

Names = dict[str, str]
"""A name in fi, sv and en."""


@dataclass(frozen=True, slots=True)
class SessionLottery:
    """The draw of a session's places that is to come; `ticket` is the reader's, who is in it."""

    id: uuid.UUID
    opens_at: datetime
    draws_at: datetime
    ticket: uuid.UUID | None = None


# `eq=False`: hashed by identity. `bookings.api` caches the JSON of a view, and a hash of its fields
# would fail at the names, which are dicts.
@dataclass(frozen=True, eq=False)
class SessionView:
    """A session as a reader sees it; `space` and `campus` are None online.

    `booking` is the reader's own live booking, made at `booked_at`; they were told that it can be
    cancelled until `promised_until`. `queue_entry` is their entry in the waitlist, at place
    `queue_place` (from 1) of `queue_length`. `instructor` is the name of who leads it.
    `offered_until`: a place is kept for the reader, who may take it until then. `activity_id` is
    None for a reservation; its policy decides what the reader can do. `sequence` counts how often
    its time or place was changed. `lottery`: its places are drawn, and nobody books them before.
    `days_earlier`: by how many days booking opens earlier for the reader. `root`: that of its
    activity.
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
    version: int = 1
    booked_at: datetime | None = None
    promised_until: datetime | None = None
    level: str = "everybody"
    instructor: str | None = None
    offered_until: datetime | None = None
    sequence: int = 0
    activity_id: int | None = None
    lottery: SessionLottery | None = None
    days_earlier: int = 0
    root: uuid.UUID | None = None

    @property
    def left(self) -> int:
        """The number of places that can still be booked."""
        return self.bookable - self.booked

    @property
    def percent_booked(self) -> int:
        """The share of bookable places that are booked; 100 where none is bookable."""
        return round(100 * self.booked / self.bookable) if self.bookable else 100

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    def status(self, policies: Policies, now: datetime) -> str:
        """Return what the reader can do.

        cancelled, past, booked, queued, free; offered: a place is kept for the reader; closed:
        booking is over; drawn: the places are drawn; full: joining the waitlist is possible; soon:
        booking is not open yet.
        """
        conditions = (
            ("cancelled", self.state == "cancelled"),
            ("past", self.ends_at <= now),
            ("booked", self.booking is not None),
            ("offered", self.offered_until is not None and now <= self.offered_until),
            ("drawn", self.lottery is not None),
            ("closed", now > policies.of(self.activity_id).closes_at(self.starts_at)),
            ("queued", self.left <= 0 and self.queue_entry is not None),
            ("full", self.left <= 0),
            ("soon", now < self.opens_at(policies)),
        )
        return next((name for name, holds in conditions if holds), "free")

    def opens_at(self, policies: Policies) -> datetime:
        """Return when booking opens."""
        policy = policies.of(self.activity_id)
        return policy.opens_at(self.starts_at, self.days_earlier)

    def cancel_until(self, policies: Policies) -> datetime:
        """Return until when the reader's booking can be cancelled."""
        policy = policies.of(self.activity_id)
        return policy.cancel_until(self.starts_at, self.booked_at, self.promised_until)

    def is_late(self, policies: Policies, now: datetime) -> bool:
        """Return whether a booking made now could be cancelled for some minutes only."""
        policy = policies.of(self.activity_id)
        return policy.cancel_until(self.starts_at) < now + TAKE_BACK
