"""A search at the desk: counted in a transaction of its own, then done and audited."""

from datetime import datetime

from zone.core.db.transactions import writing
from zone.core.identity import Actor, Permission
from zone.core.rate_limit import service as rate_limit
from zone.desk.search import queries, service


def find_people(words: str, actor: Actor, *, now: datetime) -> list[queries.FoundPerson]:
    """Return the people whom the words may mean, the likeliest first.

    Raises:
        DomainError: forbidden, too_many_requests, words_too_short.
    """
    actor.require(Permission.DESK_USE)
    # A refused search is counted too, so the count cannot share its transaction.
    with writing() as session:
        rate_limit.count_attempt(session, queries.SEARCHES, str(actor.id), now)
    with writing() as session:
        return service.find_people(session, actor, words, now=now)
