"""A request to recount everything: counted in a transaction of its own, then made and audited."""

from datetime import datetime, timedelta
from typing import Final

from zone.core.db.transactions import writing
from zone.core.identity import Actor, Permission
from zone.core.jobs.models import JobRun
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.operation.integrity import service

REQUESTS: Final = Limit("integrity_checks", most=6, window=timedelta(hours=1))
"""Of all staff together: each reads the whole database."""


def request_recount(actor: Actor, now: datetime) -> JobRun:
    """Have everything recounted within seconds.

    Raises:
        DomainError: forbidden, too_many_requests.
    """
    actor.require(Permission.INTEGRITY_CHECK)
    with writing() as session:
        rate_limit.count_attempt(session, REQUESTS, "all", now)
    with writing() as session:
        return service.request_recount(session, actor, now)
