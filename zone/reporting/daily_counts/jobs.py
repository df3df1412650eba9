"""The job that counts past days."""

from datetime import datetime

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.reporting.daily_counts import queries, rules, service


def count_days(_settings: Settings, now: datetime) -> int:
    """Bring the counts of past days up to the facts; return how many changed.

    A run that another one has overtaken adds nothing: the same differences would count twice.
    """
    as_of = now - rules.FINAL_AFTER
    # The facts are read outside the transaction that writes: a year of them takes a second.
    with reading() as session:
        covered = queries.coverage(session)
        stored_days = (covered.first_day, covered.last_day) if covered else None
        first, last = rules.days_to_count(as_of, stored_days)
        actual = queries.count_facts(session, first, last, as_of)
        stored = queries.stored_counts(session, first, last)
    changes = rules.differences(actual, stored)
    with writing() as session:
        service.lock_counting(session)
        if queries.coverage(session) != covered:
            return 0
        service.add_counts(session, changes, now)
        service.record_run(session, first, last, as_of)
    return len(changes)
