"""The waitlists of the classes to come that are full."""

import random
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.core.errors import DomainError
from zone.demo.term.people import TermMember

LONGEST: Final = 6


def load(
    session: Session, people: Sequence[TermMember], now: datetime, chance: random.Random
) -> int:
    """Let people join the waitlists by the service's rules; return how many wait."""
    full = session.scalars(
        select(ClassSession.public_id)
        .where(ClassSession.starts_at > now, ClassSession.kind == "class")
        .where(ClassSession.booked == ClassSession.bookable)
        .order_by(ClassSession.starts_at, ClassSession.id)
    ).all()
    waiting = 0
    for class_session in full:
        for person in chance.sample(people, min(len(people), chance.randint(0, LONGEST))):
            try:
                waitlist.join(session, member_id=person.id, class_session=class_session, now=now)
            except DomainError:  # booked or busy then, or over a limit of theirs
                continue
            waiting += 1
    return waiting
