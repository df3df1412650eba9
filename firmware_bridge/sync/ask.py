"""Questions to the server about a code that the roster cannot answer.

A door asks when newer data could change a refusal. The request is sent by a thread of its own, so
that the door waits for at most 0.3 s whatever the network does. A later answer is still applied,
and the next scan uses it.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.channel import ServerError
from firmware_bridge.sync.client import Server
from firmware_bridge.wire.messages import fields

BUDGET_SECONDS: Final = 0.3
# A question that waited longer in the queue is dropped: the person has left or scanned again.
STALE_SECONDS: Final = 2.0
# How long a round lasts while there is no question.
ROUND_SECONDS: Final = 1.0


@dataclass(slots=True)
class _Question:
    kid: bytes | None
    holder: int | None
    door: str
    asked_at: float = field(default_factory=monotonic)
    answered: threading.Event = field(default_factory=threading.Event)
    rows: int = 0


class Reachability:
    """Whether the server answered the last call of any loop; False before the first."""

    def __init__(self) -> None:
        self.up = False
        self._up_at: float | None = None

    def update(self, up: bool) -> None:
        """Record whether a call was answered."""
        self.up = up
        if up:
            self._up_at = monotonic()

    def last_up(self) -> float | None:
        """When the server last answered a call, monotonic seconds; None: not since the start."""
        return self._up_at


class Asker:
    """Sends the doors' questions to the server, one after the other."""

    def __init__(self, roster: Roster, server: Server, reachability: Reachability) -> None:
        self._roster, self._server, self._reachability = roster, server, reachability
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()

    def ask(self, kid: bytes | None, holder: int | None, door: str) -> bool:
        """Ask about a code; return whether rows arrived, and are in the roster, within 0.3 s."""
        # Without this, every unknown code would delay its door by 0.3 s while the server is away.
        if not self._reachability.up:
            return False
        question = _Question(kid, holder, door)
        self._questions.put(question)
        return question.answered.wait(BUDGET_SECONDS) and question.rows > 0

    def run(self, alive: Callable[[], None] = lambda: None) -> None:
        """Send questions until `stop`; call `alive` at each round."""
        while True:
            alive()
            try:
                question = self._questions.get(timeout=ROUND_SECONDS)
            except queue.Empty:
                continue
            if question is None:
                return
            if monotonic() - question.asked_at <= STALE_SECONDS:
                self._send(question)
            question.answered.set()

    def stop(self) -> None:
        self._questions.put(None)

    def _send(self, question: _Question) -> None:
        kid = None if question.kid is None else question.kid.hex()
        body = {"kid": kid, "holder": question.holder, "door": question.door}
        try:
            answer = self._server.call("POST", "/ask", body)
            rows = fields.items(fields.mapping(answer, "answer"), "rows")
            self._roster.apply_rows(rows)
        except (ServerError, fields.MessageError, sqlite3.Error):
            # The door keeps its answer. What is wrong with the roster, the downloader tells.
            return
        question.rows = len(rows)
