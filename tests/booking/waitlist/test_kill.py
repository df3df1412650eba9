"""After kill -9 of the web server under load the queues are consistent before any job runs."""

import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException

import pytest
from flask import Flask

from tests.world.booking import a_member, a_session, build, class_details
from tests.world.waitlist import check_order, check_queues
from zone.booking.bookings import service as bookings
from zone.booking.policies.models import BookingPolicy
from zone.booking.waitlist import jobs as waitlist_jobs
from zone.booking.waitlist import service as waitlist
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.demo.supervisor import READY_SECONDS
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

pytestmark = [pytest.mark.slow, pytest.mark.own_database]
CLIENTS = 8
SESSIONS = 2
ENOUGH = 40


@dataclass
class QueueClients:
    """People who book, wait, cancel and leave at random until the server is gone."""

    tokens: Sequence[str]
    wanted: Sequence[str]
    cookie: str
    port: int
    answered: list[int] = field(default_factory=list)
    """Return the status of every answer."""

    def start(self, seed: int) -> list[threading.Thread]:
        threads = [
            threading.Thread(target=self._act, args=(token, random.Random(100 * seed + n)))
            for n, token in enumerate(self.tokens)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _act(self, token: str, chance: random.Random) -> None:
        headers = {
            "Cookie": f"{self.cookie}={token}",
            "Content-Type": "application/json",
            "Origin": f"http://localhost:{self.port}",
        }
        try:
            with closing(HTTPConnection("localhost", self.port, timeout=10)) as connection:
                while True:
                    self._once(connection, headers, chance)
        except (OSError, HTTPException):
            return  # the server is gone

    def _once(
        self, connection: HTTPConnection, headers: dict[str, str], chance: random.Random
    ) -> None:
        wanted = chance.choice(self.wanted)
        if chance.random() < 0.03:
            self._ask(connection, headers, "POST", "/api/v1/bookings", {"session": wanted})
        self._ask(connection, headers, "POST", f"/api/v1/sessions/{wanted}/queue")
        queue = self._ask(connection, headers, "GET", "/api/v1/me/queue")["queue"]
        if queue and chance.random() < 0.05:
            self._ask(connection, headers, "DELETE", f"/api/v1/queue/{queue[0]['id']}")
        booked = self._ask(connection, headers, "GET", "/api/v1/me/bookings")["bookings"]
        live = [booking["id"] for booking in booked if booking["state"] == "booked"]
        if live and chance.random() < 0.6:
            self._ask(connection, headers, "DELETE", f"/api/v1/bookings/{chance.choice(live)}")

    def _ask(
        self,
        connection: HTTPConnection,
        headers: dict[str, str],
        method: str,
        path: str,
        body: object = None,
    ) -> dict[str, list[dict[str, str]]]:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        body_read = answer.read()
        self.answered.append(answer.status)
        answered: dict[str, list[dict[str, str]]] = json.loads(body_read)
        return answered


def prepare() -> tuple[list[str], list[str]]:
    """Return (tokens of people with a pass, full sessions of two places with a waitlist)."""
    now = utc_now()
    with writing() as session:
        here = build(session)
        people = [a_member(session, here, f"p{n}", now=now) for n in range(CLIENTS)]
        tokens = [sign_in_sessions.open_session(session, person, now=now) for person in people]
        session.add(BookingPolicy(open_bookings=SESSIONS))
        offer = class_details(here, kind="online", space=None, capacity=2, percent=100)
        starts = [now + timedelta(days=1, hours=2 * n) for n in range(SESSIONS)]
        made = [a_session(session, here, start=start, offer=offer, now=now) for start in starts]
        for one in made:
            for person in people[:2]:
                bookings.book(session, member_id=person, class_session=one.public_id, now=now)
            for person in people[2:]:
                waitlist.join(session, member_id=person, class_session=one.public_id, now=now)
    return tokens, [str(one.public_id) for one in made]


SERVE = ("-m", "zone", "serve", "--workers", "1", "--threads", "4", "--port")
PLANTED = (
    "-m",
    "gunicorn",
    "tests.booking.waitlist.late_promotion:create()",
    "--worker-class",
    "gthread",
    "--no-control-socket",
    "--workers",
    "1",
    "--threads",
    "4",
    "--pythonpath",
    ".",
    "--bind",
)


def served_until_killed(
    settings: Settings, clients: QueueClients, seed: int, command: Sequence[str]
) -> None:
    """Serve under load in another process, and kill it at a random moment."""
    env = environment(
        {"ZONE_DATA_DIR": str(settings.data_dir), "ZONE_DATABASE_URL": settings.database_url}
    )
    address = str(clients.port) if command is SERVE else f"127.0.0.1:{clients.port}"
    web = Process("web", python(*command, address), log=settings.data_dir / "web.log", env=env)
    enough = len(clients.answered) + ENOUGH
    try:
        web.await_ready(lambda: answers(f"http://127.0.0.1:{clients.port}/healthz"), READY_SECONDS)
        threads, deadline = clients.start(seed), time.monotonic() + 30
        while len(clients.answered) < enough and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(random.Random(seed).uniform(0, 0.2))
        web.kill()
        for thread in threads:
            thread.join(20)
    finally:
        web.stop()
    assert len(clients.answered) >= enough
    assert set(clients.answered) <= {200, 201, 404, 409}


def check_queues_after_kills(settings: Settings, command: Sequence[str] = SERVE) -> None:
    """After each of two kills the queues are consistent, and the job finds nothing to do."""
    tokens, wanted = prepare()
    clients = QueueClients(tokens, wanted, session_cookie.name_of(settings), free_port())
    for seed in (1, 2):
        served_until_killed(settings, clients, seed, command)
        check_queues(utc_now())
        check_order()
    assert waitlist_jobs.settle_queues(settings, utc_now()) == 0


@pytest.mark.thorough
@pytest.mark.engines("postgresql", thorough="sqlite")
def test_after_a_kill_no_place_is_free_while_somebody_waits(app: Flask, settings: Settings) -> None:
    check_queues_after_kills(settings)


@pytest.mark.thorough
@pytest.mark.engines("postgresql", thorough="sqlite")
@pytest.mark.planted_fault("places are passed on in a transaction of their own")
def test_promotion_in_another_transaction_fails_the_check(app: Flask, settings: Settings) -> None:
    with pytest.raises(AssertionError, match="a place is free while somebody waits"):
        check_queues_after_kills(settings, PLANTED)
