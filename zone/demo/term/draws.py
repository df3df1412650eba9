"""A class whose places are drawn in two days, with people who have entered."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.rules import KEY_FILE, NewLottery
from zone.booking.sessions import service as sessions
from zone.booking.sessions.rules import ClassDetails
from zone.core import secrets
from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.identity import Actor, Role
from zone.core.time import from_helsinki, helsinki_date
from zone.demo.term.people import TermMember
from zone.members.people.queries import member_by_email

MANAGER: Final = "manager@zone.example"
DRAWN: Final = ClassDetails(
    kind="online",
    name_fi="Rentoutus etänä, kahdeksan paikkaa",
    name_sv="Avslappning på nätet, åtta platser",
    name_en="Relaxation online, eight places",
    category="mind",
    space_id=None,
    capacity=8,
    bookable_percent=100,
)
ENTERED: Final = 20


def load(session: Session, people: Sequence[TermMember], settings: Settings, now: datetime) -> None:
    """Announce the lottery, and let people enter it."""
    manager = member_by_email(session, MANAGER)
    if manager is None:
        return
    actor = Actor("person", manager.id, manager.public_id, frozenset({Role.MANAGER}))
    start = from_helsinki(helsinki_date(now) + timedelta(days=3), time(20, 30))
    drawn = sessions.create_session(session, DRAWN, start, start + timedelta(minutes=45), now=now)
    new = NewLottery(now - timedelta(days=1), start - timedelta(days=1))
    secret = secrets.current_secret(settings.keys, KEY_FILE)
    lottery = lotteries.announce(
        session, actor, drawn.public_id, new, secret=secret, now=now
    ).public_id
    entered = 0
    for person in people:
        if entered == ENTERED:
            return
        try:
            lotteries.enter(session, member_id=person.id, lottery=lottery, now=now)
        except DomainError:  # of another right, or busy then
            continue
        entered += 1
