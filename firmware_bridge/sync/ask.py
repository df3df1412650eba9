"""Ask once: a refusal that fresher data could turn is put to the server, for as long as a person will stand still.

The question travels in a thread of its own, so the door waits 0.3 s at most whatever the network does. An answer that
comes too late is still applied: the next scan sees it.
"""

import queue
import threading
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.clock import monotonic
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.client import Server, ServerError
from firmware_bridge.wire.messages import fields

BUDGET_SECONDS: Final = 0.3
# A question that waited longer than this in the queue is dropped: the person has gone or scanned
# again.
STALE_SECONDS: Final = 2.0


@dataclass(slots=True)
class _Question:
    kid: bytes | None
    holder: int | None
    door: str
    asked_at: float = field(default_factory=monotonic)
    answered: threading.Event = field(default_factory=threading.Event)
    rows: int = 0


class Line:
    """Whether the server was heard in the last call of any loop. Unset until the first answer."""

    def __init__(self) -> None:
        self.up = False

    def heard(self, up: bool) -> None:
        self.up = up


class Asker:
    """Puts the doors' questions to the server, one after the other."""

    def __init__(self, roster: Roster, server: Server, line: Line) -> None:
        self._roster, self._server, self._line = roster, server, line
        self._questions: queue.SimpleQueue[_Question | None] = queue.SimpleQueue()

    def ask(self, kid: bytes | None, holder: int | None, door: str) -> bool:
        """Whether rows came within 0.3 s; they are in the roster then. Asks nobody while the line is down."""
        if not self._line.up:
            return False
        question = _Question(kid, holder, door)
        self._questions.put(question)
        return question.answered.wait(BUDGET_SECONDS) and question.rows > 0

    def run(self) -> None:
        """Answer questions until `stop`."""
        while (question := self._questions.get()) is not None:
            if monotonic() - question.asked_at <= STALE_SECONDS:
                self._answer(question)
            question.answered.set()

    def stop(self) -> None:
        self._questions.put(None)

    def _answer(self, question: _Question) -> None:
        kid = None if question.kid is None else question.kid.hex()
        body = {"kid": kid, "holder": question.holder, "door": question.door}
        try:
            answer = self._server.call("POST", "/ask", body)
            rows = fields.items(fields.mapping(answer, "answer"), "rows")
        except (ServerError, fields.MessageError):
            return
        self._roster.apply_rows(rows)
        question.rows = len(rows)
