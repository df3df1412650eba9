"""`term-opening`: many people sign in, buy and book in the same minutes.

They come as people do when booking opens: half of them in the first eighth of the time. Each signs
in with a code that the scheduler mails, buys a pass, and books a class or waits for it. Where the
service asks them to come back later they do. Nobody may be left without an answer, be charged or
booked twice, or get a mail twice.

PEOPLE come at 5 a second on average, as 3,000 do in 10 minutes; the variable TERM_OPENING_PEOPLE
sets another number, and TERM_OPENING_SECONDS another time. TERM_OPENING_PATIENCE are the seconds
after that time for which they still come back. TERM_OPENING_ENGINE names the only engine to try.

Every second person is on the network of a campus, which shows all of them under one address; the
others have an address of their own.
"""

import os
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from zone.app import create_app
from zone.bench import engines
from zone.bench.herd import WrongOutcomeError
from zone.bench.mail_sink import MailSink, mail_sink
from zone.bench.measurements import Measurement, percentile
from zone.bench.newcomer import Newcomer, OpeningTimes
from zone.bench.pages import migrate_and_seed
from zone.bench.serving import WORKERS
from zone.booking.bookings.models import Booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.booking.waitlist.models import QueueEntry
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.demo import example
from zone.demo.machine.processes import Process, answers, environment, free_port, python
from zone.members.people import service as people_service
from zone.passes.orders.models import Order
from zone.passes.passes.models import Pass
from zone.passes.receipts.models import Receipt

PEOPLE: Final = 150
A_SECOND: Final = 5.0
CLASSES: Final = 10
FULL_AT: Final = 0.6
"""The share of the people who get a place; the others wait."""
CAMPUSES: Final = 7
PATIENCE: Final = 600.0
READY: Final = 60.0
DOMAIN: Final = "opening.example"


@dataclass(frozen=True, slots=True)
class Opening:
    """Who comes, and the classes, each with so many places."""

    addresses: Sequence[str]
    classes: Sequence[uuid.UUID]
    places: int

    def wanted_by(self, number: int) -> uuid.UUID:
        return self.classes[number % len(self.classes)]


def run() -> Iterator[Measurement]:
    """Yield four figures for each engine: requests, pauses, mails with a code, and all of it.

    Raises:
        WrongOutcomeError: as `check`.
    """
    people = int(os.environ.get("TERM_OPENING_PEOPLE", PEOPLE))
    seconds = float(os.environ.get("TERM_OPENING_SECONDS", people / A_SECOND))
    patience = float(os.environ.get("TERM_OPENING_PATIENCE", PATIENCE))
    for name, settings in engines.each_engine():
        if name == os.environ.get("TERM_OPENING_ENGINE", name):
            yield from _case(name, replace(settings, **example.SELLER), people, seconds, patience)


def _case(
    name: str, settings: Settings, people: int, seconds: float, patience: float
) -> Iterator[Measurement]:
    opening = prepare(settings, people, utc_now())
    with mail_sink() as (sink, smtp_url), ExitStack() as stack:
        port = serve(replace(settings, smtp_url=smtp_url), stack)
        alone = [_health(port) for _ in range(50)]
        times = rush(opening, port, sink, seconds, patience)
        await_mails(settings, patience)
    check(opening, settings, times, sink)
    yardstick = percentile(alone, 50)
    yield _figure(f"{name}, requests", "ms", times.millis, len(times.pauses), yardstick)
    yield _figure(f"{name}, asked to come back in", "s", times.pauses or [0.0])
    yield _figure(f"{name}, mailed code", "s", times.mails)
    yield _figure(f"{name}, in all", "s", times.whole)


def _figure(
    case: str,
    unit: str,
    samples: Sequence[float],
    value: float | None = None,
    yardstick: float | None = None,
) -> Measurement:
    """A figure. `value`: how often people were asked to come back; `yardstick`: /healthz before."""
    p50 = percentile(samples, 50)
    return Measurement(
        "term-opening",
        case,
        unit,
        len(samples),
        p50,
        percentile(samples, 95),
        percentile(samples, 99),
        value=value,
        yardstick=yardstick,
        ratio=p50 / yardstick if yardstick else None,
    )


