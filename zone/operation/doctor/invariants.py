"""What must always hold, computed again from the rows: each check answers how many break it.

The database refuses most of this by its constraints; a check finds what came past them, by hand, by a restore of
something else, or by a fault of ours. They count in the database or read rows in order, so their memory is the same
for a hundred entries and for a million.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, exists, func, inspect, or_, select
from sqlalchemy.orm import Session, aliased

from zone.access.credentials.models import Credential
from zone.access.entries import invariants as entries_invariants
from zone.access.entries.models import Entry
from zone.access.roster.models import Feed
from zone.access.visits.models import Visit
from zone.access.visits.rules import SAME_VISIT
from zone.booking.allocations.models import Hold
from zone.booking.bookings.models import Booking
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.append_only import APPEND_ONLY
from zone.feedback.answers.models import Participation, SealedAnswer, SurveyAnswer
from zone.feedback.surveys.models import Survey, SurveyClosing, SurveyQuestion
from zone.members.people.models import Member
from zone.members.roster_marks.models import RosterMark
from zone.operation.doctor.findings import CheckContext, Finding, fail, well
from zone.passes.passes.models import Pass
from zone.passes.payments.models import Payment, PaymentEvent, Refund
from zone.passes.receipts.models import Receipt, ReceiptSequence

AT_ONCE: Final = 1000
"""Rows in memory at a time."""

Count = Callable[[Session, datetime], int]


@dataclass(frozen=True, slots=True)
class Invariant:
    """`holds` says it; `broken` counts what breaks it; `todo` is what to do then; `slow` ones read every entry."""

    name: str
    holds: str
    broken: Count
    todo: str
    slow: bool = False


def check_invariants(patient: CheckContext) -> Iterator[Finding]:
    """Every invariant, recomputed."""
    for one in INVARIANTS:
        if one.slow and patient.quick:
            continue
        count = one.broken(patient.session, patient.now - patient.settings.person_kept)
        yield (
            fail(one.name, f"{count} times not so: {one.holds}", one.todo)
            if count
            else well(one.name, one.holds)
        )


def _count(session: Session, rows: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


# Booking.


def wrong_counters(session: Session, _since: datetime) -> int:
    live = func.count(Booking.id)
    on = and_(Booking.session_id == ClassSession.id, Booking.state != "cancelled")
    rows = (
        select(ClassSession.id)
        .outerjoin(Booking, on)
        .group_by(ClassSession.id, ClassSession.booked)
    )
    return _count(session, rows.having(ClassSession.booked != live))


def overlapping_holds(session: Session, _since: datetime) -> int:
    return _count(
        session, select(Hold.part_id).group_by(Hold.part_id, Hold.slice).having(func.count() > 1)
    )


def holds_of_the_cancelled(session: Session, _since: datetime) -> int:
    rows = select(Hold.id).join(ClassSession, ClassSession.id == Hold.session_id)
    return _count(session, rows.where(ClassSession.state == "cancelled"))


def doubled_bookings(session: Session, _since: datetime) -> int:
    live = select(Booking.session_id).where(Booking.state != "cancelled")
    return _count(
        session, live.group_by(Booking.session_id, Booking.member_id).having(func.count() > 1)
    )


def doubled_in_queues(session: Session, _since: datetime) -> int:
    waiting = select(QueueEntry.session_id).where(QueueEntry.state == "waiting")
    return _count(
        session,
        waiting.group_by(QueueEntry.session_id, QueueEntry.member_id).having(func.count() > 1),
    )


# Doors.


def doubled_entries(session: Session, _since: datetime) -> int:
    by_seq = select(Entry.bridge_id).group_by(Entry.bridge_id, Entry.seq).having(func.count() > 1)
    by_uuid = select(Entry.uuid).group_by(Entry.uuid).having(func.count() > 1)
    return _count(session, by_seq) + _count(session, by_uuid)


def wrong_visits(session: Session, named_since: datetime) -> int:
    """Entries that begin a visit and have none, or have one and begin none. What begins one: rules.first_comings."""
    followup, visit = aliased(Entry), aliased(Visit)
    nobody = exists().where(
        followup.ref == Entry.uuid,
        followup.kind == "not_opened",
        followup.bridge_id == Entry.bridge_id,
    )
    comings = (
        select(Entry.holder, Entry.area_id, Entry.occurred_at, visit.id)
        .join(Member, Member.holder == Entry.holder)
        .outerjoin(visit, and_(visit.entry_id == Entry.id, visit.retracted_at.is_(None)))
        .where(Entry.kind == "scan", Entry.granted, ~Entry.leaving, ~Entry.pending, ~nobody)
        .where(
            Entry.occurred_at > named_since + SAME_VISIT
        )  # before that people may be forgotten already
        .order_by(Entry.holder, Entry.area_id, Entry.occurred_at, Entry.uuid)
        .execution_options(yield_per=AT_ONCE)
    )
    wrong, before = 0, None
    for holder, area_id, at, visit_id in session.execute(comings):
        same = (
            before is not None and before[:2] == (holder, area_id) and at - before[2] <= SAME_VISIT
        )
        wrong += same != (visit_id is None)
        before = holder, area_id, at
    return wrong


def broken_chains(session: Session, named_since: datetime) -> int:
    return sum(1 for _ in entries_invariants.breaks(session, named_since))


def unknown_to_doors(session: Session, _since: datetime) -> int:
    """People with a phone or a pass of whom the feed says nothing, and marks beyond the feed's own version."""
    has_something = or_(
        exists().where(Credential.member_id == Member.id),
        exists().where(Pass.member_id == Member.id),
    )
    unmarked = select(Member.id).where(
        has_something, ~exists().where(RosterMark.member_id == Member.id)
    )
    beyond = select(RosterMark.id).where(
        RosterMark.version > func.coalesce(select(Feed.version).scalar_subquery(), 0)
    )
    return _count(session, unmarked) + _count(session, beyond)


