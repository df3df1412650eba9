"""After kill -9 of the web server at any moment, every acknowledged booking is stored."""

import json
import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world import booking
from zone.booking.bookings.models import Booking
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import service as sessions
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.demo.supervisor import READY_SECONDS
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

pytestmark = [pytest.mark.slow, pytest.mark.own_database]
CLIENTS = 8
SEEDS = (1, *(pytest.param(seed, marks=pytest.mark.thorough) for seed in (2, 3)))


@dataclass
class Rush:
    """People who book one class after another, and the ids of the acknowledged bookings."""

    tokens: Sequence[str]
    classes: Sequence[str]
    port: int
    settings: Settings
    acknowledged: list[str] = field(default_factory=list)

    def start(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=self._book_all, args=(token,)) for token in self.tokens]
        for thread in threads:
            thread.start()
        return threads

    def _book_all(self, token: str) -> None:
        headers = {
            "Cookie": f"{session_cookie.name_of(self.settings)}={token}",
            "Content-Type": "application/json",
            "Origin": f"http://localhost:{self.port}",
        }
        try:
            with closing(HTTPConnection("localhost", self.port, timeout=10)) as connection:
                for wanted in self.classes:
                    connection.request(
                        "POST", "/api/v1/bookings", json.dumps({"session": wanted}), headers
                    )
                    answer = connection.getresponse()
                    body = answer.read()
                    if answer.status == 201:
                        self.acknowledged.append(json.loads(body)["id"])
        except (OSError, HTTPException):
            return  # the server is gone: what had not been answered was not promised


def prepare(classes: int = 40) -> tuple[list[str], list[str]]:
    """Return (tokens of people with a pass, classes with enough places at different times)."""
    now = utc_now()
    with writing() as session:
        here = booking.build(session)
        people = [booking.a_member(session, here, f"p{n}", now=now) for n in range(CLIENTS)]
        tokens = [sign_in_sessions.open_session(session, person, now=now) for person in people]
        session.add(BookingPolicy(open_bookings=1000))
        offer = booking.class_details(here, kind="online", space=None, capacity=100)
        starts = [now + timedelta(days=1, minutes=15 * n) for n in range(classes)]
        made = [
            sessions.create_session(session, offer, at, at + timedelta(minutes=10), now=now)
            for at in starts
        ]
    return tokens, [str(session.public_id) for session in made]


def kill_under_load(
    settings: Settings, application: str, seed: int, least: int = 3
) -> tuple[int, set[str]]:
    """Kill the server at a random moment under load; return (acknowledged, missing) bookings."""
    tokens, classes = prepare()
    port = free_port()
    env = environment(
        {"ZONE_DATA_DIR": str(settings.data_dir), "ZONE_DATABASE_URL": settings.database_url}
    )
    command = python(
        "-m",
        "gunicorn",
        application,
        "--worker-class",
        "gthread",
        "--no-control-socket",
        "--workers",
        "1",
        "--threads",
        "4",
        "--bind",
        f"127.0.0.1:{port}",
        "--pythonpath",
        str(Path.cwd()),
    )
    web = Process("web", command, log=settings.data_dir / "web.log", env=env)
    try:
        web.await_ready(lambda: answers(f"http://127.0.0.1:{port}/healthz"), READY_SECONDS)
        rush = Rush(tokens, classes, port, settings)
        threads = rush.start()
        deadline = time.monotonic() + 20
        while len(rush.acknowledged) < least and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(random.Random(seed).uniform(0, 0.2))
        web.kill()
        for thread in threads:
            thread.join(20)
    finally:
        web.stop()
    with reading() as session:
        stored = {str(public_id) for public_id in session.scalars(select(Booking.public_id))}
    return len(rush.acknowledged), set(rush.acknowledged) - stored


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.parametrize("seed", SEEDS)
def test_every_acknowledged_booking_survives_a_kill(
    app: Flask, settings: Settings, seed: int
) -> None:
    acknowledged, lost = kill_under_load(settings, "zone.app:serving()", seed)
    assert acknowledged >= 3
    assert lost == set()


@pytest.mark.thorough
@pytest.mark.planted_fault("a server that answers before it commits")
def test_an_answer_before_the_commit_fails_the_check(app: Flask, settings: Settings) -> None:
    acknowledged, lost = kill_under_load(
        settings, "tests.world.early_answer:create()", seed=1, least=1
    )
    assert acknowledged >= 1
    assert lost != set()
