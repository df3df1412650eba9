"""Two web servers, two schedulers and two bridges on one PostgreSQL work as one of each."""

import json
import re
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.world import spread
from tests.world.certificates import authority_and_server
from tests.world.spread import Spread
from zone.access.bridges.models import Bridge
from zone.access.entries.models import Entry
from zone.access.visits.models import Visit
from zone.app import create_app
from zone.booking.bookings.models import Booking
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.jobs.models import JobRun
from zone.demo import example, scenario
from zone.demo.students import ScreenlessStudent
from zone.members.people import service as people_service
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

pytestmark = [
    pytest.mark.slow,
    pytest.mark.system("nginx"),
]
CLIENTS, PLACES = 40, 20
PATIENCE = 60.0


@pytest.fixture(scope="module")
def running() -> Iterator[Spread]:
    with spread.opened() as opened, create_app(opened.first.settings).app_context():
        yield opened
        db.engine.dispose()


def test_the_main_job_runs_on_two_of_everything(running: Spread) -> None:
    student = ScreenlessStudent(running.first.url)
    scenario.play(running.first, student, lambda *_: None)
    second = running.second.hold_to_reader(student.show_code())
    assert (second["granted"], second["light"]) == (True, "green")
    await_(lambda: entries_by_bridge() == {"Demo bridge": 2, "Gym bridge": 1})
    served = running.served_by()
    assert len(served) == 2, f"nginx should spread requests over both servers: {served}"


def entries_by_bridge() -> dict[str, int]:
    query = (
        select(Bridge.name, func.count())
        .join(Entry, Entry.bridge_id == Bridge.id)
        .where(Entry.kind == "scan")
    )
    with reading() as session:
        return {row[0]: row[1] for row in session.execute(query.group_by(Bridge.name))}


def await_(holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.1)


def test_two_schedulers_have_done_every_slot_once(running: Spread) -> None:
    await_(lambda: jobs_done("outbox.deliver") >= 2)
    query = (
        select(JobRun.job, JobRun.slot).group_by(JobRun.job, JobRun.slot).having(func.count() > 1)
    )
    with reading() as session:
        assert session.execute(query).all() == []
        assert session.scalars(select(JobRun.job).where(JobRun.state == "failed")).all() == []


def jobs_done(job: str) -> int:
    with reading() as session:
        done = select(func.count()).where(JobRun.job == job, JobRun.state == "done")
        return session.scalar(done) or 0


def test_a_visit_is_counted_once_although_both_schedulers_and_both_servers_derive_visits(
    running: Spread,
) -> None:
    live = Visit.retracted_at.is_(None)
    with reading() as session:
        entries = select(func.count(func.distinct(Visit.entry_id))).where(live)
        assert session.scalar(entries) == session.scalar(
            select(func.count()).select_from(Visit).where(live)
        )


@dataclass
class Bookers:
    """People who book one class after another, and try again where the server is down."""

    spread: Spread
    tokens: Sequence[str]
    classes: Sequence[str]
    acknowledged: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    answered: list[float] = field(default_factory=list)

    def book(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._book_all, args=(token,)) for token in self.tokens]
        for thread in threads:
            thread.start()
        return threads

    def _book_all(self, token: str) -> None:
        for wanted in self.classes:
            self._book(token, wanted)

    def _book(self, token: str, wanted: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            status, body = self._asked(token, wanted)
            if status in (201, 409):
                self.statuses.add(status)
                if status == 201:
                    self.acknowledged.append(body["id"])
                    self.answered.append(time.monotonic())
                return
            time.sleep(0.05)

    def _asked(self, token: str, wanted: str) -> tuple[int, dict[str, str]]:
        """Return the status; 0 where there was no answer."""
        settings = self.spread.first.settings
        headers = {
            "Cookie": f"{session_cookie.name_of(settings)}={token}",
            "Content-Type": "application/json",
            "Origin": settings.base_url,
        }
        try:
            with closing(
                HTTPConnection("localhost", self.spread.first.port, timeout=10)
            ) as connection:
                connection.request(
                    "POST", "/api/v1/bookings", json.dumps({"session": wanted}), headers
                )
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read()) if answer.status == 201 else {}
        except (OSError, HTTPException):
            return 0, {}