# Money.


def gaps_in_receipts(session: Session, _since: datetime) -> int:
    """Years whose receipts do not run from 1 to the number given out last."""
    last = (
        select(ReceiptSequence.last).where(ReceiptSequence.year == Receipt.year).scalar_subquery()
    )
    rows = select(Receipt.year).group_by(Receipt.year)
    wrong = or_(
        func.min(Receipt.number) != 1,
        func.max(Receipt.number) != func.count(),
        func.coalesce(last, 0) != func.max(Receipt.number),
    )
    return _count(session, rows.having(wrong))


def granted_twice(session: Session, _since: datetime) -> int:
    """Order lines with two passes, and orders of which two payments were taken and neither given back."""
    passes = select(Pass.order_line_id).where(Pass.order_line_id.is_not(None))
    given_back = exists().where(Refund.payment_id == Payment.id)
    taken = select(Payment.order_id).join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
    kept = taken.where(PaymentEvent.outcome == "paid", ~given_back)
    return _count(session, passes.group_by(Pass.order_line_id).having(func.count() > 1)) + _count(
        session, kept.group_by(Payment.order_id).having(func.count() > 1)
    )


def paid_for_nothing(session: Session, _since: datetime) -> int:
    receipt = exists().where(Receipt.order_id == Payment.order_id, Receipt.kind == "sale")
    taken = select(Payment.id).join(PaymentEvent, PaymentEvent.payment_id == Payment.id)
    return _count(session, taken.where(PaymentEvent.outcome == "paid", ~receipt))


# Surveys and the record.


def lost_answers(session: Session, _since: datetime) -> int:
    """Surveys in which as many took part as there are sealed boxes and opened answers, or not."""
    return sum(
        took_part != answers
        for took_part, answers in map(_tally(session), session.scalars(select(Survey.id)))
    )


def _tally(session: Session) -> Callable[[int], tuple[int, int]]:
    def of(survey_id: int) -> tuple[int, int]:
        closed = session.scalar(
            select(SurveyClosing.participants).where(SurveyClosing.survey_id == survey_id)
        )
        open_ = _count(
            session, select(Participation.member_id).where(Participation.survey_id == survey_id)
        )
        boxes = _count(session, select(SealedAnswer.id).where(SealedAnswer.survey_id == survey_id))
        key = select(SurveyQuestion.id).where(
            SurveyQuestion.survey_id == survey_id, SurveyQuestion.is_key
        )
        answers = _count(session, select(SurveyAnswer.id).where(SurveyAnswer.question_id.in_(key)))
        return open_ if closed is None else closed, boxes + answers

    return of


def missing_triggers(session: Session, _since: datetime) -> int:
    """Append-only tables whose rows could be changed."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    query = (
        "SELECT tbl_name, count(*) FROM sqlite_master WHERE type = 'trigger' GROUP BY tbl_name"
        if on_sqlite
        else "SELECT relname, count(*) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE NOT tgisinternal AND tgenabled <> 'D' GROUP BY relname"
    )
    connection = session.connection()
    there: dict[str, int] = dict(connection.exec_driver_sql(query).all())
    tables = APPEND_ONLY & set(inspect(connection).get_table_names())
    return sum(there.get(table, 0) < (2 if on_sqlite else 1) for table in tables)


ASK: Final = "Make a backup now, and report this with the log: it is a fault of the software or somebody's hand."

INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant("places", "each class counts exactly its live bookings", wrong_counters, ASK),
    Invariant("spaces", "no space is held twice", overlapping_holds, ASK),
    Invariant("released", "what is cancelled holds no space", holds_of_the_cancelled, ASK),
    Invariant("bookings", "nobody has two places in one class", doubled_bookings, ASK),
    Invariant("queues", "nobody waits twice for one class", doubled_in_queues, ASK),
    Invariant("entries", "every entry is stored once", doubled_entries, ASK),
    Invariant(
        "visits",
        "the visits are those that the entries make",
        wrong_visits,
        "Look whether `access.derive_visits` runs (`zone doctor`: jobs). If it does: " + ASK,
        slow=True,
    ),
    Invariant(
        "chains",
        "no entry was changed or taken out",
        broken_chains,
        "Somebody or something changed door entries. Compare with an older backup, and ask who had access.",
        slow=True,
    ),
    Invariant(
        "roster", "the doors are told of everybody with a pass or a phone", unknown_to_doors, ASK
    ),
    Invariant(
        "receipts",
        "receipts are numbered without gaps",
        gaps_in_receipts,
        "Compare with the provider's report, and tell the accountant before the year is closed.",
    ),
    Invariant(
        "payments",
        "no payment was granted twice",
        granted_twice,
        "Give one of the payments back at the desk.",
    ),
    Invariant(
        "sales",
        "every payment has its receipt",
        paid_for_nothing,
        "Look the payment up at the provider, then sell the pass at the desk or give the money back.",
    ),
    Invariant(
        "surveys",
        "as many answers as participants",
        lost_answers,
        "Do not close the survey; look for `feedback.flush` in the log, and whether the survey's key is there.",
    ),
    Invariant(
        "record",
        "facts cannot be changed",
        missing_triggers,
        "A trigger of an append-only table is missing. Compare with a restored backup, and ask who had access.",
    ),
)
