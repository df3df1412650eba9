"""Payments whose process dies, and what the scheduler makes of them within five minutes."""

import subprocess
import sys
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from tests.world.paying import PayingShop
from tests.world.trade_model import CHECKS
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.demo.machine.processes import environment
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.passes.feature import FEATURE
from zone.passes.orders.models import Order
from zone.passes.payments.models import Payment
from zone.passes.receipts.models import Receipt

FIVE_MINUTES: Final = timedelta(minutes=5)
JOBS: Final = ("passes.find_new_payments", "passes.make_refunds")
"""The jobs that go on with payments; each runs as often as the scheduler lets it."""


def dies(world: PayingShop, member_id: int, point: tuple[str, str], *what: str) -> bool:
    """Let another process work until it dies at a point; return False if it came to its end."""
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=utc_now())
    env = environment(
        {
            "ZONE_DATA_DIR": str(world.settings.data_dir),
            "ZONE_KEYS_DIR": str(world.settings.keys),
            "ZONE_DATABASE_URL": world.settings.database_url,
            "ZONE_PAYTRAIL_URL": world.paytrail.url,
            "ZONE_STRIPE_URL": world.stripe.url,
        }
    )
    command = [sys.executable, "-m", "tests.world.dying_payment", token, *point, *what]
    process = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert process.returncode in (-9, 1), process.stderr
    assert process.returncode == -9 or "it did not die" in process.stderr, process.stderr
    return process.returncode == -9


def five_minutes(world: PayingShop) -> None:
    """Let the jobs of five minutes run, when they are due."""
    died_at = utc_now()
    due = [
        (died_at + number * job.every, job)
        for job in FEATURE.jobs
        if job.name in JOBS
        for number in range(1, FIVE_MINUTES // job.every + 1)
    ]
    assert {job.name for _at, job in due} == set(JOBS)
    for at, job in sorted(due, key=lambda one: one[0]):
        job.run(world.settings, at)


def check_nobody_is_charged_in_vain(world: PayingShop) -> None:
    """Check that whoever has paid at a provider has the receipt of an order, and is refunded or
    not as that order says; and that the doctor finds nothing.
    """
    with reading() as session:
        orders = set(session.scalars(select(Receipt.order_id)))
        of = {one.reference: one.order_id for one in session.scalars(select(Payment))}
        for check in CHECKS:
            assert check.count_broken(session, utc_now()) == 0, check.name
    for server in (world.paytrail, world.stripe):
        for known in server.book.values():
            reference = known.get("client_reference_id") or known["reference"]
            assert reference in of, "a payment there that no order knows"
            assert known["outcome"] != "paid" or of[reference] in orders


def start_payment_of(world: PayingShop, member_id: int, name: str) -> int:
    """Order a pass and start its payment; return the order."""
    with writing() as session:
        token = sign_in_sessions.open_session(session, member_id, now=utc_now())
    client = world.app.test_client()
    client.set_cookie("zone", token)
    answer = client.post(
        "/api/v1/orders",
        json={"product": "term", "provider": name},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 201
    with reading() as session:
        newest = select(Order.id).where(Order.member_id == member_id).order_by(Order.id.desc())
        return session.scalars(newest.limit(1)).one()
