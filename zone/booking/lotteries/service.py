"""Announce a lottery, enter it and withdraw, and call it off. `draws.service` draws it.

Everything that changes a lottery or an entry holds the lock of the session first, in the order of
`seats.service`, so that what is drawn is what had been entered by then.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session

from zone.booking.activities.rules import STAFF_KINDS
from zone.booking.bookings import context as bookings_context
from zone.booking.lotteries import drawing, queries, rules
from zone.booking.lotteries.errors import ALREADY_ENTERED, LOTTERY_OVER
from zone.booking.lotteries.models import (
    LIVE_LOTTERY,
    Lottery,
    LotteryEnd,
    LotteryEntry,
    LotteryEntryEvent,
)
from zone.booking.lotteries.rules import NewLottery
from zone.booking.lottery_messages import service as messages
from zone.booking.policies import queries as policies_queries
from zone.booking.seats.service import lock_session, session_id_of
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import campus_of
from zone.booking.waitlist.models import QueueEntry
from zone.booking.waitlist.rules import LIVE_STATES
from zone.core.audit.service import record_action
from zone.core.errors import NOT_FOUND, DomainError, ErrorCode
from zone.core.identity import Actor, Permission
from zone.core.ids import new_public_id
from zone.members.people.service import another_member, audit_member


def announce(
    session: Session,
    actor: Actor,
    class_session: uuid.UUID,
    new: NewLottery,
    *,
    secret: bytes,
    now: datetime,
) -> Lottery:
    """Announce a lottery of a session's places, with the commitment to a seed made from `secret`.

    Raises:
        DomainError: forbidden, not_found (also for a session that only staff see); every reason of
            `rules.reasons_against_announcing`.
    """
    session_id = session_id_of(session, class_session)
    lock_session(session, session_id)
    row = session.get_one(ClassSession, session_id, populate_existing=True)
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, row.space_id))
    if row.kind in STAFF_KINDS:  # everybody reads the page of a lottery
        raise DomainError(NOT_FOUND)
    new = NewLottery(_whole_second(new.opens_at), _whole_second(new.draws_at))
    _refuse_announcing(session, row, new, now)
    # Of those that have ended: beside a live one the key of the table refuses another.
    ended = select(func.count(Lottery.id)).where(Lottery.session_id == session_id, ~LIVE_LOTTERY)
    public_id = new_public_id()
    terms = drawing.terms_of(str(public_id), str(class_session), new.opens_at, new.draws_at)
    lottery = Lottery(
        public_id=public_id,
        session_id=session_id,
        number=(session.scalar(ended) or 0) + 1,
        opens_at=new.opens_at,
        draws_at=new.draws_at,
        commitment=drawing.commitment_of(drawing.make_seed(secret, str(public_id)), terms),
        announced_by_id=actor.id,
        announced_at=now,
    )
    session.add(lottery)
    session.flush()
    after = {"session": str(class_session), "terms": terms, "commitment": lottery.commitment}
    _audit(session, actor, "lottery.announce", lottery, now, after=after)
    return lottery


def _whole_second(at: datetime) -> datetime:
    # The terms, to which the draw is committed, name no fractions.
    return at.astimezone(UTC).replace(microsecond=0)


def _refuse_announcing(session: Session, row: ClassSession, new: NewLottery, now: datetime) -> None:
    policy = policies_queries.policy_of(session, row, now)
    waits = exists().where(QueueEntry.session_id == row.id, QueueEntry.state.in_(LIVE_STATES))
    live = select(Lottery.id).where(Lottery.session_id == row.id, LIVE_LOTTERY)
    reasons = rules.reasons_against_announcing(
        new,
        bookings_context.request_of(row, None),
        in_use=row.booked > 0 or bool(session.scalar(select(waits))),
        live=session.scalar(live) is not None,
        policy=policy,
        now=now,
    )
    if reasons:
        first, last = rules.draw_window(row.starts_at, policy)
        raise DomainError(*reasons, params={"first": first, "last": last})


def call_off(
    session: Session, actor: Actor, lottery: uuid.UUID, *, reason: str, now: datetime
) -> Lottery:
    """Call a lottery off; all who had entered get a mail, and the session is booked as any other.

    Once more changes nothing.

    Raises:
        DomainError: forbidden, not_found; lottery_over: it was drawn.
    """
    row = _locked(session, lottery)
    space_id = session.get_one(ClassSession, row.session_id).space_id
    actor.require(Permission.TIMETABLE_WRITE, campus=campus_of(session, space_id))
    end = queries.end_of(session, row.id)
    if end is not None:
        if end.kind == "called_off":
            return row
        raise DomainError(LOTTERY_OVER)
    end_without_draw(session, row, reason, now, actor.id)
    _audit(session, actor, "lottery.call_off", row, now, reason=reason)
    return row


def end_without_draw(
    session: Session,
    lottery: Lottery,
    reason: ErrorCode | str,
    now: datetime,
    actor_id: int | None = None,
) -> None:
    """End a lottery and its entries without a draw, with a mail; the caller holds the lock of the
    session.
    """
    code = reason if isinstance(reason, str) else reason.code
    session.add(
        LotteryEnd(
            lottery_id=lottery.id,
            kind="called_off",
            reason=code,
            ended_by_id=actor_id,
            ended_at=now,
        )
    )
    entries = entered_in(session, lottery.id)
    for entry in entries:
        entry.state = "called_off"
    session.flush()
    record(session, entries, "called_off", now)
    class_session = session.get_one(ClassSession, lottery.session_id)
    member_ids = [entry.member_id for entry in entries if entry.member_id is not None]
    messages.post_called_off(
        session, class_session, member_ids, reason, str(lottery.public_id), now
    )


def _audit(
    session: Session,
    actor: Actor,
    action: str,
    lottery: Lottery,
    now: datetime,
    *,
    after: Mapping[str, str] | None = None,
    reason: str | None = None,
) -> None:
    record_action(
        session,
        actor_id=actor.id,
        action=action,
        object_kind="lottery",
        object_id=lottery.public_id,
        after=dict(after) if after else None,
        reason=reason,
        now=now,
    )


def enter(
    session: Session,
    *,
    member_id: int,
    lottery: uuid.UUID,
    now: datetime,
    sees_hidden: bool = False,
) -> LotteryEntry:
    """Enter a lottery; a person who had withdrawn gets the same ticket again.

    Raises:
        DomainError: not_found; lottery_over; already_entered; every reason of
            `rules.reasons_against_entering`.
    """
    row = _locked(session, lottery)
    if queries.end_of(session, row.id) is not None:
        raise DomainError(LOTTERY_OVER)
    query = select(LotteryEntry).where(
        LotteryEntry.lottery_id == row.id, LotteryEntry.member_id == member_id
    )
    entry = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if entry is not None and entry.state == "entered":
        raise DomainError(ALREADY_ENTERED)
    check = bookings_context.check_booking(
        session.connection(),
        member_id=member_id,
        class_session=session.get_one(ClassSession, row.session_id).public_id,
        now=now,
        sees_hidden=sees_hidden,
    )
    times = NewLottery(row.opens_at, row.draws_at)
    target = check.target
    reasons = rules.reasons_against_entering(
        target.requested, check.booker, target.policy, times, now
    )
    if reasons:
        raise DomainError(*reasons, params=check.params | {"opens_at": row.opens_at})
    if entry is None:
        entry = LotteryEntry(
            ticket=new_public_id(), lottery_id=row.id, member_id=member_id, created_at=now
        )
        session.add(entry)
    entry.state = "entered"
    session.flush()
    record(session, [entry], "entered", now)
    return entry


def enter_session(
    session: Session, member_id: int, class_session: uuid.UUID, *, now: datetime, sees_hidden: bool
) -> LotteryEntry:
    """Enter the lottery of a session that is to be drawn.

    Raises:
        DomainError: those of `enter`; lottery_over: the session has none now.
    """
    live = select(Lottery.public_id).where(
        Lottery.session_id == session_id_of(session, class_session), LIVE_LOTTERY
    )
    lottery = session.scalar(live)
    if lottery is None:
        raise DomainError(LOTTERY_OVER)
    return enter(session, member_id=member_id, lottery=lottery, now=now, sees_hidden=sees_hidden)


def enter_for(
    session: Session, actor: Actor, person: uuid.UUID, class_session: uuid.UUID, *, now: datetime
) -> LotteryEntry:
    """Enter the lottery of a session for another person as staff, by the rules that hold for them.

    Raises:
        DomainError: forbidden, not_for_yourself; and those of `enter_session`.
    """
    member = another_member(session, actor, person)
    entry = enter_session(session, member.id, class_session, now=now, sees_hidden=True)
    # Without the ticket: everybody can read it, and whose it is would stay in the audit.
    after = {"session": class_session}
    audit_member(session, "lottery.enter", member, actor.id, now, after=after)
    return entry


def withdraw_for(
    session: Session, actor: Actor, person: uuid.UUID, class_session: uuid.UUID, *, now: datetime
) -> LotteryEntry:
    """Withdraw another person from the lottery of a session as staff; once more changes nothing.

    Raises:
        DomainError: forbidden, not_for_yourself; not_found: they did not enter one that is to be
            drawn; lottery_over.
    """
    member = another_member(session, actor, person)
    own = (
        select(LotteryEntry)
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .where(
            Lottery.session_id == session_id_of(session, class_session),
            LIVE_LOTTERY,
            LotteryEntry.member_id == member.id,
        )
    )
    entry = session.scalars(own).one_or_none()
    if entry is None:
        raise DomainError(NOT_FOUND)
    if entry.state == "withdrawn":
        return entry
    withdrawn = withdraw(session, member_id=member.id, ticket=entry.ticket, now=now)
    after = {"session": class_session}
    audit_member(session, "lottery.withdraw", member, actor.id, now, after=after)
    return withdrawn


def withdraw(session: Session, *, member_id: int, ticket: uuid.UUID, now: datetime) -> LotteryEntry:
    """Withdraw from a lottery before its draw; once more changes nothing.

    Raises:
        DomainError: not_found (also for another person's); lottery_over.
    """
    own = select(LotteryEntry).where(
        LotteryEntry.ticket == ticket, LotteryEntry.member_id == member_id
    )
    entry = session.scalars(own).one_or_none()
    if entry is None:
        raise DomainError(NOT_FOUND)
    lottery = session.get_one(Lottery, entry.lottery_id)
    lock_session(session, lottery.session_id)
    session.refresh(entry)
    if entry.state == "withdrawn":
        return entry
    if entry.state != "entered" or now >= lottery.draws_at:
        raise DomainError(LOTTERY_OVER)
    entry.state = "withdrawn"
    session.flush()
    record(session, [entry], "withdrawn", now)
    return entry


def _locked(session: Session, lottery: uuid.UUID) -> Lottery:
    row = session.scalars(select(Lottery).where(Lottery.public_id == lottery)).one_or_none()
    if row is None:
        raise DomainError(NOT_FOUND)
    lock_session(session, row.session_id)
    return row


def entered_in(session: Session, lottery_id: int) -> Sequence[LotteryEntry]:
    """Return the entries of a lottery that are neither withdrawn nor drawn."""
    query = select(LotteryEntry).where(
        LotteryEntry.lottery_id == lottery_id, LotteryEntry.state == "entered"
    )
    return session.scalars(
        query.order_by(LotteryEntry.id).execution_options(populate_existing=True)
    ).all()


def record(
    session: Session,
    entries: Sequence[LotteryEntry],
    kind: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Add an event to the history of some entries."""
    row = {"kind": kind, "reason": reason, "occurred_at": now, "recorded_at": now}
    if entries:
        session.execute(
            insert(LotteryEntryEvent), [{"entry_id": entry.id, **row} for entry in entries]
        )


def remove_members(session: Session, *, before: datetime, limit: int) -> int:
    """Remove the person from entries of sessions that ended before a time; return how many."""
    old = (
        select(LotteryEntry)
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .join(ClassSession, ClassSession.id == Lottery.session_id)
        .where(
            LotteryEntry.member_id.is_not(None),
            LotteryEntry.state != "entered",
            ClassSession.ends_at < before,
        )
        .limit(limit)
    )
    removed = session.scalars(old).all()
    for entry in removed:
        entry.member_id = None
    session.flush()
    return len(removed)
