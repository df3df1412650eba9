"""Web workers are killed each second and PostgreSQL falls: what was acknowledged is stored, and
nothing is half done.

Everybody books, waits, accepts and declines offers, and gives places back too late, which makes
marks. Afterwards every answer that said "done" is found in the database, and every invariant that
`zone doctor` knows of booking holds.
"""

import json
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import a_member, a_session, build, class_details
from tests.world.waitlist import check_queues
from zone.app import MIGRATIONS, create_app
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.feature import FEATURE as BOOKING
from zone.booking.policies.models import BookingPolicy
from zone.booking.waitlist.models import QueueEntry, QueueEvent
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo.machine import postgres
from zone.demo.machine.postgres import Cluster
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.demo.supervisor import READY_SECONDS
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.operation.doctor import service as doctor
from zone.operation.migrations import service as migrations
from zone.web import session_cookie

pytestmark = [pytest.mark.slow, pytest.mark.own_database]
CLIENTS = 8
PLACES = 2
STARTS = (timedelta(days=1), timedelta(hours=2, minutes=50), timedelta(minutes=50))
"""Places of the first class are booked for who waits, of the second offered; of the third they are
given back too late."""
SERVE = ("-m", "zone", "serve", "--workers", "2", "--threads", "3", "--port")
EARLY = (
    "-m",
    "gunicorn",
    "tests.world.early_answer:create()",
    "--worker-class",
    "gthread",
    "--no-control-socket",
    "--workers",
    "2",
    "--threads",
    "3",
    "--pythonpath",
    ".",
    "--bind",
)
"""Planted fault: a server that answers before it commits."""


@dataclass
class Crowd:
    """People who do anything they may, again and again, and what they were told was done."""

    tokens: Sequence[str]
    classes: Sequence[str]
    cookie: str
    port: int
    over: threading.Event = field(default_factory=threading.Event)
    done: dict[str, set[str]] = field(default_factory=dict)
    """Deed → ids of bookings and of entries."""
    statuses: Counter[int] = field(default_factory=Counter)

    @contextmanager
    def busy(self) -> Iterator[None]:
        threads = [
            threading.Thread(target=self._live, args=(token, random.Random(n)))
            for n, token in enumerate(self.tokens)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join(30)

    def await_deeds(self, count: int) -> None:
        deadline = time.monotonic() + 60
        while sum(map(len, self.done.values())) < count and time.monotonic() < deadline:
            time.sleep(0.02)

    def _live(self, token: str, chance: random.Random) -> None:
        while not self.over.is_set():
            with closing(HTTPConnection("localhost", self.port, timeout=10)) as connection:
                ask = self._asker(connection, token)
                with suppress(OSError, HTTPException, ValueError):  # killed, or about to be
                    while not self.over.is_set():
                        self._act(ask, chance)
            time.sleep(0.02)

    def _asker(self, connection: HTTPConnection, token: str) -> Callable[..., Any]:
        headers = {
            "Cookie": f"{self.cookie}={token}",
            "Content-Type": "application/json",
            "Origin": f"http://localhost:{self.port}",
        }

        def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
            sent = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1{path}", sent, headers)
            answer = connection.getresponse()
            read = answer.read()
            self.statuses[answer.status] += 1
            return answer.status, json.loads(read) if read else {}

        return ask

    def _act(self, ask: Callable[..., Any], chance: random.Random) -> None:
        wanted = chance.choice(self.classes)
        status, booking = ask("POST", "/bookings", {"session": wanted})
        self._note("booked", status, booking.get("id"))
        if status == 409:
            status, entry = ask("POST", f"/sessions/{wanted}/queue")
            self._note("joined", status, entry.get("id"))
        _, queue = ask("GET", "/me/queue")
        for entry in queue.get("queue", ()):
            if entry.get("offered_until"):
                self._answer(ask, entry["id"], chance)
        _, own = ask("GET", "/me/bookings")
        live = [one["id"] for one in own.get("bookings", ()) if one["state"] == "booked"]
        if live and chance.random() < 0.5:
            given = chance.choice(live)
            status, _ = ask("DELETE", f"/bookings/{given}?late=true")
            self._note("cancelled", status, given)

    def _answer(self, ask: Callable[..., Any], entry: str, chance: random.Random) -> None:
        if chance.random() < 0.5:
            status, booking = ask("POST", f"/queue/{entry}/accept")
            self._note("booked", status, booking.get("id"))
        else:
            status, _ = ask("POST", f"/queue/{entry}/decline")
            self._note("declined", status, entry)

    def _note(self, deed: str, status: int, id_: str | None) -> None:
        if status < 300 and id_ is not None:
            self.done.setdefault(deed, set()).add(id_)


def prepare(settings: Settings, port: int) -> Crowd:
    now = utc_now()
    with writing() as session:
        here = build(session)
        # Nobody is kept from going on by the marks that they collect.
        session.add(BookingPolicy(open_bookings=50, queue_places=50, suspension_days=0, no_shows=1))
        people = [a_member(session, here, f"p{n}", now=now) for n in range(CLIENTS)]
        tokens = [sign_in_sessions.open_session(session, person, now=now) for person in people]
        offer = class_details(here, kind="online", space=None, capacity=PLACES, percent=100)
        made = [
            a_session(session, here, start=now + start, offer=offer, minutes=20, now=now)
            for start in STARTS
        ]
        # Booked an hour ago: nobody takes them back in the first ten minutes without a mark.
        for person in people[:PLACES]:
            before = now - timedelta(hours=1)
            bookings.book(session, member_id=person, class_session=made[-1].public_id, now=before)
    classes = [str(one.public_id) for one in made]
    return Crowd(tokens, classes, session_cookie.name_of(settings), port)


@contextmanager
def served(settings: Settings, port: int, command: Sequence[str]) -> Iterator[Process]:
    env = environment(
        {"ZONE_DATA_DIR": str(settings.data_dir), "ZONE_DATABASE_URL": settings.database_url}
    )
    address = str(port) if command is SERVE else f"127.0.0.1:{port}"
    web = Process("web", python(*command, address), log=settings.data_dir / "web.log", env=env)
    try:
        web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), READY_SECONDS)
        yield web
    finally:
        web.stop()


