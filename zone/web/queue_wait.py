"""How long a request has waited until a thread took it, and who is asked to come back later.

Theory of operation. When more people come than the processes can serve, requests wait for a thread,
and nothing that a view does can end that: a browser shows nothing for minutes. So the worker
(`zone.web.web_worker`) notes when each request came, and whoever has waited for LONGEST_WAIT is
told so at once, before anything is read from the database. That costs a tenth of a page, so the
queue stays short, and every person gets an answer within a few seconds. The more were sent away
lately, the later they are asked to come back: else refusing them takes all the time there is.
"""

import math
import secrets
import threading
import time
from collections import deque
from typing import Final

from flask import Flask, Request

from zone.core.errors import DomainError
from zone.web import callbacks
from zone.web.problems import BUSY

LONGEST_WAIT: Final = 3.0
"""Seconds. A person waits for a page for so long; a browser with htmx gives up after 8."""
MONITORED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""What tells a supervisor how the service is: never a 503 of ours."""
SPREAD: Final = 10
"""Seconds over which those who were sent away come back: else they all come at once again."""
LONGEST_SPREAD: Final = 180
MINUTE: Final = 60.0
COME_BACK: Final = 3
"""For each so many that were sent away in the last minute the spread is a second. Of 2,000 people
at two processes 20 a second come back then. With SPREAD alone it was 100 and more, and of 20
answers 17 were refusals.
"""

_thread = threading.local()
_sent_away: deque[float] = deque()
"""When this process sent people away in the last minute (monotonic)."""
_counting: Final = threading.Lock()


def note_wait(seconds: float) -> None:
    """Note how long the request that this thread takes now has waited."""
    _thread.waited = seconds


def waited() -> float:
    """Return how long the request of this thread has waited; 0 with another server than ours."""
    seconds: float = getattr(_thread, "waited", 0.0)
    return seconds


def refuse_late(app: Flask, request: Request) -> None:
    """Let the request pass, or raise.

    Raises:
        DomainError: busy, with the seconds after which to come back: the request has waited too
            long. What other services report is taken all the same: not all of them try again.
    """
    seconds = waited()
    if (
        seconds > LONGEST_WAIT
        and request.path not in MONITORED
        and not callbacks.is_from_outside(app, request)
    ):
        spread = _spread(time.monotonic())
        raise DomainError(BUSY, retry_after=math.ceil(seconds) + secrets.randbelow(spread))


def _spread(now: float) -> int:
    """Count one who is sent away; return the seconds over which they come back."""
    with _counting:
        _sent_away.append(now)
        while _sent_away[0] < now - MINUTE:
            _sent_away.popleft()
        return min(LONGEST_SPREAD, max(SPREAD, len(_sent_away) // COME_BACK))
