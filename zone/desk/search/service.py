"""Finding a person, with an audit row of who looked for what. Never commits."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.text import clean_text
from zone.desk.search import queries
from zone.desk.search.errors import WORDS_TOO_SHORT

LEAST_LETTERS: Final = 2
"""Letters or digits in one word: signs and single letters, which everybody has, name nobody."""


def find(
    session: Session, words: str, *, actor_id: int, now: datetime
) -> list[queries.FoundPerson]:
    """Look for a person; who looked for what stays on record.

    Raises:
        DomainError: words_too_short.
    """
    words = clean_text(words)
    if not any(sum(map(str.isalnum, word)) >= LEAST_LETTERS for word in words.split()):
        raise DomainError(WORDS_TOO_SHORT)
    found = queries.find(session, words, now)
    record_action(
        session,
        actor_id=actor_id,
        action="desk.search",
        object_kind="search",
        object_id="",
        after={"words": words, "found": len(found)},
        now=now,
    )
    return found