def kill_a_worker(web: Process, chance: random.Random) -> None:
    """Send SIGKILL to one of the processes that gunicorn has started."""
    parent = web.child.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    if children:
        with suppress(ProcessLookupError):
            os.kill(int(chance.choice(children)), signal.SIGKILL)


def check_what_was_said_is_done(
    settings: Settings,
    *,
    kills: int,
    restarts: int = 0,
    cluster: Cluster | None = None,
    command: Sequence[str] = SERVE,
    deeds: int = 10,
) -> Crowd:
    """Kill workers each second and the database in between, after the first deeds; at the end kill
    the whole server. Compare answers and rows.
    """
    port, chance = free_port(), random.Random(kills)
    crowd = prepare(settings, port)
    with served(settings, port, command) as web, crowd.busy():
        crowd.await_deeds(deeds)
        for number in range(kills):
            kill_a_worker(web, chance)
            if cluster is not None and number < restarts:
                cluster.end(signal.SIGQUIT)
                cluster.start()
            time.sleep(chance.uniform(0.7, 1.3))
        web.kill()
    check_stored(crowd)
    check_queues(utc_now())
    check_invariants()
    return crowd


def check_stored(crowd: Crowd) -> None:
    with reading() as session:
        booked = {str(id_): state for id_, state in rows(session, Booking)}
        entries = {str(id_): state for id_, state in rows(session, QueueEntry)}
        declined = (
            select(QueueEntry.public_id).join(QueueEvent).where(QueueEvent.kind == "declined")
        )
        answered = {str(id_) for id_ in session.scalars(declined)}
    assert crowd.done.get("booked", set()) <= set(booked), "a booking is lost"
    cancelled = {id_ for id_, state in booked.items() if state == "cancelled"}
    assert crowd.done.get("cancelled", set()) <= cancelled, "a cancellation is lost"
    assert crowd.done.get("joined", set()) <= set(entries), "a place in the queue is lost"
    assert crowd.done.get("declined", set()) <= answered, "an answer to an offer is lost"


def rows(session: Any, model: Any) -> Any:
    return session.execute(select(model.public_id, model.state))


def check_invariants() -> None:
    now = utc_now()
    with doctor.snapshot() as session:
        broken = [
            one.holds
            for one in BOOKING.leaves.invariants
            if one.count_broken(session, now if one.at_present else now - timedelta(days=90))
        ]
    assert broken == []


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_workers_that_are_killed_lose_nothing(app: Flask, settings: Settings) -> None:
    check_what_was_said_is_done(settings, kills=3)


@contextmanager
def own_postgres(tmp_path: Path) -> Iterator[tuple[Settings, Cluster]]:
    """A server with fsync on and the whole schema, inside an application's context."""
    with (
        tempfile.TemporaryDirectory(prefix="zone-pg-") as folder,
        postgres.cluster(Path(folder), fsync=True) as cluster,
    ):
        url = postgres.alchemy_url(cluster.url, "postgres")
        settings = Settings(data_dir=tmp_path, database_url=url)
        with create_app(settings).app_context():
            migrations.migrate(str(MIGRATIONS), None)
            try:
                yield settings, cluster
            finally:
                db.engine.dispose()


@pytest.mark.thorough
def test_a_database_that_falls_three_times_loses_nothing(tmp_path: Path) -> None:
    with own_postgres(tmp_path) as (settings, cluster):
        crowd = check_what_was_said_is_done(settings, kills=12, restarts=3, cluster=cluster)
        with reading() as session:
            marks = session.scalars(select(AttendanceMark.id)).all()
    assert set(crowd.done) >= {"booked", "joined", "cancelled"}
    assert marks


@pytest.mark.thorough
@pytest.mark.engines("postgresql")  # SQLite's writers are one at a time: few answers are early
@pytest.mark.planted_fault("a server that answers before it commits")
def test_an_answer_before_the_commit_fails_the_check(app: Flask, settings: Settings) -> None:
    with pytest.raises(AssertionError, match="is lost"):
        check_what_was_said_is_done(settings, kills=0, command=EARLY, deeds=3)
