"""When marks begin a ban, and until when it lasts. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from zone.booking.policies.rules import Policy
from zone.core.time import shift_days


@dataclass(frozen=True, slots=True)
class CountedMark:
    """A mark that counts and stands behind no ban yet."""

    id: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class DueBan:
    """A ban that marks begin: [starts_at, ends_at)."""

    marks: Sequence[CountedMark]
    starts_at: datetime
    ends_at: datetime


def due_bans(marks: Iterable[CountedMark], policy: Policy) -> list[DueBan]:
    """Return the bans that these marks begin: with 2, by the 2nd, the 4th and so on.

    Each lasts from its last mark for the policy's days of the wall clock, so that a mark that is
    recorded late keeps nobody out for longer.
    """
    if not policy.suspension_days:
        return []
    in_order = sorted(marks, key=lambda mark: (mark.occurred_at, mark.id))
    bans = []
    for last in range(policy.no_shows, len(in_order) + 1, policy.no_shows):
        behind = in_order[last - policy.no_shows : last]
        start = behind[-1].occurred_at
        bans.append(DueBan(behind, start, shift_days(start, policy.suspension_days)))
    return bans
