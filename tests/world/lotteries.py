"""Lotteries of the places of a session: announced, entered and drawn, for tests."""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from zone.booking.bookings.models import Booking
from zone.booking.draws import service as draws
from zone.booking.lotteries import drawing, queries, service
from zone.booking.lotteries.invariants import INVARIANTS
from zone.booking.lotteries.models import Lottery, LotteryEnd, LotteryEntry
from zone.booking.lotteries.rules import NewLottery
from zone.booking.sessions.models import ClassSession
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member

SECRET: Final = b"s" * 32
OPENS_AT: Final = NOW
DRAWS_AT: Final = NOW + timedelta(days=1)


def a_drawn_class(world: World, *, places: int = 2, now: datetime = NOW) -> ClassSession:
    """A class in three days, of which so many places can be booked."""
    with writing() as session:
        details = class_details(world, percent=10 * places)
        return a_session(session, world, start=now + timedelta(days=3), offer=details, now=now)


def people(world: World, count: int, *, now: datetime = NOW) -> list[int]:
    """People with a pass."""
    with writing() as session:
        return [a_member(session, world, f"drawn{n}", now=now) for n in range(count)]


def announce(
    class_session: ClassSession,
    manager: int,
    *,
    opens_at: datetime = OPENS_AT,
    draws_at: datetime = DRAWS_AT,
    now: datetime = NOW,
    secret: bytes = SECRET,
) -> uuid.UUID:
    """Announce a lottery; return its public id."""
    with writing() as session:
        return service.announce(
            session,
            an_actor(manager, "manager"),
            class_session.public_id,
            NewLottery(opens_at, draws_at),
            secret=secret,
            now=now,
        ).public_id


def enter(lottery: uuid.UUID, member_id: int, now: datetime = NOW) -> uuid.UUID:
    """Enter a lottery; return the ticket."""
    with writing() as session:
        return service.enter(session, member_id=member_id, lottery=lottery, now=now).ticket


def draw(
    lottery: uuid.UUID, now: datetime = DRAWS_AT, secrets: Sequence[bytes] = (SECRET,)
) -> bool:
    """Draw a lottery; return whether it ended."""
    with writing() as session:
        row = session.scalars(select(Lottery.id).where(Lottery.public_id == lottery)).one()
        return draws.draw(session, row, secrets, now)


def exported(lottery: uuid.UUID) -> dict[str, Any]:
    """What everybody can download."""
    with reading() as session:
        return queries.lottery_view(session, lottery).exported


def states(lottery: uuid.UUID) -> dict[int | None, str]:
    """The state of each person's entry."""
    with reading() as session:
        rows = session.execute(
            select(LotteryEntry.member_id, LotteryEntry.state)
            .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
            .where(Lottery.public_id == lottery)
            .order_by(LotteryEntry.position)
        )
        return {row.member_id: row.state for row in rows}


def a_lottery(session: Session, class_session: int, manager: int) -> Lottery:
    """A live lottery, stored past the service; its commitment is of no seed."""
    lottery = Lottery(
        public_id=new_public_id(),
        session_id=class_session,
        number=1,
        opens_at=NOW,
        draws_at=DRAWS_AT,
        commitment="0" * 64,
        announced_by_id=manager,
        announced_at=NOW,
    )
    session.add(lottery)
    session.flush()
    return lottery


def an_entry(session: Session, lottery: Lottery, **values: Any) -> LotteryEntry:
    """A ticket in a lottery, stored past the service, without its history."""
    entry = LotteryEntry(ticket=new_public_id(), lottery_id=lottery.id, created_at=NOW, **values)
    session.add(entry)
    session.flush()
    return entry


def a_false_draw(session: Session) -> Lottery:
    """A lottery of the first class that was drawn by another seed than was promised, for nobody."""
    manager = session.scalars(select(func.min(Member.id))).one() or 0
    class_session = session.scalars(select(func.min(ClassSession.id))).one() or 0
    lottery = a_lottery(session, class_session, manager)
    session.add(
        LotteryEnd(
            lottery_id=lottery.id,
            kind="drawn",
            seed="00" * 32,
            digest=drawing.digest_of([]),
            places=0,
            ended_at=DRAWS_AT,
        )
    )
    session.flush()
    return lottery


def a_winner_too_many(session: Session) -> None:
    """A winner of a lottery without places, with a booking that is somewhere else."""
    booking = session.scalars(select(func.min(Booking.id))).one()
    an_entry(session, a_false_draw(session), state="won", position=1, booking_id=booking)


def an_entry_without_outcome(session: Session) -> None:
    """A ticket that is still in a lottery that was drawn."""
    an_entry(session, a_false_draw(session))


def refusals(work: Callable[[], object]) -> list[str]:
    """Return the codes with which the work is refused."""
    with pytest.raises(DomainError) as refusal:
        work()
    return [reason.code for reason in refusal.value.reasons]


def mails(template: str) -> list[str]:
    """Return to whom mails of a template of booking go."""
    with reading() as session:
        query = select(OutboxMail.recipient).where(OutboxMail.template == f"booking/{template}")
        return list(session.scalars(query.order_by(OutboxMail.id)))


def broken() -> dict[str, int]:
    """Return the invariants of lotteries that do not hold."""
    with reading() as session:
        return {one.name: found for one in INVARIANTS if (found := one.count_broken(session, NOW))}
