"""Call a provider over HTTP: with limits of time and size, and never twice by itself.

A call that was cut off may have arrived, so nothing here repeats one: the jobs of payments do,
with the same reference. A redirect is an answer like any other, because it would carry the secret
elsewhere, and no proxy of the environment is used.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from time import monotonic, sleep
from typing import Any, Final
from urllib.parse import urlsplit

import urllib3

from zone.core.clock import utc_now
from zone.core.waiting_requests import serves_requests, waiting_requests
from zone.passes.payments.providers.protocol import ProviderUnavailableError

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
CALL_SECONDS: Final = 12.0
"""For the whole answer: a server that sends a byte now and then is cut off."""
MOST_BYTES: Final = 1_000_000
MOST_CALLS: Final = 2
"""Calls at once: of a process that serves requests to all providers, of another one to each.
`zone serve` has 3 threads in each process: one is always left for everybody who pays nothing, also
while no provider answers. See `calls_each`.
"""
WAIT_SECONDS: Final = 1.0
"""How long one more call waits, while no request waits for its thread."""
LOOK_SECONDS: Final = 0.02

_CHUNK: Final = 65536


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """A provider's answer; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the object in the body.

        Raises:
            ProviderUnavailableError: there is none.
        """
        try:
            data = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ProviderUnavailableError from error
        if not isinstance(data, dict):
            raise ProviderUnavailableError
        return data


class _RunningCalls:
    """The calls of this process that are under way, by the server to which they go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    def begin(self, origin: str, most: int) -> bool:
        """Begin a call, unless `most` to this server or MOST_CALLS to all are under way.

        Jobs hold no thread of a request: the share of one provider is no concern of theirs.
        """
        with self._lock:
            if serves_requests():
                free = self._running[origin] < most and self._running.total() < MOST_CALLS
            else:
                free = self._running[origin] < MOST_CALLS
            self._running[origin] += free
            return free

    def end(self, origin: str) -> None:
        with self._lock:
            self._running[origin] -= 1


_running: Final = _RunningCalls()


@cache
def _queue_to(_origin: str) -> threading.BoundedSemaphore:
    return threading.BoundedSemaphore(1)


def calls_each(offered: int) -> int:
    """Return how many calls at once one provider may have of so many that are offered.

    With several each has its own share: one that answers nobody must not use up that of another.
    """
    return max(1, MOST_CALLS // max(1, offered))


@cache
def _pool() -> urllib3.PoolManager:
    # Made at the first call, so that processes that were forked share no connection.
    return urllib3.PoolManager(maxsize=MOST_CALLS, retries=False)


def call(
    method: str, url: str, headers: Mapping[str, str], body: bytes = b"", *, most: int = 1
) -> ProviderAnswer:
    """Send a request once, and return the answer. `most`: calls at once to this server.

    Raises:
        ProviderUnavailableError: none came in time, or too many calls wait already.
    """
    with _slot(urlsplit(url).netloc, most):
        return _call(method, url, headers, body)


def clock_ahead(url: str, clock: Callable[[], datetime] = utc_now) -> timedelta:
    """Return by how much our clock is ahead of that of a server, by the date of its answer.

    Exact to a second, and half of the time that the answer takes.

    Raises:
        ProviderUnavailableError: no answer came, or one without a date.
    """
    asked = clock()
    answer = call("GET", url, {})
    middle = asked + (clock() - asked) / 2
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
    except (TypeError, ValueError) as error:
        raise ProviderUnavailableError from error
    # It says whole seconds: on the average half of one is cut off.
    return middle - there.replace(tzinfo=UTC) - timedelta(seconds=0.5)


def _call(method: str, url: str, headers: Mapping[str, str], body: bytes) -> ProviderAnswer:
    ends = monotonic() + CALL_SECONDS
    try:
        response = _pool().request(
            method,
            url,
            body=body or None,
            headers=dict(headers),
            redirect=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise ProviderUnavailableError from error
    try:
        content = _read(response, ends)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        response.close()  # what is left of the answer must not be read as that of the next call
        raise ProviderUnavailableError from error
    response.release_conn()
    names = {name.lower(): value for name, value in response.headers.items()}
    return ProviderAnswer(response.status, names, content)


def _read(response: urllib3.BaseHTTPResponse, ends: float) -> bytes:
    parts, size = [], 0
    while part := response.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES or monotonic() > ends:
            raise OSError("the answer is too long")
    return b"".join(parts)


@contextmanager
def _slot(origin: str, most: int) -> Iterator[None]:
    """Hold one of the calls to a server; one more may wait for it while nobody else is there."""
    # Whoever waits holds a thread that answers bookings: with three threads the last one.
    if not _running.begin(origin, most) and not _wait(origin, most):
        raise ProviderUnavailableError
    try:
        yield
    finally:
        _running.end(origin)


def _wait(origin: str, most: int) -> bool:
    queue = _queue_to(origin)
    if not queue.acquire(blocking=False):
        return False
    ends = monotonic() + WAIT_SECONDS
    try:
        while waiting_requests() == 0 and monotonic() < ends:
            sleep(LOOK_SECONDS)
            if _running.begin(origin, most):
                return True
        return False
    finally:
        queue.release()