def prepare(settings: Settings, people: int, now: datetime) -> Opening:
    """Make students who may buy and have never signed in, and classes with places for some."""
    addresses = [f"newcomer-{number}@{DOMAIN}" for number in range(people)]
    places = max(1, int(people * FULL_AT) // CLASSES)
    with create_app(settings).app_context():
        migrate_and_seed(settings, now)
        with writing() as session:
            for address in addresses:
                member = people_service.create_member(
                    session, email=address, name="Newcomer", language="en", now=now
                )
                example.prove(session, member, "metropolia", "student", now)
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
            starts = [now + timedelta(days=2, hours=number) for number in range(CLASSES)]
            made = [
                sessions.create_session(session, offer, at, at + timedelta(minutes=45), now=now)
                for at in starts
            ]
        db.engine.dispose()
    return Opening(addresses, [one.public_id for one in made], places)


def serve(settings: Settings, stack: ExitStack) -> int:
    """Start the web and the scheduler; return the port."""
    port = free_port()
    values = {
        "ZONE_DATA_DIR": str(settings.data_dir),
        "ZONE_DATABASE_URL": settings.database_url,
        "ZONE_BASE_URL": f"http://localhost:{port}",
        "ZONE_PAYMENT_PROVIDER": "development",
        "ZONE_SMTP_URL": settings.smtp_url,
        **{f"ZONE_{name.upper()}": value for name, value in example.SELLER.items()},
    }
    commands = {
        "web": python("-m", "zone", "serve", "--port", str(port), *WORKERS),
        "scheduler": python("-m", "zone", "scheduler"),
    }
    for name, command in commands.items():
        process = Process(
            name, command, log=settings.data_dir / f"{name}.log", env=environment(values)
        )
        stack.callback(process.stop)
        if name == "web":
            process.await_ready(lambda: answers(f"http://127.0.0.1:{port}/readyz"), READY)
    return port


def _health(port: int) -> float:
    begun = time.monotonic()
    answers(f"http://127.0.0.1:{port}/healthz")
    return (time.monotonic() - begun) * 1000


def client_of(number: int) -> str:
    """Return the address from which a person comes, one of this machine."""
    if number % 2:
        return f"127.1.0.{1 + number // 2 % CAMPUSES}"
    return f"127.{2 + (number >> 16)}.{number >> 8 & 255}.{number & 255 | 1}"


def rush(
    opening: Opening, port: int, sink: MailSink, seconds: float, patience: float
) -> OpeningTimes:
    """Let everybody come, each in a thread of their own."""
    times, begun = OpeningTimes(), time.monotonic()
    until, threads = begun + seconds + patience, []
    for number, address in enumerate(opening.addresses):
        # The cube of the share of the time: half of them come in its first eighth.
        at = begun + seconds * (number / len(opening.addresses)) ** 3
        time.sleep(max(0.0, at - time.monotonic()))
        wanted = str(opening.wanted_by(number))
        person = Newcomer(address, wanted, port, sink, times, until, client_of(number))
        # daemon: who interrupts the benchmark does not wait for those who still come back.
        threads.append(threading.Thread(target=person.come, daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()
    return times


def await_mails(settings: Settings, seconds: float) -> None:
    """Wait until no mail waits any more, or for so long."""
    waiting = select(func.count()).where(OutboxMail.state == "waiting")
    until = time.monotonic() + seconds
    while _counted(settings, waiting) and time.monotonic() < until:
        time.sleep(2)


def check(opening: Opening, settings: Settings, times: OpeningTimes, sink: MailSink) -> None:
    """Check that everybody was served, nobody twice, and that every mail arrived once.

    Raises:
        WrongOutcomeError: it was not so; the message says how.
    """
    people = len(opening.addresses)
    of_class = Booking.session_id.in_(
        select(ClassSession.id).where(ClassSession.public_id.in_(opening.classes))
    )
    counts = {
        "passes": select(func.count(Pass.id)).join_from(
            Pass, Order, Order.member_id == Pass.member_id
        ),
        "receipts": select(func.count(Receipt.id)),
        "bookings": select(func.count(Booking.id)).where(of_class, Booking.state == "booked"),
        "queue": select(func.count(QueueEntry.id)).where(QueueEntry.state == "waiting"),
    }
    found = {name: _counted(settings, query) for name, query in counts.items()}
    wanted = [opening.wanted_by(number) for number in range(people)]
    booked = sum(min(opening.places, wanted.count(one)) for one in opening.classes)
    expected = {"passes": people, "receipts": people, "bookings": booked, "queue": people - booked}
    if times.failures:
        raise WrongOutcomeError(f"{len(times.failures)} stopped, such as {times.failures[0]}")
    if found != expected:
        raise WrongOutcomeError(f"{found} instead of {expected}")
    # A code and a receipt each; who has a place gets a confirmation too.
    mails = sum(sink.counts.get(address, 0) for address in opening.addresses)
    if mails != 2 * people + booked:
        raise WrongOutcomeError(f"{mails} mails instead of {2 * people + booked}")


def _counted(settings: Settings, query: Any) -> int:
    with create_app(settings).app_context():
        with reading() as session:
            count: int = session.scalar(query) or 0
        db.engine.dispose()
    return count
