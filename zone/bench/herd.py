"""`herd`: 600 members request one of 20 seats for two seconds; after a 503 they try again.

Exactly 20 must be confirmed, and everybody else refused with a reason. The rate is compared with
that of the bare route (`zone.bench.bare`). Rounds of the two alternate, so that other load on the
machine slows both.
"""

import json
import statistics
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from flask_migrate import upgrade
from sqlalchemy import func, select

from zone.app import MIGRATIONS, create_app
from zone.bench import engines, load
from zone.bench.load import Click, Outcome
from zone.bench.measurements import Measurement, percentile
from zone.bench.serving import served
from zone.booking.bookings.models import Booking
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.rules import ClassDetails
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo import example
from zone.demo.supervisor import seed
from zone.members.people import service as people_service
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.places.campuses.queries import campus_by_code
from zone.places.spaces import service as spaces
from zone.web import language, session_cookie

MEMBERS: Final = 600
PLACES: Final = 20
SECONDS: Final = 2.0
CONNECTIONS: Final = 40
ROUNDS: Final = 3


class WrongOutcomeError(Exception):
    """The number of confirmed bookings is wrong, or a member got no proper answer."""


@dataclass(frozen=True, slots=True)
class RushSetup:
    """The members (id, session token) and the sessions (public ids) that they request.

    Each round uses two sessions: one for the product, one for the bare route.
    """

    members: Sequence[tuple[int, str]]
    sessions: Sequence[uuid.UUID]


def run() -> Iterator[Measurement]:
    """Yield one figure for each engine.

    Raises:
        WrongOutcomeError: as `check`.
    """
    for name, settings in engines.each_engine():
        yield _case(name, settings)


def _case(name: str, settings: Settings) -> Measurement:
    rush = prepare_rush(settings, utc_now())
    product, bare = [], []
    with served(settings) as (zone, bare_routes):
        for round_ in range(ROUNDS):
            product.append(run_product_load(zone.port, rush, rush.sessions[2 * round_], settings))
            bare.append(run_bare_load(bare_routes.port, rush, rush.sessions[2 * round_ + 1]))
    for round_, outcome in enumerate(product):
        check(outcome, settings, rush.sessions[2 * round_])
    millis = [ms for outcome in product for ms in outcome.millis]
    yardstick = statistics.median(outcome.rate for outcome in bare)
    rate = statistics.median(outcome.rate for outcome in product)
    confirmed = statistics.median(
        sum(status == 201 for status in outcome.final.values()) for outcome in product
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


def prepare_rush(settings: Settings, now: datetime) -> RushSetup:
    """Make 600 signed-in members with a pass, and the sessions that they request."""
    app = create_app(settings)
    with app.app_context():
        upgrade(directory=str(MIGRATIONS))
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
            # A space of its own: the others may be taken by the classes of the example.
            campus = campus_by_code(session, "myyrmaki")
            space = spaces.create_space(
                session,
                campus_id=campus.id,
                code="rush",
                names=("Ruuhka", "Rusning", "Rush"),
                capacity=PLACES,
                parts=["rush"],
            )
            offer = ClassDetails(
                kind="class",
                name_fi="Ruuhka",
                name_sv="Rusning",
                name_en="Rush",
                category="strength",
                space_id=space.id,
                capacity=PLACES,
                bookable_percent=100,
            )
            start = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
            spans = [
                (start + timedelta(hours=n), start + timedelta(hours=n, minutes=55))
                for n in range(2 * ROUNDS)
            ]
            created = [sessions.create_session(session, offer, *span, now=now) for span in spans]
        db.engine.dispose()
    return RushSetup(people, [session.public_id for session in created])


def run_product_load(
    port: int, rush: RushSetup, class_session: uuid.UUID, settings: Settings
) -> Outcome:
    """Let every member request a seat in one session of the product."""
    cookie, host = session_cookie.name_of(settings), f"localhost:{port}"
    body = json.dumps({"session": str(class_session)}).encode()
    requests = {}
    for member, token in rush.members:
        # The language too, as a browser sends it that has shown the page with the button.
        headers = (f"Cookie: {cookie}={token}; {language.COOKIE}=en", f"Origin: http://{host}")
        requests[member] = load.request_bytes(host, "/api/v1/bookings", body, headers)
    return _send(port, requests)


def run_bare_load(port: int, rush: RushSetup, class_session: uuid.UUID) -> Outcome:
    """Let every member request a seat in one session by the bare route."""
    requests = {}
    for member, _ in rush.members:
        body = json.dumps({"session": str(class_session), "member": member}).encode()
        requests[member] = load.request_bytes("localhost", "/bookings", body)
    return _send(port, requests)


def _send(port: int, requests: dict[int, bytes]) -> Outcome:
    clicks = [Click(member, request) for member, request in requests.items()]
    return load.run_load("127.0.0.1", port, clicks, seconds=SECONDS, connections=CONNECTIONS)


def check(outcome: Outcome, settings: Settings, class_session: uuid.UUID) -> None:
    """Check that every seat was given once, and everybody else refused with a reason.

    Raises:
        WrongOutcomeError: it was not so; the message says how.
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
        (_stored(settings, class_session) == PLACES, f"{_stored(settings, class_session)} stored"),
    )
    failures = [message for holds, message in expected if not holds]
    if failures:
        raise WrongOutcomeError("; ".join(failures))


def _stored(settings: Settings, class_session: uuid.UUID) -> int:
    booked = (
        select(func.count())
        .select_from(Booking)
        .join(ClassSession)
        .where(ClassSession.public_id == class_session)
    )
    with create_app(settings).app_context():
        with reading() as session:
            count = session.scalars(booked).one()
        db.engine.dispose()
    return count
