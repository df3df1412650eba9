"""`quota-rush`: 200 buyers order at once what 50 places of a quota are left of.

Exactly 50 orders must hold a place and all others be refused as sold out; what counts is the time
from the first request to the last answer. The issue's figure is 3 s.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from flask_migrate import upgrade
from sqlalchemy import func, select

from zone.app import MIGRATIONS, create_app
from zone.bench import engines, load
from zone.bench.herd import WrongOutcomeError
from zone.bench.load import Click, Outcome
from zone.bench.measurements import Measurement, percentile
from zone.bench.serving import served
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo import example
from zone.demo.supervisor import seed
from zone.members.people import service as people_service
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.passes.quotas import service as quotas
from zone.passes.quotas.models import Quota, QuotaPlace
from zone.web import language, session_cookie

BUYERS: Final = 200
PLACES: Final = 50
CONNECTIONS: Final = 40
SETTLED: Final = 3.0
"""Seconds in which all have to be answered."""
PRODUCT: Final = "gym-month"
CODE: Final = "rush"


def run() -> Iterator[Measurement]:
    """Yield one figure for each engine.

    Raises:
        WrongOutcomeError: as `check`.
    """
    for name, settings in engines.each_engine():
        tokens = prepare(settings, utc_now())
        with served(settings, ZONE_PAYMENT_PROVIDER="development") as (zone, _bare):
            outcome = rush(zone.port, tokens, settings)
        check(outcome, settings)
        yield Measurement(
            "quota-rush",
            name,
            "ms",
            len(outcome.millis),
            percentile(outcome.millis, 50),
            percentile(outcome.millis, 95),
            percentile(outcome.millis, 99),
            value=outcome.elapsed,
            yardstick=SETTLED,
            ratio=outcome.elapsed / SETTLED,
        )


def prepare(settings: Settings, now: datetime) -> list[str]:
    """Make the buyers, proven and signed in, and the quota; return their session tokens."""
    with create_app(settings).app_context():
        upgrade(directory=str(MIGRATIONS))
        # Without a complete seller nothing is sold.
        seed(replace(settings, **example.SELLER), now)
        tokens = []
        with writing() as session:
            for number in range(BUYERS):
                member = people_service.create_member(
                    session,
                    email=f"buyer-{number}@zone.example",
                    name="Buyer",
                    language="en",
                    now=now,
                )
                example.prove(session, member, "metropolia", "student", now)
                tokens.append(sign_in_sessions.open_session(session, member.id, now=now))
            quotas.set_quota(
                session, CODE, name="Rush", places=PLACES, hold_minutes=30, products=[PRODUCT]
            )
        db.engine.dispose()
    return tokens


def rush(port: int, tokens: Sequence[str], settings: Settings) -> Outcome:
    """Let every buyer order once, all at the same time; after a 503 once more."""
    cookie, host = session_cookie.name_of(settings), f"localhost:{port}"
    body = json.dumps({"product": PRODUCT}).encode()
    clicks = []
    for buyer, token in enumerate(tokens):
        headers = (
            f"Cookie: {cookie}={token}; {language.COOKIE}=en",
            f"Origin: http://{host}",
            f"Idempotency-Key: rush-{buyer}",
        )
        clicks.append(Click(buyer, load.request_bytes(host, "/api/v1/orders", body, headers)))
    return load.run_load("127.0.0.1", port, clicks, seconds=0, connections=CONNECTIONS)


def check(outcome: Outcome, settings: Settings) -> None:
    """Check that each place was given once, and everybody else refused as sold out.

    Raises:
        WrongOutcomeError: it was not so; the message says how.
    """
    won = sum(status == 201 for status in outcome.final.values())
    codes = {
        json.loads(body)["code"]
        for buyer, body in outcome.bodies.items()
        if outcome.final[buyer] != 201
    }
    taken, held = _stored(settings)
    expected = (
        (won == PLACES, f"{won} ordered of {PLACES}"),
        (
            len(outcome.final) == BUYERS,
            f"{BUYERS - len(outcome.final)} without an answer, of {dict(outcome.answers)}",
        ),
        (codes == {"sold_out"}, f"refused with {sorted(codes)}"),
        (taken == held == PLACES, f"{taken} counted, {held} stored"),
    )
    failures = [message for holds, message in expected if not holds]
    if failures:
        raise WrongOutcomeError("; ".join(failures))


def _stored(settings: Settings) -> tuple[int, int]:
    places = select(func.count()).where(QuotaPlace.freed_at.is_(None))
    with create_app(settings).app_context():
        with reading() as session:
            taken = session.scalars(select(Quota.taken).where(Quota.code == CODE)).one()
            held = session.scalars(places).one()
        db.engine.dispose()
    return taken, held