def a_bookers(running: Spread, classes: int, places: int, people: int = CLIENTS) -> Bookers:
    """Store people with a pass, and online classes at different times."""
    now = utc_now()
    offer = ClassDetails(
        kind="online",
        name_fi="Etäjumppa",
        name_sv="Distanspass",
        name_en="Online class",
        category="strength",
        space_id=None,
        capacity=places,
        bookable_percent=100,
    )
    tokens = []
    with writing() as session:
        session.add(BookingPolicy(open_bookings=1000, closes_minutes=0))
        for number in range(people):
            email = f"bookers-{number}-{now.timestamp()}@zone.example"
            member = people_service.create_member(
                session, email=email, name="Joku", language="fi", now=now
            )
            example.give_pass(session, member, "sports-term", now)
            tokens.append(sign_in_sessions.open_session(session, member.id, now=now))
        starts = [now + timedelta(days=1, minutes=15 * number) for number in range(classes)]
        made = [
            sessions.create_session(session, offer, at, at + timedelta(minutes=10), now=now)
            for at in starts
        ]
    return Bookers(running, tokens, [str(one.public_id) for one in made])


def stored(classes: Sequence[str]) -> dict[str, str]:
    """Return the state of every booking of these classes by its public id."""
    query = select(Booking.public_id, Booking.state).join(
        ClassSession, ClassSession.id == Booking.session_id
    )
    with reading() as session:
        rows = session.execute(query.where(ClassSession.public_id.in_(classes)))
        return {str(public_id): state for public_id, state in rows}


def check_no_confirmed_booking_is_lost(bookers: Bookers, kept: dict[str, str]) -> None:
    assert set(bookers.acknowledged) <= set(kept)
    assert len(bookers.acknowledged) == len(set(bookers.acknowledged))


def test_many_bookings_over_two_servers_take_every_place_once(running: Spread) -> None:
    bookers = a_bookers(running, classes=1, places=PLACES)
    for thread in bookers.book():
        thread.join()
    kept = stored(bookers.classes)
    check_no_confirmed_booking_is_lost(bookers, kept)
    assert (len(kept), bookers.statuses) == (PLACES, {201, 409})


def test_a_killed_server_loses_no_booking(running: Spread) -> None:
    bookers = a_bookers(running, classes=6, places=100, people=12)
    threads = bookers.book()
    await_(lambda: len(bookers.acknowledged) >= 5)
    running.webs[0].kill()
    for thread in threads:
        thread.join()
    running.webs[0].start_again()
    check_no_confirmed_booking_is_lost(bookers, stored(bookers.classes))
    assert len(stored(bookers.classes)) == 6 * 12, "the other server went on for everybody"


def test_a_restart_of_postgresql_loses_no_confirmed_booking(
    running: Spread,
) -> None:
    bookers = a_bookers(running, classes=12, places=100, people=12)
    threads = bookers.book()
    await_(lambda: len(bookers.acknowledged) >= 10)
    running.cluster.end(signal.SIGQUIT)
    fell = time.monotonic()
    running.cluster.start()
    for thread in threads:
        thread.join()
    kept = stored(bookers.classes)
    check_no_confirmed_booking_is_lost(bookers, kept)
    assert len(kept) == 12 * 12, "everybody got through in the end"
    back = min(at for at in bookers.answered if at > fell) - fell
    print(f"the first booking was answered {back:.1f} s after PostgreSQL had fallen over")
    await_(lambda: hears_the_server(running.first.bridge.output()))
    scenario.play(running.first, ScreenlessStudent(running.first.url), lambda *_: None)


def hears_the_server(told: str) -> bool:
    """Whether a bridge that lost its server, if it noticed at all, is online again."""
    return told.rfind('"up":true') >= told.rfind('"up":false')


@pytest.mark.planted_fault("a confirmed booking that is not stored")
def test_a_confirmed_booking_that_is_not_stored_fails_the_check(running: Spread) -> None:
    bookers = a_bookers(running, classes=1, places=1, people=1)
    bookers.acknowledged.append("00000000-0000-4000-8000-000000000000")
    with pytest.raises(AssertionError):
        check_no_confirmed_booking_is_lost(bookers, stored(bookers.classes))


def test_nginx_reads_the_site_that_operators_get(tmp_path: Path) -> None:
    _, certificate, key = authority_and_server(tmp_path)
    text = re.sub(
        r"/etc/letsencrypt/live/\S*/fullchain.pem", str(certificate), spread.NGINX_CONF.read_text()
    )
    text = re.sub(r"/etc/letsencrypt/live/\S*/privkey.pem", str(key), text)
    spread.check_config(text, tmp_path)
