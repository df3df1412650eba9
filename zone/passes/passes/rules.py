"""Validity, use and rights of a pass, and which passes count as activated. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from uuid import UUID

from zone.core.errors import DomainError
from zone.core.time import Window, day_window, helsinki_date
from zone.passes.catalogue.rules import last_day
from zone.passes.entitlements.rules import NONE, OF_SESSIONS, Conditions
from zone.passes.passes.errors import PASS_EXPIRED, PASS_NOT_YET, PASS_PAUSED
from zone.passes.passes.life import ENDINGS, MOVING, Days, Life, state_on, windows
from zone.passes.visits.rules import SpentVisit

ONCE: Final = ("sold", *ENDINGS)
"""Events recorded once per pass. An activation may be recorded again with an earlier time."""

KINDS_OF_EVENTS: Final = ("sold", "activated", "first_used", *ENDINGS, *MOVING)

PAUSE_CAUSES: Final = ("own_wish", "illness", "military", "exchange", "other")
"""Why a pass is paused: only the kind is stored, never what proved it."""

COUNTED_KINDS: Final = frozenset({"sports_pass", "gym_pass"})
"""Kinds that count in target A: no test, complimentary, guest or companion pass, no visit."""

DECIDING: Final = frozenset({"activated", "first_used", "refunded"})
"""The events that `taken_into_use` reads."""


@dataclass(frozen=True, slots=True)
class PassRight:
    """The right to `kind` (gym, class, court) by a pass, in [valid_from, valid_until).

    Empty `campuses`: at every campus. `conditions` say at which hours, and what else it gives.
    """

    kind: str
    campuses: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    pass_id: int
    conditions: Conditions = NONE


# Cached: the passes of a term share a few pairs of days, and each booking reads them.
@lru_cache(maxsize=1000)
def validity(starts_on: date, ends_on: date) -> Window:
    """Return the validity: Helsinki midnight before the first day to midnight after the last."""
    # Half-open: 31 December is valid to 24.00 in Helsinki, 22.00 UTC. Days have 23 to 25 hours.
    return day_window(starts_on)[0], day_window(ends_on)[1]


def times_of(starts_on: date, ends_on: date, pauses: Sequence[Days]) -> Sequence[Window]:
    """Return the times in which a pass gives its rights: one, or those around its pauses."""
    return windows(starts_on, ends_on, pauses) if pauses else (validity(starts_on, ends_on),)


def notice_due(starts_on: date, ends_on: date, today: date, notices: Iterable[int]) -> int | None:
    """Return the latest notice that is due, in days before the last day; None: none is due."""
    # Only where the pass began before the day of the notice: otherwise the buyer of a two-day pass
    # would be mailed on the first day that it ends tomorrow.
    due = [
        notice
        for notice in notices
        if starts_on < ends_on - timedelta(days=notice) <= today <= ends_on
    ]
    # The fewest days: of notices that a stopped scheduler missed only the last one is sent.
    return min(due, default=None)


def check_usable(life: Life, day: date) -> None:
    """Check that a pass that has not ended can be used on a day.

    Raises:
        DomainError: pass_not_yet, pass_expired or pass_paused.
    """
    state = state_on(life, day)
    if state == "not_yet":
        raise DomainError(PASS_NOT_YET)
    if state == "expired":
        raise DomainError(PASS_EXPIRED)
    if pause := life.pause_on(day):
        raise DomainError(PASS_PAUSED, params={"until": pause[1]})


@dataclass(slots=True)
class UsablePass:
    """A pass of a member, and what is on record of it: its end, and the earliest of its uses.

    With `length_days` its first activation decides its last day.
    """

    pass_id: int
    entitlements: Sequence[str]
    campuses: Sequence[str]
    starts_on: date
    ends_on: date
    ended_at: datetime | None
    activated_at: datetime | None
    used_at: datetime | None
    pauses: Sequence[Days] = ()
    length_days: int | None = None
    visits_left: int | None = None
    last_visit: SpentVisit | None = None
    conditions: Conditions = NONE

    def gives_visit(self, at: datetime) -> bool:
        """Return whether a use costs no visit, or one is left for it."""
        return self.visits_left is None or self.visits_left > 0 or self.is_on_visit(at)

    def is_on_visit(self, at: datetime) -> bool:
        """Return whether a use belongs to the last visit."""
        return self.last_visit is not None and self.last_visit.covers(at)


@dataclass(frozen=True, slots=True)
class PassUse:
    """A member came into an area by a verified entry. `kinds` are what the area accepts.

    `booked`: what they had booked there and then, by its kind of sessions and its activity's root.
    Only who has a pass for some sessions is asked for it.
    """

    member_id: int
    kinds: Sequence[str]
    campus: str
    occurred_at: datetime
    booked: tuple[tuple[str, UUID | None], ...] = ()


def pass_for_use(passes: Iterable[UsablePass], use: PassUse) -> UsablePass | None:
    """Return the pass that an entry uses; None: none fits."""
    # A visit is paid for only where no other pass lets the person in. Then an activated pass goes
    # before a new one, then the one that ends first: no day is wasted.
    fitting = [
        pass_
        for pass_ in passes
        if set(pass_.entitlements) & set(use.kinds)
        and (not pass_.campuses or use.campus in pass_.campuses)
        and _is_usable(pass_, use.occurred_at)
    ]
    return min(
        fitting,
        key=lambda pass_: (
            not (pass_.gives_visit(use.occurred_at) and _opens_for(pass_, use)),
            not pass_.gives_visit(use.occurred_at),
            pass_.visits_left is not None,
            # One for some sessions opens doors to what is booked only.
            pass_.conditions.limits_sessions,
            pass_.activated_at is None,
            pass_.ends_on,
            pass_.pass_id,
        ),
        default=None,
    )


def _opens_for(pass_: UsablePass, use: PassUse) -> bool:
    """Return whether a pass opens the door: one for some sessions only to what is booked of them.

    Where none does, the desk let the person in, or a door reports what was cancelled since.
    """
    opened = set(pass_.entitlements) & set(use.kinds)
    return (
        not pass_.conditions.limits_sessions
        or opened != {OF_SESSIONS}
        or any(pass_.conditions.gives_activity(kind, root) for kind, root in use.booked)
    )


def _is_usable(pass_: UsablePass, at: datetime) -> bool:
    # An entry uploaded after a refund was made before it, when the pass could be used.
    ended = pass_.ended_at is not None and pass_.ended_at <= at
    life = Life(pass_.starts_on, pass_.ends_on, tuple(pass_.pauses))
    return not ended and life.gives_on(helsinki_date(at)) and pass_.conditions.gives_at(at)


def note_use(pass_: UsablePass, at: datetime, lasts: timedelta = timedelta(0)) -> list[str]:
    """Note a use of a pass; return the kinds of events of which it is the earliest.

    `lasts`: so long a visit lasts that it begins, where they are counted.
    """
    # An offline door may report days later an entry before those known: the earliest one counts.
    kinds = []
    if pass_.visits_left is not None and not pass_.is_on_visit(at):
        pass_.last_visit = SpentVisit(None, at, lasts)
        pass_.visits_left = max(0, pass_.visits_left - 1)
    if pass_.used_at is None or at < pass_.used_at:
        pass_.used_at = at
        kinds.append("first_used")
    if pass_.activated_at is None or at < pass_.activated_at:
        pass_.activated_at = at
        if pass_.length_days is not None:
            pass_.ends_on = last_day(helsinki_date(at), pass_.length_days)
        kinds.append("activated")
    return kinds


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event of a pass or of its replacement."""

    kind: str
    occurred_at: datetime
    recorded_at: datetime


