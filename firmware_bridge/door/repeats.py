"""The answers that a door has just given: what is shown again gets the same one."""

import threading
from dataclasses import replace
from typing import Final

from firmware_bridge.door.answer import Answer

# A scanner reads a phone held in front of it several times a second, and the code changes
# meanwhile: a key that was granted is the same visit within this time, and for as long as its
# strike holds. A refusal is repeated for the same text only: the next code is judged anew, or it
# would stick to a phone that is held up.
REPEAT_SECONDS: Final = 3.0
# Answers that are kept at once, and grants beyond: a line full of short junk would make thousands,
# and looking through them for each scan would hold up the other doors.
MOST: Final = 100


class Repeats:
    """Answers by what they were given to: the key of a grant, or the text of a refusal."""

    def __init__(self) -> None:
        self._recent: dict[bytes, tuple[float, Answer]] = {}
        self._lock = threading.Lock()

    def find(self, key: bytes, at: float) -> Answer | None:
        """The answer that is still that to `key` at the monotonic time `at`."""
        ends, answer = self._recent.get(key, (float("-inf"), None))
        return answer if at <= ends else None

    def forget(self, key: bytes, uuid: str) -> None:
        """Let the next scan of this key be judged anew, if its answer is that of this entry.

        From any thread.
        """
        with self._lock:
            _, answer = self._recent.get(key, (0.0, None))
            if answer is not None and answer.uuid == uuid:
                del self._recent[key]

    def end_strikes(self, at: float) -> None:
        """Let no answer say that its strike holds longer than until `at`; from any thread."""
        with self._lock:
            self._recent = {
                key: (ends, _ended(answer, at)) for key, (ends, answer) in self._recent.items()
            }

    def remember(self, key: bytes, answer: Answer, at: float) -> None:
        """Keep an answer that was given, or given again, at the monotonic time `at`."""
        ends = (
            at + REPEAT_SECONDS if answer.until is None else max(at + REPEAT_SECONDS, answer.until)
        )
        with self._lock:
            if len(self._recent) >= MOST:
                self._recent = {old: kept for old, kept in self._recent.items() if at <= kept[0]}
            if len(self._recent) < MOST or answer.until is not None:
                self._recent[key] = (ends, answer)


def _ended(answer: Answer, at: float) -> Answer:
    return answer if answer.until is None else replace(answer, until=min(at, answer.until))
