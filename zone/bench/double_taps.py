"""`double-taps`: 600 members want one of 20 places, each taps twice, and who is too late waits.

Both taps are sent at once over two connections, with one Idempotency-Key; after a 503 each is sent
again. Exactly 20 must be confirmed and the others wait in the order in which they were answered,
nobody twice, and both taps of a person must get the same answer. The rate is compared with that of
the bare route (`zone.bench.bare`).
"""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import func, select

from zone.app import create_app
from zone.bench import engines, herd
from zone.bench.herd import RushSetup, WrongOutcomeError
from zone.bench.load import RETRY_STATUS, ask, request_bytes
from zone.bench.measurements import Measurement, percentile
from zone.bench.serving import served
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.web import language, session_cookie

PAIRS: Final = 20
"""Pairs of connections: as many together as `herd` has."""
PATIENCE: Final = 60.0
PAUSE: Final = 0.05

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class DoubleTap:
    """What a member wanted and both answers got; `begun` and `ended` by the client's clock."""

    member: int
    begun: float
    ended: float
    answers: tuple[tuple[int, str], ...]


@dataclass(slots=True)
class DoubleTaps:
    """All double taps for places and for the queue, and the time of each request in ms."""

    booked: list[DoubleTap] = field(default_factory=list)
    joined: list[DoubleTap] = field(default_factory=list)
    millis: list[float] = field(default_factory=list)
    elapsed: float = 0.0


def run() -> Iterator[Measurement]:
    """Yield one figure for each engine.

    Raises:
        WrongOutcomeError: as `check`.
    """
    for name, settings in engines.each_engine():
        rush = herd.prepare_rush(settings, utc_now())
        wanted, compared = rush.sessions[:2]
        with served(settings) as (zone, bare):
            taps = tap_twice(zone.port, rush, wanted, settings)
            yardstick = herd.run_bare_load(bare.port, rush, compared).rate
        check(taps, settings, wanted, members=len(rush.members), places=herd.PLACES)
        rate = len(taps.millis) / taps.elapsed
        yield Measurement(
            "double-taps",
            name,
            "ms",
            len(taps.millis),
            percentile(taps.millis, 50),
            percentile(taps.millis, 95),
            percentile(taps.millis, 99),
            value=rate,
            yardstick=yardstick,
            ratio=rate / yardstick,
        )


def tap_twice(
    port: int, rush: RushSetup, class_session: uuid.UUID, settings: Settings
) -> DoubleTaps:
    """Let every member tap twice for a place, and who is too late twice for the queue."""
    return asyncio.run(_tap_twice(port, rush, class_session, session_cookie.name_of(settings)))


async def _tap_twice(
    port: int, rush: RushSetup, class_session: uuid.UUID, cookie: str
) -> DoubleTaps:
    taps, begun = DoubleTaps(), time.monotonic()
    lanes = [rush.members[n::PAIRS] for n in range(PAIRS)]
    await asyncio.gather(
        *(_lane(port, lane, class_session, cookie, taps) for lane in lanes if lane)
    )
    taps.elapsed = time.monotonic() - begun
    return taps


async def _lane(
    port: int,
    members: Sequence[tuple[int, str]],
    class_session: uuid.UUID,
    cookie: str,
    taps: DoubleTaps,
) -> None:
    host = f"localhost:{port}"
    pair = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
    body = json.dumps({"session": str(class_session)}).encode()
    for member, token in members:
        headers = (f"Cookie: {cookie}={token}; {language.COOKIE}=en", f"Origin: http://{host}")

        def wants(path: str, body: bytes, key: str, headers: Sequence[str] = headers) -> bytes:
            return request_bytes(host, path, body, (*headers, f"Idempotency-Key: {key}"))

        first = await _both(pair, member, wants("/api/v1/bookings", body, "place"), taps)
        taps.booked.append(first)
        if first.answers[0][0] != 201:
            path = f"/api/v1/sessions/{class_session}/queue"
            taps.joined.append(await _both(pair, member, wants(path, b"", "queue"), taps))
    for _, writer in pair:
        writer.close()
        await writer.wait_closed()


async def _both(pair: list[Connection], member: int, request: bytes, taps: DoubleTaps) -> DoubleTap:
    begun = time.monotonic()
    answers = await asyncio.gather(*(_until_final(pair, n, request, taps) for n in (0, 1)))
    return DoubleTap(member, begun, time.monotonic(), tuple(answers))


async def _until_final(
    pair: list[Connection], number: int, request: bytes, taps: DoubleTaps
) -> tuple[int, str]:
    """Send a request again until the answer is final; return the status and what it names."""
    until = time.monotonic() + PATIENCE
    while True:
        begun = time.monotonic()
        status, body, closing = await ask(*pair[number], request)
        taps.millis.append((time.monotonic() - begun) * 1000)
        if closing:
            pair[number][1].close()
            host, port = pair[number][1].get_extra_info("peername")
            pair[number] = await asyncio.open_connection(host, port)
        if status != RETRY_STATUS or time.monotonic() > until:
            found = json.loads(body)
            return status, str(found.get("id") or found.get("code"))
        await asyncio.sleep(PAUSE)


def check(
    taps: DoubleTaps, settings: Settings, class_session: uuid.UUID, *, members: int, places: int
) -> None:
    """Check that each place was given once, that the others wait in order, and nobody twice.

    Raises:
        WrongOutcomeError: it was not so; the message says how.
    """
    booked, queue = _stored(settings, class_session)
    won = {tap.answers[0][1] for tap in taps.booked if tap.answers[0][0] == 201}
    waits = {tap.answers[0][1] for tap in taps.joined if tap.answers[0][0] == 201}
    expected = (
        (len(won) == places, f"{len(won)} confirmed of {places}"),
        (len(booked) == places == len(set(booked)), f"{len(booked)} stored"),
        (len(waits) == members - places, f"{len(waits)} wait of {members - places}"),
        (len(queue) == len(set(queue)) == members - places, f"{len(queue)} stored in the queue"),
        (not set(booked) & set(queue), "somebody has a place and waits"),
        (
            all(len(set(tap.answers)) == 1 for tap in (*taps.booked, *taps.joined)),
            "the two taps of somebody got different answers",
        ),
        (in_order(queue, taps.joined), "somebody was overtaken in the queue"),
    )
    failures = [message for holds, message in expected if not holds]
    if failures:
        raise WrongOutcomeError("; ".join(failures))


def in_order(queue: Sequence[int], joined: Sequence[DoubleTap]) -> bool:
    """Return whether nobody stands behind one who asked only after they were answered."""
    by_member = {tap.member: tap for tap in joined}
    first_answer = float("inf")
    for member in reversed(queue):
        tap = by_member.get(member)
        if tap is None or first_answer < tap.begun:
            return False
        first_answer = min(first_answer, tap.ended)
    return True


def _stored(settings: Settings, class_session: uuid.UUID) -> tuple[list[int], list[int]]:
    """Return who has booked a session, and who waits for it in the order of the queue."""
    one = select(ClassSession.id).where(ClassSession.public_id == class_session).scalar_subquery()
    booked = select(func.coalesce(Booking.member_id, 0)).where(
        Booking.session_id == one, Booking.state == "booked"
    )
    queue = select(func.coalesce(QueueEntry.member_id, 0)).where(
        QueueEntry.session_id == one, QueueEntry.state == "waiting"
    )
    with create_app(settings).app_context():
        with reading() as session:
            found = (
                list(session.scalars(booked)),
                list(session.scalars(queue.order_by(QueueEntry.rank))),
            )
        db.engine.dispose()
    return found
