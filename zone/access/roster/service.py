"""The change feed of the roster, which bridges poll. Never commits.

1. A transaction that changes what doors must know of a member also inserts a mark without a
   version.
2. A poll that finds such marks calls `number` first, which locks the feed's one row and gives the
   marks that it can see their versions.
3. The poll then reads the marks after the bridge's own version, and sends the state of their
   members.

A mark that commits late gets a late version, so no bridge that has read further misses it (with
versions from a sequence one was missed in a test). Writers never wait for each other.

The marks are a log that a job shortens to the newest mark of each member. Reading it from 0 gives
the whole roster, which is a snapshot. After a restore of the database the epoch changes, and
every bridge takes a new snapshot.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from zone.access.bridge_sign_on.models import BridgeChallenge, BridgeEnrolment, BridgeToken
from zone.access.bridges.models import Bridge
from zone.access.roster.models import Feed
from zone.core.db.statements import insert_new
from zone.core.ids import new_public_id
from zone.core.row_records.service import write_recorded
from zone.members.roster_marks.service import number_marks as roster_marks_number_marks


def number_marks(session: Session) -> int:
    """Give versions to the marks that have none; return the newest version.

    Holds the lock on the feed's row until the transaction ends.
    """
    feed = _lock_feed(session)
    feed.version = roster_marks_number_marks(session, feed.version)
    session.flush()
    return feed.version


def _lock_feed(session: Session) -> Feed:
    # The first poll of an installation inserts the row; of two at once one does.
    insert_new(session, Feed, [{"id": 1, "epoch": str(new_public_id()), "version": 0}], Feed.id)
    return session.scalars(
        select(Feed).where(Feed.id == 1).with_for_update().execution_options(populate_existing=True)
    ).one()


def new_epoch(session: Session) -> str:
    """Change the feed's epoch: every bridge takes a snapshot and uploads its entries again."""
    feed = _lock_feed(session)
    feed.epoch = str(new_public_id())
    session.flush()
    return feed.epoch


def start_new_epoch(session: Session) -> None:
    """Change the epoch after a restore, and make every bridge sign on and report again.

    Bridges then take a snapshot, and upload again the entries that they still keep.
    """
    new_epoch(session)
    # Until a bridge has reported again, it counts as offline. Otherwise a person whose entry was
    # lost with the restore would be settled as a no-show.
    session.execute(update(Bridge).values(online_since=None, seen_at=None))
    write_recorded(session, delete(BridgeToken))
    session.execute(delete(BridgeChallenge))
    write_recorded(session, delete(BridgeEnrolment).where(BridgeEnrolment.used_at.is_(None)))
