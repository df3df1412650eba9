"""Take feedback on accessibility from anybody, within a limit."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.rate_limit import service as rate_limit
from zone.core.rate_limit.rules import Limit
from zone.feedback.accessibility import service

FROM_CLIENT: Final = Limit("accessibility-client", 20, timedelta(hours=1))
# Above this a machine is writing; each piece also mails the contact.
IN_ALL: Final = Limit("accessibility-all", 200, timedelta(hours=1))


def send(
    *,
    public_id: UUID,
    message: str,
    email: str,
    language: str,
    client: str,
    settings: Settings,
    now: datetime,
) -> None:
    """Count the attempt, and store the feedback.

    Raises:
        DomainError: too_many_requests.
    """
    for limit, who in ((FROM_CLIENT, client), (IN_ALL, "")):
        with writing() as session:
            rate_limit.count_attempt(session, limit, who, now)
    with writing() as session:
        service.receive(
            session,
            public_id=public_id,
            message=message,
            email=email,
            language=language,
            settings=settings,
            now=now,
        )
