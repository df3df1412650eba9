"""The states of an instructor's day, of invented people and classes."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from flask import render_template

from zone.access.attendance.pages import shown
from zone.access.attendance.queries import AttendanceList, Attendee, Counted
from zone.access.attendance.views import SessionCard, hours_until, session_card
from zone.access.live_counts.rules import LiveCount, Status
from zone.booking.sessions.rules import ARRIVE_AFTER, ARRIVE_BEFORE
from zone.booking.sessions.views import SessionView
from zone.booking.timetable.states import invented_class
from zone.core.clock import utc_now
from zone.core.time import helsinki_date
from zone.web.forms import FormState
from zone.web.states import State

_NAMES: Final = {"fi": "Kahvakuula 55", "sv": "Kettlebell 55", "en": "Kettlebell 55"}
_SPACE: Final = {"fi": "Sali 2", "sv": "Sal 2", "en": "Hall 2"}
_HERE: Final = (
    *("Lumi Testinen", "Aino Esimerkki", "Diego Ejemplo", "Tove Påhittad", "Otto Tekaistu"),
    *("Noora Satunen", "Emil Exempel"),
)
_MISSING: Final = ("Kaarlo Mallikas", "Maja Låtsas", "Sara Luotu")


def _session(minutes: int, state: str = "scheduled") -> SessionView:
    """Return a class of 55 minutes that begins in `minutes`."""
    start = utc_now() + timedelta(minutes=minutes)
    return replace(
        invented_class(7, helsinki_date(start), 0),
        name=_NAMES,
        space=_SPACE,
        starts_at=start,
        ends_at=start + timedelta(minutes=55),
        capacity=24,
        booked=10,
        state=state,
    )


def _live(view: SessionView, people: AttendanceList, status: Status, now: datetime) -> LiveCount:
    arrivals = (view.starts_at - ARRIVE_BEFORE, view.starts_at + ARRIVE_AFTER)
    if not arrivals[0] <= now < view.ends_at:
        return LiveCount("not_now", arrivals, now)
    lost_at = now - timedelta(minutes=12) if status == "not_heard" else None
    numbers = (view.capacity, people.booked, people.present, people.drop_in)
    return LiveCount(status, arrivals, now, *numbers, lost_at=lost_at)


def _card(
    minutes: int,
    here: Sequence[str] = (),
    counted: int | None = None,
    status: Status = "counted",
) -> SessionCard:
    now, view = utc_now(), _session(minutes)
    came = [
        Attendee(uuid.uuid4(), name, "drop_in" if "Tove" in name else "present", now)
        for name in here
    ]
    waited = [Attendee(uuid.uuid4(), name, "booked", None) for name in _MISSING]
    dropped_in = sum(one.status == "drop_in" for one in came)
    numbers = (10, len(here) - dropped_in, dropped_in)
    people = AttendanceList(view.id, view.starts_at, *numbers, (*came, *waited))
    live = _live(view, people, status, now)
    return session_card(view, people, Counted(counted, now) if counted else None, live)


def _page(card: SessionCard | None, *others: SessionView) -> str:
    now = utc_now()
    return render_template(
        "access/attendance/own_classes.html",
        card=card,
        others=others,
        today=[*([card.view] if card else []), *others],
        counted={},
        coming=[_session(60 * 48)] if card else [],
        hours=hours_until(card.view, now) if card else None,
        from_page="today",
        **shown(FormState(), now),
    )


def _of(
    minutes: int,
    here: Sequence[str] = (),
    counted: int | None = None,
    status: Status = "counted",
) -> str:
    return _page(_card(minutes, here, counted, status), _session(minutes + 90))


STATES: Final = (
    State("today", "nothing-today", partial(_page, None)),
    State("today", "next-in-two-hours", partial(_of, 125)),
    State("today", "people-may-come", partial(_of, 20)),
    State("today", "now", partial(_of, -20, _HERE)),
    State("today", "room-for-more", partial(_of, -10, _HERE)),
    State("today", "door-not-heard", partial(_of, 10, _HERE[:3], status="not_heard")),
    State("today", "door-in-doubt", partial(_of, -5, _HERE, status="incomplete")),
    State("today", "counted", partial(_of, -30, _HERE, 8)),
    State("today", "ended-without-a-count", partial(_of, -60, _HERE)),
)
