"""A lost phone: everything that it could do ends at once, and the person can put their pass on a new one at once."""

from datetime import datetime

from sqlalchemy import ForeignKey, case, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from zone.access.models import Credential
from zone.booking.claims import lock_member
from zone.db import Base, Id, append_only
from zone.members.service import end_all_sessions, mark_roster


class PhoneReplacement(Base):
    """That the desk took a lost phone off a person's pass: the keys made before no longer count against the limit."""

    __tablename__ = "phone_replacement"

    id: Mapped[Id]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    keys: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


append_only(PhoneReplacement)


def replaced_at(session: Session, member_id: int) -> datetime | None:
    """When the desk last took a lost phone away; the keys until then are not held against the person."""
    replaced = select(func.max(PhoneReplacement.occurred_at)).where(PhoneReplacement.member_id == member_id)
    return session.scalar(replaced)


def replace_phone(session: Session, member_id: int, *, actor_id: int, now: datetime) -> int:
    """Revoke all keys of a person, sign them out everywhere and start their count of new keys again; how many keys.

    Nobody at the desk can tell which of the keys was the lost one, so all go.
    """
    lock_member(session, member_id)
    live = update(Credential).where(Credential.member_id == member_id, Credential.revoked_at.is_(None))
    # A key that was made while this waited for the lock is later than `now`, and goes too.
    ended = case((Credential.created_at > now, Credential.created_at), else_=now)
    revoked = session.scalars(live.values(revoked_at=ended).returning(Credential.id)).all()
    end_all_sessions(session, member_id, now)
    session.add(PhoneReplacement(member_id=member_id, keys=len(revoked), occurred_at=now, recorded_by=actor_id))
    session.flush()
    mark_roster(session, [member_id], now)
    return len(revoked)
