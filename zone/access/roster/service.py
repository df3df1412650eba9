"""The change feed: what bridges pull, numbered by its reader.

Whoever changes what doors know of a member leaves a mark without a number in the same transaction. `number` gives the
marks that it can see their versions while it holds the feed's one row. So a mark whose transaction commits late gets a
late version, and no bridge that has already read further ever misses it; and writers never wait for each other.

The marks are a log that `compact` keeps short: of each member the newest stays, so reading on from any version, or
from 0, gives the whole roster. A snapshot is therefore the log from 0. After a restore the epoch changes, and
every bridge begins again.
"""

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from zone.access.bridge_sign_on.models import BridgeChallenge, BridgeEnrolment, BridgeToken
from zone.access.bridges.models import Bridge
from zone.access.roster.models import Feed
from zone.core.db.statements import insert_new
from zone.core.ids import new_public_id
from zone.members.roster_marks.models import RosterMark


def number(session: Session) -> int:
    """Give the marks that have none a version, in one transaction that holds the feed's row; the newest version."""
    feed = _locked(session)
    order = func.row_number().over(order_by=RosterMark.id).label("place")
    born = select(RosterMark.id, order).where(RosterMark.version.is_(None)).subquery()
    numbered = session.execute(
        update(RosterMark)
        .where(RosterMark.id == born.c.id)
        .values(version=feed.version + born.c.place)
        .execution_options(synchronize_session=False)
        .returning(RosterMark.version)
    )
    feed.version = max(
        (version for (version,) in numbered if version is not None), default=feed.version
    )
    session.flush()
    return feed.version


def _locked(session: Session) -> Feed:
    insert_new(session, Feed, [{"id": 1, "epoch": str(new_public_id()), "version": 0}], Feed.id)
    return session.scalars(
        select(Feed).where(Feed.id == 1).with_for_update().execution_options(populate_existing=True)
    ).one()


def new_epoch(session: Session) -> str:
    """Send every bridge for a fresh snapshot, and for what it has uploaded already, as after a restore."""
    feed = _locked(session)
    feed.epoch = str(new_public_id())
    session.flush()
    return feed.epoch


def compact(session: Session) -> None:
    """Delete the numbered marks that a newer one of the same member replaces."""
    newer = aliased(RosterMark)
    replaced = exists().where(
        newer.member_id == RosterMark.member_id, newer.version > RosterMark.version
    )
    session.execute(delete(RosterMark).where(replaced).execution_options(synchronize_session=False))


def start_new_epoch(session: Session) -> None:
    """A new epoch, by which every bridge takes a fresh roster and sends again the entries that it still keeps.

    Bridges sign on again, and have told nothing until they have told it again: so nobody is taken for absent whom a
    lost entry shows.
    """
    new_epoch(session)
    session.execute(update(Bridge).values(online_since=None, seen_at=None))
    for model in (BridgeToken, BridgeChallenge):
        session.execute(delete(model))
    session.execute(delete(BridgeEnrolment).where(BridgeEnrolment.used_at.is_(None)))
