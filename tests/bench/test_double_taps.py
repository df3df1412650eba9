"""Double taps in a rush: each place once, an ordered queue, and the same answer to both taps."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from tests.world.booking import a_member, a_session, build, class_details
from zone.bench.double_taps import DoubleTap, DoubleTaps, check, in_order, tap_twice
from zone.bench.herd import RushSetup, WrongOutcomeError
from zone.booking.bookings import service as bookings
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.demo.supervisor import READY_SECONDS
from zone.members.sign_in_sessions import service as sign_in_sessions

MEMBERS, PLACES = 12, 4


def prepare(members: int) -> RushSetup:
    """People with a pass who are signed in, and a class tomorrow with few places."""
    now = utc_now()
    with writing() as session:
        here = build(session)
        people = [a_member(session, here, f"p{n}", now=now) for n in range(members)]
        tokens = [
            (person, sign_in_sessions.open_session(session, person, now=now)) for person in people
        ]
        offer = class_details(here, kind="online", space=None, capacity=PLACES, percent=100)
        made = a_session(session, here, start=now + timedelta(days=1), offer=offer, now=now)
    return RushSetup(tokens, [made.public_id])


def check_rush(settings: Settings, members: int) -> None:
    rush, port = prepare(members), free_port()
    env = environment(
        {"ZONE_DATA_DIR": str(settings.data_dir), "ZONE_DATABASE_URL": settings.database_url}
    )
    command = python("-m", "zone", "serve", "--port", str(port))
    web = Process("web", command, log=settings.data_dir / "web.log", env=env)
    try:
        web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), READY_SECONDS)
        taps = tap_twice(port, rush, rush.sessions[0], settings)
    finally:
        web.stop()
    check(taps, settings, rush.sessions[0], members=members, places=PLACES)


@pytest.mark.thorough
@pytest.mark.slow
@pytest.mark.own_database
@pytest.mark.engines("postgresql", thorough="sqlite")
def test_in_a_rush_of_double_taps_everything_is_done_once(app: Flask, settings: Settings) -> None:
    check_rush(settings, 40)


def a_right_outcome() -> tuple[DoubleTaps, uuid.UUID]:
    """Bookings and a queue, made one after the other, and what both taps would have got."""
    rush, taps, now = prepare(MEMBERS), DoubleTaps(), utc_now()
    for number, (member, _) in enumerate(rush.members):
        if number < PLACES:
            with writing() as session:
                booking = bookings.book(
                    session, member_id=member, class_session=rush.sessions[0], now=now
                ).public_id
            taps.booked.append(_tap(member, number, 201, str(booking)))
        else:
            with writing() as session:
                entry = waitlist.join(
                    session, member_id=member, class_session=rush.sessions[0], now=now
                ).public_id
            taps.booked.append(_tap(member, number, 409, "session_full"))
            taps.joined.append(_tap(member, number, 201, str(entry)))
    return taps, rush.sessions[0]


def _tap(member: int, at: float, status: int, named: str) -> DoubleTap:
    return DoubleTap(member, at, at + 0.5, ((status, named), (status, named)))


def _one_tap_refused(taps: DoubleTaps) -> None:
    first = taps.booked[0]
    taps.booked[0] = replace(first, answers=(first.answers[0], (409, "already_booked")))


def _one_never_answered(taps: DoubleTaps) -> None:
    taps.joined.pop()


def _overtaken(taps: DoubleTaps) -> None:
    taps.joined[-1] = replace(taps.joined[-1], begun=0.0, ended=0.1)


@pytest.mark.engines("sqlite")
def test_a_right_outcome_passes(app: Flask, settings: Settings) -> None:
    taps, class_session = a_right_outcome()
    check(taps, settings, class_session, members=MEMBERS, places=PLACES)


@pytest.mark.thorough
@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a second tap that is refused, a lost answer, an overtaken person")
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_one_tap_refused, "different answers"),
        (_one_never_answered, "7 wait of 8"),
        (_overtaken, "overtaken"),
    ],
)
def test_a_wrong_outcome_gives_no_figure(
    app: Flask, settings: Settings, spoil: Callable[[DoubleTaps], None], why: str
) -> None:
    taps, class_session = a_right_outcome()
    spoil(taps)
    with pytest.raises(WrongOutcomeError, match=why):
        check(taps, settings, class_session, members=MEMBERS, places=PLACES)


def test_who_asked_at_the_same_time_may_stand_in_any_order() -> None:
    taps = [DoubleTap(member, 0.0, 1.0, ()) for member in (1, 2)]
    assert in_order([2, 1], taps)
    assert not in_order([2, 1], [taps[0], replace(taps[1], begun=1.5, ended=2.0)])
