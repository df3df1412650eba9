"""What an instructor sees of their sessions today. Pure."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from zone.access.attendance.queries import AttendanceList, Attendee, Counted
from zone.access.live_counts.rules import LiveCount
from zone.booking.sessions.rules import ARRIVE_BEFORE
from zone.booking.sessions.views import SessionView

FIRST_SHOWN: Final = 5
"""People shown at once; the others are one tap away."""


@dataclass(frozen=True, slots=True)
class SessionCard:
    """A session with its people, as the instructor holds it in one hand.

    `phase`: later, soon (people may come already), now, ended or cancelled. `live`: what is
    known of it now.
    """

    view: SessionView
    listed: AttendanceList
    counted: Counted | None
    phase: str
    live: LiveCount

    @property
    def is_live(self) -> bool:
        """Whether people come by themselves, so that the page asks for them again."""
        return self.phase in ("soon", "now")

    @property
    def version(self) -> str:
        """What differs whenever the people or the numbers do."""
        shown = (self.phase, self.listed, self.live.status, self.live.lost_at, self.live.free)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    @property
    def takes_count(self) -> bool:
        """Whether people can be counted: from when they may come on."""
        return self.phase in ("soon", "now", "ended")

    @property
    def expects_count(self) -> bool:
        """Whether it has ended and nobody has said how many were there."""
        return self.phase == "ended" and self.counted is None

    @property
    def here(self) -> list[Attendee]:
        """Those who were seen, the last one first."""
        seen = [one for one in self.listed.people if one.status in ("present", "drop_in")]
        return sorted(seen, key=lambda one: (one.at is None, one.at), reverse=True)

    @property
    def missing(self) -> list[Attendee]:
        """Those who have booked and were not seen."""
        return [one for one in self.listed.people if one.status in ("booked", "no_show")]

    @property
    def suggested(self) -> int:
        """The number in the field of the head count: the last one, or what the door saw."""
        return self.counted.people if self.counted else self.listed.here


def session_card(
    view: SessionView, listed: AttendanceList, counted: Counted | None, live: LiveCount
) -> SessionCard:
    """Return the card of a session, as of its live count."""
    return SessionCard(view, listed, counted, phase_of(view, live.counted_at), live)


def phase_of(view: SessionView, now: datetime) -> str:
    """Return how far a session is, as `SessionCard` says."""
    if view.state == "cancelled":
        return "cancelled"
    if now >= view.ends_at:
        return "ended"
    if now >= view.starts_at:
        return "now"
    return "soon" if now >= view.starts_at - ARRIVE_BEFORE else "later"


def session_in_hand(
    today: Sequence[SessionView], counted: Collection[UUID], now: datetime
) -> SessionView | None:
    """Return the session of today that the instructor has in hand: the present one, else the one
    that ended last and was not counted, else the next.
    """
    phases: Mapping[str, list[SessionView]] = {
        phase: [view for view in today if phase_of(view, now) == phase]
        for phase in ("now", "soon", "ended", "later")
    }
    uncounted = [view for view in phases["ended"] if view.id not in counted][-1:]
    found = (*phases["now"], *phases["soon"], *uncounted, *phases["later"])
    return next(iter(found), None)


def hours_until(view: SessionView, now: datetime) -> int | None:
    """Return in how many hours a session begins, rounded down; None within an hour."""
    return int((view.starts_at - now) / timedelta(hours=1)) or None
