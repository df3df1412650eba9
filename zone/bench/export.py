"""`export`: the export of a year with 50,000 receipts, its time and the memory that it takes.

The reference is the time to read the same receipts without lines, once, in one statement.
"""

import time
import tracemalloc
from collections.abc import Iterator
from typing import Final

from sqlalchemy import select

from zone.app import create_app
from zone.bench import engines
from zone.bench.measurements import Measurement
from zone.bench.pages import migrate_and_seed, signed_in
from zone.bench.trade import invent_trade
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.members.people.models import Member
from zone.members.roles import service as roles
from zone.passes.receipts.models import Receipt

RECEIPTS: Final = 50_000
YEAR: Final = 2026
SEED: Final = 20261130
DAYS: Final = f"first={YEAR}-01-01&last={YEAR}-12-31"


def run(receipts: int = RECEIPTS) -> Iterator[Measurement]:
    """Yield time in seconds and, as `memory`, the peak in MB of both forms on each engine."""
    for name, settings in engines.each_engine():
        app = create_app(settings)
        with app.app_context():
            migrate_and_seed(settings, utc_now())
            with writing() as session:
                reader = session.scalars(select(Member.id).order_by(Member.id).limit(1)).one()
                roles.grant_role(session, reader, "manager", utc_now())
                written = invent_trade(session, SEED, receipts, YEAR, member_id=reader, by=reader)
            engines.analyse()
            client = signed_in(app, reader)
            bare = _bare()
            for form in ("journal", "days"):
                path = f"/manage/books/{form}.csv?{DAYS}"
                begun = time.perf_counter()
                size = _read(client, path)
                taken = time.perf_counter() - begun
                yield Measurement(
                    "export",
                    f"{name} {form}",
                    "s",
                    written,
                    value=taken,
                    yardstick=bare,
                    ratio=taken / bare,
                )
                tracemalloc.start()
                _read(client, path)
                peak = tracemalloc.get_traced_memory()[1] / 1e6
                tracemalloc.stop()
                yield Measurement(
                    "export",
                    f"{name} {form} memory",
                    "MB",
                    written,
                    value=peak,
                    yardstick=size / 1e6,
                    ratio=peak / (size / 1e6),
                )
            db.engine.dispose()


def _bare() -> float:
    begun = time.perf_counter()
    with reading() as session:
        for _row in session.execute(select(Receipt.id, Receipt.cents)):
            pass
    return time.perf_counter() - begun


def _read(client: object, path: str) -> int:
    """Read an export to its end without keeping it; return its bytes."""
    answer = client.get(path, buffered=False)  # type: ignore[attr-defined]  # a FlaskClient
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return sum(len(part) for part in answer.response)
