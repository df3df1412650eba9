"""Find a person, audited. Never commits."""

from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.identity import Actor, Permission
from zone.core.text import clean_text
from zone.desk.search import queries, rules
from zone.desk.search.errors import WORDS_TOO_SHORT

LEAST_LETTERS: Final = 2
"""Letters or digits that one word must have: a sign or a single letter is in every name."""


def find_people(
    session: Session, actor: Actor, words: str, *, now: datetime
) -> list[queries.FoundPerson]:
    """Return the people whom the words may mean, and audit who searched for what.

    Raises:
        DomainError: forbidden, words_too_short.
    """
    actor.require(Permission.DESK_USE)
    words = clean_text(words)
    if not any(rules.count_letters(word) >= LEAST_LETTERS for word in words.split()):
        raise DomainError(WORDS_TOO_SHORT)
    people = queries.find_people(session, words, now)
    record_action(
        session,
        actor_id=actor.id,
        action="desk.search",
        object_kind="search",
        object_id="",
        after={"words": words, "found": len(people)},
        now=now,
    )
    return people
