"""A bounded load on loopback: many clients over a few connections, in a separate process.

It uses asyncio and hand-written requests, because the generator shares two cores with the server: a
millisecond that it uses is one that the server lacks.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

RETRY_STATUS = 503


@dataclass(slots=True)
class Outcome:
    """Final status of each client, counts and times (ms) of all answers, duration in seconds."""

    final: dict[int, int] = field(default_factory=dict)
    answers: Counter[int] = field(default_factory=Counter)
    bodies: dict[int, bytes] = field(default_factory=dict)
    millis: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Return the answers a second."""
        return sum(self.answers.values()) / self.elapsed


@dataclass(frozen=True, slots=True)
class Click:
    """A client and the raw bytes of its request."""

    client: int
    request: bytes


def request_bytes(host: str, path: str, body: bytes, headers: Sequence[str] = ()) -> bytes:
    """Return a POST with a JSON body as raw HTTP/1.1."""
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        "Content-Type: application/json",
        "Accept: application/json",
        f"Content-Length: {len(body)}",
        *headers,
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def run_load(
    host: str, port: int, clicks: Sequence[Click], *, seconds: float, connections: int
) -> Outcome:
    """Send every client's request at least once, and again until `seconds` are over.

    After that, only clients without a final answer go on (503 is not final), for ten times as long
    at most.
    """
    return asyncio.run(_run_load(host, port, clicks, seconds, connections))


async def _run_load(
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
        batch = (
            [click for click in pending if click.client not in outcome.final]
            if now_over
            else pending
        )
        if not batch:
            break
        for click in batch:
            if time.monotonic() >= until and click.client in outcome.final:
                continue
            begun = time.monotonic()
            status, body, closing = await ask(reader, writer, click.request)
            outcome.millis.append((time.monotonic() - begun) * 1000)
            outcome.answers[status] += 1
            _settle(outcome, click.client, status, body)
            if closing:
                writer.close()
                reader, writer = await asyncio.open_connection(host, port)
    writer.close()
    await writer.wait_closed()


def _settle(outcome: Outcome, client: int, status: int, body: bytes) -> None:
    """Take the first answer that is not 503 as final; a later refusal does not replace a 201."""
    if status != RETRY_STATUS and client not in outcome.final:
        outcome.final[client] = status
        outcome.bodies[client] = body


async def ask(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> tuple[int, bytes, bool]:
    """Send one request; return status, body, and whether the server closes the connection."""
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    return int(head[9:12]), await reader.readexactly(length), b"connection: close" in head