def taken_into_use(
    kind: str,
    events: Iterable[RecordedEvent],
    window: Window,
    as_of: datetime,
    *,
    counts: bool = True,
) -> datetime | None:
    """Return when a root pass counts as activated in `window`, as of `as_of`; None: it does not.

    `kind` is the root's; `events` are those of the root, its replacements and upgrades, so that a
    chain counts once, at its first activation; of refunds only that of the root: who gets the
    difference of an upgrade back has paid for the pass all the same. `counts` is the root's too:
    of a part of a bundle it may be False.
    Source: the definition of target A, docs/targets.md.
    """
    first_times: Mapping[str, datetime] = _first_of_each(
        # By the time of recording: a figure as of then is the same again after a late report.
        event
        for event in events
        if event.recorded_at <= as_of
    )
    activated = first_times.get("activated")
    if not counts or kind not in COUNTED_KINDS or activated is None:
        return None
    # Target A: a pass refunded in full without one verified use does not count.
    if "refunded" in first_times and "first_used" not in first_times:
        return None
    start, end = window
    # 31 Dec 23.30 in Helsinki (21.30 UTC) is the old year, 22.30 UTC the new one.
    return activated if start <= activated < end else None


def _first_of_each(events: Iterable[RecordedEvent]) -> dict[str, datetime]:
    first_times: dict[str, datetime] = {}
    for event in events:
        first_times[event.kind] = min(
            event.occurred_at, first_times.get(event.kind, event.occurred_at)
        )
    return first_times
