"""`pages`: the server's time for the most used pages, with the data of a term in the database.

A page is requested inside the process, as a member with a term's bookings, and measured from the
request to the last byte of the response. The reference is the median of /readyz between them: the
same way through the application, with one trivial query. Queries are counted, those of SQLAlchemy
and those sent straight to the driver.
"""

import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from zone.access.front_page import pages as front_page
from zone.app import MIGRATIONS, create_app
from zone.bench import engines
from zone.bench.measurements import Measurement, percentile
from zone.booking.bookings.models import Booking
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo.supervisor import seed
from zone.demo.term.load import Size, term
from zone.members.people.models import Member
from zone.members.people.queries import member_by_email
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.reporting.daily_counts import jobs as daily_counts_jobs
from zone.web import session_cookie
from zone.web.context import settings_of

PAGES: Final = {
    "/": "guest",
    "/classes": "student",
    "/courts": "student",
    "/bookings": "student",
    "/targets": "manager",
}
ROUNDS: Final = 200
WARM: Final = 5


@dataclass(frozen=True, slots=True)
class PagesSetup:
    """An application with the data of a term, and clients by role; the guest is not signed in."""

    app: Flask
    readers: dict[str, FlaskClient]


def run() -> Iterator[Measurement]:
    """Yield a figure for each page and engine in ms; `ratio` compares the median with /readyz."""
    for name, settings in engines.each_engine():
        with create_app(settings).app_context():
            yield from measure(name, prepare(settings, utc_now()), ROUNDS)
            db.engine.dispose()


def prepare(settings: Settings, now: datetime) -> PagesSetup:
    """Make a service with the data of a term. Call it inside the application's context."""
    migrate_and_seed(settings, now)
    return filled(create_app(settings), now)


def filled(app: Flask, now: datetime, size: Size | None = None) -> PagesSetup:
    """Add the data of a term to a database with the example; return the clients.

    Call it inside the application's context.
    """
    with writing() as session:
        term(session, now, size)
    # As the scheduler leaves it: past days are counted ahead.
    daily_counts_jobs.count_days(settings_of(app), now)
    return PagesSetup(
        app,
        {
            "guest": app.test_client(),
            "student": signed_in(app, _busiest()),
            "manager": signed_in(app, _manager()),
        },
    )


def migrate_and_seed(settings: Settings, now: datetime) -> None:
    """Make the schema and the example in an empty database.

    Call it inside the application's context.
    """
    upgrade(directory=str(MIGRATIONS))
    seed(settings, now)


def _busiest() -> int:
    """Return the member with the most bookings."""
    with reading() as session:
        query = (
            select(Member.id)
            .join(Booking, Booking.member_id == Member.id)
            .group_by(Member.id)
            .order_by(func.count().desc(), Member.id)
        )
        return session.scalars(query.limit(1)).one()


def _manager() -> int:
    with reading() as session:
        manager = member_by_email(session, "manager@zone.example")
    assert manager is not None, "the example brings a manager"  # noqa: S101 -- says what a wrong example would mean
    return manager.id


def signed_in(app: Flask, member_id: int) -> FlaskClient:
    """Return a client that is signed in as a member."""
    settings = settings_of(app)
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=utc_now())
    client = app.test_client()
    client.set_cookie(session_cookie.name_of(settings), token)
    return client


def measure(engine: str, site: PagesSetup, rounds: int) -> Iterator[Measurement]:
    """Yield the figures of one engine."""
    gc.collect()
    gc.freeze()  # as a web worker does (zone.app.serving)
    for path, role in PAGES.items():
        reader = site.readers[role]
        for _ in range(WARM):
            ask_page(reader, path)
        pairs = [(ask_page(reader, path), ask_page(reader, "/readyz")) for _ in range(rounds)]
        yield _figure(f"{engine} {path}", [page for page, _ in pairs], [bare for _, bare in pairs])


def get_anew(reader: FlaskClient, path: str) -> TestResponse:
    """Request a page; nothing of it was read for somebody else just before."""
    reader.application.extensions.pop(front_page.KEY, None)
    return reader.get(path)


def ask_page(reader: FlaskClient, path: str) -> float:
    """Return how long one page takes, in milliseconds."""
    begun = time.perf_counter()
    answer = get_anew(reader, path)
    answer.get_data()
    millis = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return millis


def _figure(case: str, page: Sequence[float], bare: Sequence[float]) -> Measurement:
    p50, yardstick = percentile(page, 50), percentile(bare, 50)
    return Measurement(
        "pages",
        case,
        "ms",
        len(page),
        p50=p50,
        p95=percentile(page, 95),
        p99=percentile(page, 99),
        yardstick=yardstick,
        ratio=p50 / yardstick,
    )
