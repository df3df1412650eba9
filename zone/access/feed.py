"""The change feed: what bridges pull, numbered by its reader.

Whoever changes what doors know of a member leaves a mark without a number in the same transaction. `number` gives the
marks that it can see their versions while it holds the feed's one row. So a mark whose transaction commits late gets a
late version, and no bridge that has already read further ever misses it; and writers never wait for each other.

The marks are a log that `compact` keeps short: of each member the newest stays, so reading on from any version, or
from 0, gives the whole roster. A snapshot is therefore the log from 0. After a restore the epoch changes, and
every bridge begins again.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import Select, delete, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from firmware_bridge.wire.roster import Changes, Holder
from zone.access import doors, roster
from zone.access.models import Credential, Feed
from zone.config import Settings
from zone.core.ids import new_public_id
from zone.db import insert_new
from zone.members.models import Member, RosterMark

PAGE: Final = 500
"""Marks in one answer."""


def behind(session: Session) -> bool:
    """Whether `number` has something to do: most polls find nothing, and need no write."""
    if session.get(Feed, 1) is None:
        return True
    return bool(session.scalar(select(exists().where(RosterMark.version.is_(None)))))


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
    feed.version = max((version for (version,) in numbered if version is not None), default=feed.version)
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


def knows_of_it(session: Session, epoch: str) -> bool:
    """Whether a bridge that was last told `epoch` knows what the server has; a new one ("") has nothing to send."""
    return epoch in ("", session.scalar(select(Feed.epoch).where(Feed.id == 1)))


def changes(
    session: Session, bridge_id: int, *, after: int, epoch: str, site_digest: str, now: datetime, settings: Settings
) -> Changes:
    """What a bridge that knows the feed up to `after` should know now; call `number` first where `behind`.

    `more`: ask again with the version given. Rows carry whole states, as they are now: at least as new as their mark.
    """
    feed = session.get_one(Feed, 1)
    snapshot = epoch != feed.epoch or after > feed.version
    marks = session.execute(_marks(0 if snapshot else after, feed.version)).all()
    more = len(marks) == PAGE and marks[-1].version < feed.version
    states = roster.holders(session, sorted({mark.member_id for mark in marks}), now)
    site = roster.site(session, bridge_id, now, settings.keys)
    digest = roster.digest(site)
    return Changes(
        feed.epoch,
        marks[-1].version if more else feed.version,
        snapshot,
        more,
        tuple(state.to_json() for state in states if not snapshot or roster.says_something(state)),
        None if digest == site_digest else site,
        digest,
        tuple(order.to_json() for order in doors.waiting(session, bridge_id, now)),
    )


def _marks(after: int, until: int) -> Select[*tuple[int | None, int]]:
    return (
        select(RosterMark.version, RosterMark.member_id)
        .where(RosterMark.version > after, RosterMark.version <= until)
        .order_by(RosterMark.version)
        .limit(PAGE)
    )


def ask(session: Session, *, kid: bytes | None, holder: int | None, now: datetime) -> list[Holder]:
    """The state of the holder of a key, or of a pseudonym, as it is this moment; empty when neither is known."""
    owner = select(Credential.member_id).where(Credential.kid == kid)
    member_id = session.scalar(owner) if kid is not None else None
    if member_id is None and holder is not None:
        member_id = session.scalar(select(Member.id).where(Member.holder == holder))
    return [] if member_id is None else roster.holders(session, [member_id], now)


def compact(session: Session) -> None:
    """Delete the numbered marks that a newer one of the same member replaces."""
    newer = aliased(RosterMark)
    replaced = exists().where(newer.member_id == RosterMark.member_id, newer.version > RosterMark.version)
    session.execute(delete(RosterMark).where(replaced).execution_options(synchronize_session=False))
