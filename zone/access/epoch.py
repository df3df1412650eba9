"""A new epoch after a restore: the server forgot what came after the backup, and the bridges must hear of it."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from zone.access import feed
from zone.access.models import Bridge, BridgeChallenge, BridgeEnrolment, BridgeToken


def begin(session: Session) -> None:
    """A new epoch, by which every bridge takes a fresh roster and sends again the entries that it still keeps.

    Bridges sign on again, and have told nothing until they have told it again: so nobody is taken for absent whom a
    lost entry shows.
    """
    feed.new_epoch(session)
    session.execute(update(Bridge).values(online_since=None, seen_at=None))
    for model in (BridgeToken, BridgeChallenge):
        session.execute(delete(model))
    session.execute(delete(BridgeEnrolment).where(BridgeEnrolment.used_at.is_(None)))
