"""The mails of the doors, in the language of whoever gets them. They wait in the outbox for the commit."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone import outbox
from zone.access.models import Bridge
from zone.booking.letters import moment
from zone.members.models import Member, RoleGrant
from zone.places.models import Campus


def tell_offline(session: Session, bridge_ids: Collection[int], *, url: str, now: datetime) -> None:
    """Tell every manager of bridges that have gone silent; `url` is that of the status page."""
    if not bridge_ids:
        return
    query = select(Bridge, Campus.name).join(Campus, Campus.id == Bridge.campus_id).where(Bridge.id.in_(bridge_ids))
    silent = session.execute(query.order_by(Bridge.id)).all()
    live = select(RoleGrant.member_id).where(RoleGrant.role == "manager", RoleGrant.revoked_at.is_(None))
    for manager in session.scalars(select(Member).where(Member.id.in_(live)).order_by(Member.id)).all():
        for bridge, campus in silent:
            seen = moment(bridge.seen_at or bridge.enrolled_at or now, manager.language)
            params = {"name": bridge.name, "campus": campus, "seen": seen, "url": url}
            outbox.post(
                session, to=manager.email, template="access/bridge_offline", language=manager.language, params=params,
                now=now,
            )  # fmt: skip
