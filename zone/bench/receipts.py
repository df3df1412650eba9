"""`receipts`: the server's time for the page of a receipt and for its PDF.

Each is requested inside the process, as the buyer, and measured from the request to the last byte
of the response. The reference is the median of /readyz between them, as for `pages`: the same way
through the application, with one trivial query.
"""

import gc
import time
from collections.abc import Iterator
from typing import Final

from flask.testing import FlaskClient
from sqlalchemy import select

from zone.app import create_app
from zone.bench import engines
from zone.bench.measurements import Measurement, percentile
from zone.bench.pages import migrate_and_seed, signed_in
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo.term.load import term
from zone.passes.orders.models import Order
from zone.passes.receipts import pdf
from zone.passes.receipts.models import Receipt

ROUNDS: Final = 200
WARM: Final = 5


def run() -> Iterator[Measurement]:
    """Yield a figure for page and PDF on each engine in ms; `ratio` compares with /readyz."""
    for name, settings in engines.each_engine():
        app = create_app(settings)
        with app.app_context():
            migrate_and_seed(settings, utc_now())
            with writing() as session:
                term(session, utc_now(), None)
            with reading() as session:
                buyer, receipt = session.execute(
                    select(Order.member_id, Receipt)
                    .join(Order, Order.id == Receipt.order_id)
                    .order_by(Receipt.id.desc())
                    .limit(1)
                ).one()
                number = receipt.printed_number
            reader = signed_in(app, buyer)
            paths = {"page": f"/receipts/{number}"}
            if pdf.is_available():
                paths["pdf"] = f"/receipts/{number}.pdf"
            yield from measure(name, reader, paths, ROUNDS)
            db.engine.dispose()


def measure(
    engine: str, reader: FlaskClient, paths: dict[str, str], rounds: int
) -> Iterator[Measurement]:
    """Yield the figures of one engine."""
    gc.collect()
    gc.freeze()  # as a web worker does (zone.app.serving)
    for case, path in paths.items():
        for _ in range(WARM):
            _ask(reader, path)
        pairs = [(_ask(reader, path), _ask(reader, "/readyz")) for _ in range(rounds)]
        taken, bare = [one for one, _ in pairs], percentile([two for _, two in pairs], 50)
        p50 = percentile(taken, 50)
        yield Measurement(
            bench="receipts",
            case=f"{engine} {case}",
            unit="ms",
            n=rounds,
            p50=p50,
            p95=percentile(taken, 95),
            p99=percentile(taken, 99),
            yardstick=bare,
            ratio=p50 / bare,
        )


def _ask(reader: FlaskClient, path: str) -> float:
    begun = time.perf_counter()
    answer = reader.get(path)
    content = answer.get_data()
    taken = (time.perf_counter() - begun) * 1000
    if answer.status_code != 200 or not content:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return taken
