"""`recovery`: the time to the next booking after PostgreSQL stops at once, as in a power cut.

The reference is the time until PostgreSQL accepts a connection. Both times begin when PostgreSQL
stops. Clients book all the time. A booking that was acknowledged but is not stored afterwards ends
the benchmark with an error.
"""

import http.client
import json
import signal
import statistics
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import select

from zone.app import create_app
from zone.bench.herd import WrongOutcomeError
from zone.bench.measurements import Measurement
from zone.bench.pages import migrate_and_seed
from zone.bench.serving import served
from zone.booking.bookings.models import Booking
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import service as sessions
from zone.booking.sessions.rules import ClassDetails
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo import example
from zone.demo.machine import postgres
from zone.demo.machine.postgres import Cluster
from zone.members.people import service as people_service
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.web import session_cookie

ROUNDS: Final = 3
CLIENTS: Final = 8
CLASSES: Final = 400
WARM_SECONDS: Final = 1.0
PATIENCE: Final = 60.0
OFFER: Final = ClassDetails(
    kind="online",
    name_fi="Etäjumppa",
    name_sv="Distanspass",
    name_en="Online class",
    category="strength",
    space_id=None,
    capacity=CLIENTS,
    bookable_percent=100,
)


@dataclass(slots=True)
class Load:
    """Clients that book one session after another; when and what the server acknowledged."""

    settings: Settings
    port: int
    tokens: Sequence[str]
    classes: Sequence[uuid.UUID]
    over: threading.Event = field(default_factory=threading.Event)
    acknowledged: list[tuple[float, str]] = field(default_factory=list)

    def book(self, token: str) -> None:
        """Book until the load ends; repeat a request that was not answered."""
        headers = {
            "Cookie": f"{session_cookie.name_of(self.settings)}={token}",
            "Content-Type": "application/json",
            "Origin": f"http://localhost:{self.port}",
        }
        for class_session in self.classes:
            while not self.over.is_set() and not self._booked(
                json.dumps({"session": str(class_session)}), headers
            ):
                time.sleep(0.02)

    def _booked(self, body: str, headers: dict[str, str]) -> bool:
        """Whether the answer is final."""
        with closing(http.client.HTTPConnection("localhost", self.port, timeout=10)) as connection:
            try:
                connection.request("POST", "/api/v1/bookings", body, headers)
                answer = connection.getresponse()
                booking = json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                return False
        if answer.status == 201:
            self.acknowledged.append((time.monotonic(), booking["id"]))
        return answer.status in (201, 409)

    def first_after(self, moment: float) -> float:
        """Return when the first booking after a moment was acknowledged.

        Raises:
            WrongOutcomeError: none within a minute.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            later = [at for at, _ in self.acknowledged if at > moment]
            if later:
                return min(later)
            time.sleep(0.01)
        raise WrongOutcomeError(f"no booking within {PATIENCE:.0f} s")


def run() -> Iterator[Measurement]:
    """Yield one figure: the median of several stops, in seconds.

    Raises:
        WrongOutcomeError: an acknowledged booking was lost, or the service did not come back.
    """
    with (
        tempfile.TemporaryDirectory() as data,
        tempfile.TemporaryDirectory(prefix="zone-bench-") as folder,
        postgres.cluster(Path(folder), fsync=True) as cluster,
    ):
        settings = Settings(
            data_dir=Path(data), database_url=postgres.alchemy_url(cluster.url, "postgres")
        )
        people = _people(settings)
        with served(settings) as (zone, _bare):
            outages = _outages(cluster, Load(settings, zone.port, *people))
    to_booking, to_connection = (
        statistics.median(seconds) for seconds in zip(*outages, strict=True)
    )
    yield Measurement(
        "recovery",
        "postgresql",
        "s",
        len(outages),
        value=to_booking,
        yardstick=to_connection,
        ratio=to_booking / to_connection,
    )


def _people(settings: Settings) -> tuple[list[str], list[uuid.UUID]]:
    now = utc_now()
    with create_app(settings).app_context():
        migrate_and_seed(settings, now)
        with writing() as session:
            session.add(BookingPolicy(in_force_from=now, open_bookings=CLASSES, closes_minutes=0))
            tokens = []
            for number in range(CLIENTS):
                email = f"patient-{number}@zone.example"
                member = people_service.create_member(
                    session, email=email, name="Patient", language="en", now=now
                )
                example.give_pass(session, member, "sports-term", now)
                tokens.append(sign_in_sessions.open_session(session, member.id, now=now))
            starts = [now + timedelta(hours=3, minutes=20 * number) for number in range(CLASSES)]
            created = [
                sessions.create_session(session, OFFER, at, at + timedelta(minutes=15), now=now)
                for at in starts
            ]
        db.engine.dispose()
    return tokens, [row.public_id for row in created]


def _outages(cluster: Cluster, load: Load) -> list[tuple[float, float]]:
    """Return (until a booking, until a connection) in seconds for each stop."""
    threads = [threading.Thread(target=load.book, args=(token,)) for token in load.tokens]
    for thread in threads:
        thread.start()
    try:
        outages = [_outage(cluster, load) for _ in range(ROUNDS)]
    finally:
        load.over.set()
        for thread in threads:
            thread.join()
    _check_kept(load)
    return outages


def _outage(cluster: Cluster, load: Load) -> tuple[float, float]:
    load.first_after(time.monotonic())
    time.sleep(WARM_SECONDS)
    stopped_at = time.monotonic()
    cluster.end(signal.SIGQUIT)
    cluster.start()
    accepting_at = time.monotonic()
    return load.first_after(accepting_at) - stopped_at, accepting_at - stopped_at


def _check_kept(load: Load) -> None:
    with create_app(load.settings).app_context():
        with reading() as session:
            stored = {str(public_id) for public_id in session.scalars(select(Booking.public_id))}
        db.engine.dispose()
    lost = {promised for _, promised in load.acknowledged} - stored
    if lost:
        raise WrongOutcomeError(
            f"{len(lost)} of {len(load.acknowledged)} acknowledged bookings are lost"
        )
