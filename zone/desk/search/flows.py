"""A search of the desk: counted in a transaction of its own, then looked up and audited."""

from datetime import datetime

from zone.core.db.transactions import writing
from zone.core.rate_limit import service as rate_limit
from zone.desk.search import queries, service


def find_people(words: str, *, actor_id: int, now: datetime) -> list[queries.FoundPerson]:
    """Count the search, then look; both stay on record.

    Raises:
        DomainError: too_many_requests, words_too_short.
    """
    with writing() as session:
        rate_limit.count_attempt(session, queries.SEARCHES, str(actor_id), now)
    with writing() as session:
        return service.find(session, words, actor_id=actor_id, now=now)
