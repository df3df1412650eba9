"""Questions that are asked again before a queued mail leaves: does it still hold?

A mail says what was true in the transaction that wrote it. It may wait for hours, while the mail
server is down. A feature declares a question where it posts such a mail; the delivery asks it, and
drops the mail when the answer is no.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

Holds = Callable[[Session, str, datetime], bool]
"""Whether a mail about something still holds; the text says about what, as `MailQuestion.about`."""


@dataclass(frozen=True, slots=True)
class MailQuestion:
    """A declared question. `name` is stored with each mail: never rename it."""

    name: str
    holds: Holds

    def about(self, *ids: object) -> "AskedMail":
        """Return what to post a mail with: this question, about the things with these ids."""
        return AskedMail(self.name, " ".join(map(str, ids)))


@dataclass(frozen=True, slots=True)
class AskedMail:
    """A question and what it is about, as stored with a mail."""

    question: str
    about: str


_DECLARED: Final[dict[str, MailQuestion]] = {}


def declare_question(name: str, holds: Holds) -> MailQuestion:
    """Declare a question once, when its module is imported.

    Raises:
        ValueError: there is a question of that name already.
    """
    if name in _DECLARED:
        raise ValueError(f"the question {name} is declared twice")
    _DECLARED[name] = MailQuestion(name, holds)
    return _DECLARED[name]


def still_holds(session: Session, question: str | None, about: str | None, now: datetime) -> bool:
    """Return whether a mail still holds; one without a question, or with an unknown one, does."""
    declared = _DECLARED.get(question or "")
    return declared is None or declared.holds(session, about or "", now)
