"""`receipts`: the server's time for an order, the callback of its payment, the page of a receipt
and its PDF.

Each is requested inside the process, as the buyer, and measured from the request to the last byte
of the response. The reference is the median of /readyz between them, as for `pages`: the same way
through the application, with one trivial query.
"""

import gc
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from zone.app import create_app
from zone.bench import engines
from zone.bench.measurements import Measurement, percentile
from zone.bench.pages import migrate_and_seed, signed_in
from zone.core.clock import utc_now
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.demo import example
from zone.demo.term.load import term
from zone.members.people import service as people
from zone.passes.orders.models import Order
from zone.passes.payments.providers.development import NAME as PROVIDER
from zone.passes.receipts import pdf
from zone.passes.receipts.models import Receipt

ROUNDS: Final = 200
WARM: Final = 5
PRODUCT: Final = "gym-month"


def run() -> Iterator[Measurement]:
    """Yield a figure for each step on each engine in ms; `ratio` compares with /readyz."""
    for name, bare in engines.each_engine():
        settings = replace(bare, payment_provider=PROVIDER, **example.SELLER)
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
            yield from buy(name, app, ROUNDS)
            yield from measure(name, reader, paths, ROUNDS)
            db.engine.dispose()


def buy(engine: str, app: Flask, rounds: int) -> Iterator[Measurement]:
    """Yield the time of an order through the API, and of the callback that grants it."""
    buyers = [_buyer(app, number) for number in range(rounds + WARM)]
    gc.collect()
    gc.freeze()  # as a web worker does (zone.app.serving)
    steps = [(*_buy(one), _ask(one, "/readyz")) for one in buyers][WARM:]
    bare = percentile([ready for *_, ready in steps], 50)
    yield _figure(f"{engine} order", [ordered for ordered, *_ in steps], bare)
    yield _figure(f"{engine} callback", [called for _, called, _ in steps], bare)


def _buyer(app: Flask, number: int) -> FlaskClient:
    """Return the browser of a new student who may buy."""
    now = utc_now()
    with writing() as session:
        member = people.create_member(
            session, email=f"buys-{number}@zone.example", name="Buyer", language="en", now=now
        )
        example.prove(session, member, "metropolia", "student", now)
        member_id = member.id
    client = signed_in(app, member_id)
    client.environ_base |= {"HTTP_SEC_FETCH_SITE": "same-origin"}
    return client


def _buy(buyer: FlaskClient) -> tuple[float, float]:
    """Order and pay; return the milliseconds of the order and of the callback."""
    begun = time.perf_counter()
    placed = buyer.post("/api/v1/orders", json={"product": PRODUCT, "provider": PROVIDER})
    ordered = (time.perf_counter() - begun) * 1000
    if placed.status_code != 201:
        raise RuntimeError(f"an order answered {placed.status_code}: {placed.text}")
    paying = urlsplit(placed.get_json()["payment_url"])
    chosen = buyer.post(f"{paying.path}?{paying.query}", data={"outcome": "paid"})
    callback = urlsplit(chosen.location)
    begun = time.perf_counter()
    # As the provider's server calls: without a browser.
    granted = buyer.get(f"{callback.path}?{callback.query}", headers={"Accept": "application/json"})
    called = (time.perf_counter() - begun) * 1000
    if granted.status_code != 200:
        raise RuntimeError(f"a callback answered {granted.status_code}")
    return ordered, called


def measure(
    engine: str, reader: FlaskClient, paths: dict[str, str], rounds: int
) -> Iterator[Measurement]:
    """Yield the figures of the pages of one engine."""
    gc.collect()
    gc.freeze()
    for case, path in paths.items():
        for _ in range(WARM):
            _ask(reader, path)
        pairs = [(_ask(reader, path), _ask(reader, "/readyz")) for _ in range(rounds)]
        bare = percentile([two for _, two in pairs], 50)
        yield _figure(f"{engine} {case}", [one for one, _ in pairs], bare)


def _figure(case: str, taken: Sequence[float], bare: float) -> Measurement:
    p50 = percentile(taken, 50)
    return Measurement(
        bench="receipts",
        case=case,
        unit="ms",
        n=len(taken),
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
