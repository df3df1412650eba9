"""A bounded load on loopback: many clients over a few kept-alive connections, in a process of its own.

Asyncio with a hand-written request, because the generator shares two cores with the server it
measures: each millisecond that it burns is one the server lacks.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

RETRY_STATUS = 503


@dataclass(slots=True)
class Outcome:
    """What came back: final statuses by client, counts and times (ms) of every answer, the whole in seconds."""

    final: dict[int, int] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    bodies: dict[int, bytes] = field(default_factory=dict)
    millis: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(self.answers.values()) / self.elapsed


@dataclass(frozen=True, slots=True)
class Click:
    """One client's request: the raw bytes to send."""

    client: int
    request: bytes


def request_bytes(host: str, path: str, body: bytes, headers: Sequence[str] = ()) -> bytes:
    """A POST with a JSON body, as raw HTTP/1.1."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def storm(
    host: str, port: int, clicks: Sequence[Click], *, seconds: float, connections: int
) -> Outcome:
    """Every client clicks at least once, and goes on clicking until `seconds` are over; a 503 is tried again.

    After the time only clients without a final answer go on, for ten times as long at the most.
    """
    return asyncio.run(_storm(host, port, clicks, seconds, connections))


async def _storm(
    host: str, port: int, clicks: Sequence[Click], seconds: float, connections: int
) -> Outcome:
    outcome = Outcome()
    lanes = [clicks[i::connections] for i in range(connections)]
    begun = time.monotonic()
    await asyncio.gather(
        *(_lane(host, port, lane, begun + seconds, outcome) for lane in lanes if lane)
    )
    outcome.elapsed = time.monotonic() - begun
    return outcome


async def _lane(
    host: str, port: int, clicks: Sequence[Click], until: float, outcome: Outcome
) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    pending = list(clicks)
    hard_stop = until + 10 * max(1.0, until - time.monotonic())
    while time.monotonic() < hard_stop:
        now_over = time.monotonic() >= until
        turn = (
            [click for click in pending if click.client not in outcome.final]
            if now_over
            else pending
        )
        if not turn:
            break
        for click in turn:
            if time.monotonic() >= until and click.client in outcome.final:
                continue
            begun = time.monotonic()
            status, body, closing = await _ask(reader, writer, click.request)
            outcome.millis.append((time.monotonic() - begun) * 1000)
            outcome.answers[status] += 1
            _settle(outcome, click.client, status, body)
            if closing:
                writer.close()
                reader, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()


def _settle(outcome: Outcome, client: int, status: int, body: bytes) -> None:
    """The first answer that is no 503 is the client's; a place won is never overwritten by a later refusal."""
    if status != RETRY_STATUS and client not in outcome.final:
        outcome.final[client] = status
        outcome.bodies[client] = body


async def _ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes, bool]:
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    return int(head[9:12]), await reader.readexactly(length), b"connection: close" in head
