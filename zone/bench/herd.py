"""`herd`: 600 members click for 20 places, for two seconds; who gets a 503 tries again.

Confirmed must be exactly 20 and everybody else refused with a reason. The rate is compared with
that of the bare route in the same run, turn by turn, so that a noisy neighbour slows both.
"""

import json
import os
import statistics
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask_migrate import upgrade
from sqlalchemy import func, select

from zone.app import MIGRATIONS, create_app
from zone.bench import engines, load
from zone.bench.load import Click, Outcome
from zone.bench.measurements import Measurement, percentile
from zone.booking.bookings.models import Booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo import example
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.demo.supervisor import seed
from zone.members.people import service as people_service
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.places.spaces.models import Space
from zone.web import session_cookie

MEMBERS: Final = 600
PLACES: Final = 20
SECONDS: Final = 2.0
CONNECTIONS: Final = 40
ROUNDS: Final = 3
WORKERS: Final = ("--workers", "2", "--threads", "3")


class WrongOutcomeError(Exception):
    """More were confirmed than there are places, or somebody got no proper answer."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who clicks (member id, cookie), and for which classes (public ids): each round one of ours and one bare."""

    people: Sequence[tuple[int, str]]
    classes: Sequence[uuid.UUID]


def run() -> Iterator[Measurement]:
    """One figure for each engine.

    Raises:
        WrongOutcomeError: what must never be.
    """
    for name, settings in engines.both():
        yield _case(name, settings)


def _case(name: str, settings: Settings) -> Measurement:
    crowd = gather(settings)
    ours, bare = [], []
    with served(settings) as (port, bare_port):
        for turn in range(ROUNDS):
            ours.append(storm(port, crowd, crowd.classes[2 * turn], settings))
            bare.append(_bare_storm(bare_port, crowd, crowd.classes[2 * turn + 1]))
    for turn, outcome in enumerate(ours):
        check(outcome, settings, crowd.classes[2 * turn])
    millis = [ms for outcome in ours for ms in outcome.millis]
    yardstick = statistics.median(outcome.rate for outcome in bare)
    rate = statistics.median(outcome.rate for outcome in ours)
    confirmed = statistics.median(
        sum(status == 201 for status in outcome.final.values()) for outcome in ours
    )
    return Measurement(
        "herd",
        name,
        "ms",
        len(millis),
        percentile(millis, 50),
        percentile(millis, 95),
        percentile(millis, 99),
        value=confirmed,
        yardstick=yardstick,
        ratio=rate / yardstick,
    )


def gather(settings: Settings) -> Crowd:
    """Six hundred signed-in members with a pass, and the classes they want."""
    app = create_app(settings)
    with app.app_context():
        upgrade(directory=str(MIGRATIONS))
        now = utc_now()
        seed(settings, now)
        with writing() as session:
            people = []
            for number in range(MEMBERS):
                member = people_service.create_member(
                    session,
                    email=f"herd-{number}@zone.example",
                    name="Herd",
                    language="en",
                    now=now,
                )
                example.give_pass(session, member, "sports-term", now)
                people.append(
                    (member.id, sign_in_sessions.open_session(session, member.id, now=now))
                )
            studio = session.scalars(select(Space).where(Space.code == "studio")).one()
            offer = ClassDetails(
                kind="class",
                name_fi="Ruuhka",
                name_sv="Rusning",
                name_en="Rush",
                category="strength",
                space_id=studio.id,
                capacity=PLACES,
                bookable_percent=100,
            )
            start = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
            spans = [
                (start + timedelta(hours=n), start + timedelta(hours=n, minutes=55))
                for n in range(2 * ROUNDS)
            ]
            made = [sessions.create_session(session, offer, *span, now=now) for span in spans]
        db.engine.dispose()
    return Crowd(people, [session.public_id for session in made])


@contextmanager
def served(settings: Settings) -> Iterator[tuple[int, int]]:
    """The product and the bare route, each by gunicorn with as many workers and threads; their ports."""
    port, bare_port = free_port(), free_port()
    data = settings.data_dir
    env = environment({"ZONE_DATA_DIR": str(data), "ZONE_DATABASE_URL": settings.database_url})
    bare_command = python(
        "-m",
        "gunicorn",
        "zone.bench.bare:create()",
        "--worker-class",
        "gthread",
        "--no-control-socket",
        *WORKERS,
        "--bind",
        f"127.0.0.1:{bare_port}",
        "--keep-alive",
        "75",
        "--reuse-port",
    )
    with ExitStack() as stack:
        ours = Process(
            "zone",
            python("-m", "zone", "serve", "--port", str(port), *WORKERS),
            log=data / "w.log",
            env=env,
        )
        stack.callback(ours.stop)
        bare = Process(
            "bare",
            bare_command,
            log=data / "b.log",
            env=dict(os.environ) | {"BARE_DATABASE": settings.database},
        )
        stack.callback(bare.stop)
        ours.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), 30)
        bare.await_ready(lambda: "Booting worker" in bare.tail(), 30)
        yield port, bare_port


def storm(port: int, crowd: Crowd, wanted: uuid.UUID, settings: Settings) -> Outcome:
    """Everybody clicks for one class of the product."""
    cookie, host = session_cookie.name_of(settings), f"localhost:{port}"
    body = json.dumps({"session": str(wanted)}).encode()
    requests = {}
    for member, token in crowd.people:
        headers = (f"Cookie: {cookie}={token}", f"Origin: http://{host}")
        requests[member] = load.request_bytes(host, "/api/v1/bookings", body, headers)
    return _click(port, requests)


def _bare_storm(port: int, crowd: Crowd, wanted: uuid.UUID) -> Outcome:
    requests = {}
    for member, _ in crowd.people:
        body = json.dumps({"session": str(wanted), "member": member}).encode()
        requests[member] = load.request_bytes("localhost", "/bookings", body)
    return _click(port, requests)


def _click(port: int, requests: dict[int, bytes]) -> Outcome:
    clicks = [Click(member, request) for member, request in requests.items()]
    return load.storm("127.0.0.1", port, clicks, seconds=SECONDS, connections=CONNECTIONS)


def check(outcome: Outcome, settings: Settings, wanted: uuid.UUID) -> None:
    """Exactly the places, each once, and a reason for everybody else.

    Raises:
        WrongOutcomeError: what must never be.
    """
    won = sum(status == 201 for status in outcome.final.values())
    refused = [
        json.loads(body) for client, body in outcome.bodies.items() if outcome.final[client] == 409
    ]
    expected = (
        (won == PLACES, f"{won} confirmed of {PLACES}"),
        (len(outcome.final) == MEMBERS, f"{MEMBERS - len(outcome.final)} without an answer"),
        (
            len(refused) == MEMBERS - PLACES and all(body["reasons"] for body in refused),
            "refused without a reason",
        ),
        (set(outcome.answers) <= {201, 409, 503}, f"answers {dict(outcome.answers)}"),
        (_stored(settings, wanted) == PLACES, f"{_stored(settings, wanted)} stored"),
    )
    wrong = [what for right, what in expected if not right]
    if wrong:
        raise WrongOutcomeError("; ".join(wrong))


def _stored(settings: Settings, wanted: uuid.UUID) -> int:
    booked = (
        select(func.count())
        .select_from(Booking)
        .join(ClassSession)
        .where(ClassSession.public_id == wanted)
    )
    with create_app(settings).app_context():
        with reading() as session:
            count = session.scalars(booked).one()
        db.engine.dispose()
    return count
