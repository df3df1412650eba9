"""Mails of the outbox by state."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone.core.mail.models import STATES, OutboxMail


def mails(session: Session, state: str, most: int) -> Sequence[OutboxMail]:
    """Return the mails in a state, the newest first, at most `most`."""
    query = (
        select(OutboxMail)
        .where(OutboxMail.state == state)
        .order_by(OutboxMail.id.desc())
        .limit(most)
    )
    return session.scalars(query).all()


def mail_counts(session: Session) -> dict[str, int]:
    """Return the number of mails in each state."""
    counted = session.execute(select(OutboxMail.state, func.count()).group_by(OutboxMail.state))
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in counted}
