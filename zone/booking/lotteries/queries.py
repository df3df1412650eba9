"""Read lotteries: one as the public sees it, a person's entries, and what is announced."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from zone.booking.activities.rules import STAFF_KINDS
from zone.booking.allocations.models import Allocation
from zone.booking.lotteries import drawing
from zone.booking.lotteries.models import LIVE_LOTTERY, Lottery, LotteryEnd, LotteryEntry
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import select_sessions, session_view_of
from zone.booking.sessions.views import Names, SessionView
from zone.core.errors import CATALOGUE, NOT_FOUND, DomainError
from zone.core.mail.questions import declare_question

# `select_sessions` joins the lottery that is to be drawn; these are also those that have ended.
_own_lottery, _entry = aliased(Lottery), aliased(LotteryEntry)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as everybody sees it; before the draw its outcome is `entered`."""

    ticket: str
    outcome: str


@dataclass(frozen=True, slots=True)
class OwnTicket:
    """A person's own ticket."""

    ticket: uuid.UUID
    state: str
    lottery: uuid.UUID
    draws_at: datetime
    session: uuid.UUID


@dataclass(frozen=True, slots=True)
class OwnDraw:
    """A person's part in a draw, with its session. `state`: that of `LotteryEntry`."""

    session: SessionView
    ticket: uuid.UUID
    state: str
    lottery: uuid.UUID
    draws_at: datetime

    def may_withdraw(self, now: datetime) -> bool:
        """Whether its person can still withdraw."""
        return self.state == "entered" and now < self.draws_at


@dataclass(frozen=True, slots=True)
class LotteryView:
    """A lottery as everybody sees it, without people.

    `state`: announced, drawn or called_off. `entries`: in the order of the draw, before it by
    ticket. `withdrawn`: the tickets that were not drawn. `seed`, `digest` and `places` are None
    before the draw. `reason`: why it was called off; the code of an error where `by_service`.
    """

    id: str
    session: str
    name: Names
    starts_at: datetime
    opens_at: datetime
    draws_at: datetime
    terms: str
    commitment: str
    state: str
    entries: Sequence[Ticket]
    withdrawn: Sequence[str]
    seed: str | None = None
    digest: str | None = None
    places: int | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    by_service: bool = False

    @property
    def exported(self) -> dict[str, Any]:
        """What everybody can download and recompute; the JSON of the API."""
        values = asdict(self)
        del values["by_service"]
        moments = {name: at.isoformat() for name, at in values.items() if isinstance(at, datetime)}
        return values | moments

    def reason_in(self, language: str) -> str:
        """Return why it was called off, in a language where the service did it."""
        if self.by_service and self.reason in CATALOGUE:
            return CATALOGUE[self.reason].text(language)
        return self.reason or ""

    def count(self, outcome: str) -> int:
        """Return how many tickets have an outcome."""
        return sum(entry.outcome == outcome for entry in self.entries)


def end_of(session: Session, lottery_id: int) -> LotteryEnd | None:
    """Return how a lottery ended; None while it is live."""
    return session.scalars(
        select(LotteryEnd).where(LotteryEnd.lottery_id == lottery_id)
    ).one_or_none()


def live_lottery(session: Session, session_id: int) -> Lottery | None:
    """Return the lottery of a session that is to be drawn; None: it has none."""
    return session.scalars(
        select(Lottery).where(Lottery.session_id == session_id, LIVE_LOTTERY)
    ).one_or_none()


def live_lotteries(session: Session) -> list[tuple[Lottery, uuid.UUID]]:
    """Return the lotteries that are to be drawn, with the public ids of their sessions."""
    rows = session.execute(
        select(Lottery, Allocation.public_id)
        .join(Allocation, Allocation.id == Lottery.session_id)
        .where(LIVE_LOTTERY)
        .order_by(Lottery.id)
    )
    return [(lottery, class_session) for lottery, class_session in rows]


def in_live_draw(session: Session, session_id: int) -> Sequence[LotteryEntry]:
    """Return the entries that are to be drawn for the places of a session."""
    return session.scalars(
        select(LotteryEntry)
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .where(Lottery.session_id == session_id, LIVE_LOTTERY, LotteryEntry.state == "entered")
        .order_by(LotteryEntry.id)
    ).all()


def _is_entered(session: Session, about: str, _now: datetime) -> bool:
    """Return whether a ticket is in a draw that is to come, and its session has not moved again.

    `about`: the ticket, and the number of the move that the mail tells of.
    """
    ticket, *move = about.split()  # no move: posted by an earlier version
    query = (
        select(Allocation.sequence)
        .join(Lottery, Lottery.session_id == Allocation.id)
        .join(LotteryEntry, LotteryEntry.lottery_id == Lottery.id)
        .where(LotteryEntry.ticket == uuid.UUID(ticket), LotteryEntry.state == "entered")
    )
    sequence = session.scalar(query)
    return sequence is not None and move in ([], [str(sequence)])


ENTERED: Final = declare_question("booking.in_draw", _is_entered)


def last_start_drawn(session: Session) -> datetime | None:
    """Return when the last session starts whose places are to be drawn; None: there is none."""
    return session.scalar(
        select(func.max(Allocation.starts_at))
        .join(Lottery, Lottery.session_id == Allocation.id)
        .where(LIVE_LOTTERY)
    )


def lottery_view(session: Session, lottery: uuid.UUID) -> LotteryView:
    """Return a lottery as everybody sees it.

    Raises:
        DomainError: not_found.
    """
    row = session.execute(
        select(Lottery, ClassSession)
        .join(ClassSession, ClassSession.id == Lottery.session_id)
        .where(Lottery.public_id == lottery, ClassSession.kind.not_in(STAFF_KINDS))
    ).one_or_none()
    if row is None:
        raise DomainError(NOT_FOUND)
    found, class_session = row
    public_id, of = str(found.public_id), str(class_session.public_id)
    end = end_of(session, found.id)
    entries = entries_of(session, found.id)
    return LotteryView(
        id=public_id,
        session=of,
        name={
            "fi": class_session.name_fi,
            "sv": class_session.name_sv,
            "en": class_session.name_en,
        },
        starts_at=class_session.starts_at,
        opens_at=found.opens_at,
        draws_at=found.draws_at,
        terms=drawing.terms_of(public_id, of, found.opens_at, found.draws_at),
        commitment=found.commitment,
        state=end.kind if end else "announced",
        entries=[entry for entry in entries if entry.outcome != "withdrawn"],
        withdrawn=[entry.ticket for entry in entries if entry.outcome == "withdrawn"],
        seed=end.seed if end else None,
        digest=end.digest if end else None,
        places=end.places if end else None,
        ended_at=end.ended_at if end else None,
        reason=end.reason if end else None,
        by_service=end is not None and end.ended_by_id is None,
    )


def entries_of(session: Session, lottery_id: int) -> list[Ticket]:
    """Return the tickets of a lottery in the drawn order, before the draw by ticket."""
    rows = session.execute(
        select(LotteryEntry.ticket, LotteryEntry.state, LotteryEntry.position).where(
            LotteryEntry.lottery_id == lottery_id
        )
    )
    # By ticket, not by when they were given: nobody learns who entered when.
    ordered = sorted(rows, key=lambda row: (row.position or 0, str(row.ticket)))
    return [Ticket(str(row.ticket), row.state) for row in ordered]


def lotteries_of(session: Session, class_session: uuid.UUID) -> list[LotteryView]:
    """Return the lotteries of a session, the newest first."""
    ids = session.scalars(
        select(Lottery.public_id)
        .join(Allocation, Allocation.id == Lottery.session_id)
        .where(Allocation.public_id == class_session)
        .order_by(Lottery.number.desc())
    )
    return [lottery_view(session, public_id) for public_id in ids.all()]


def _own(member_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            LotteryEntry.ticket,
            LotteryEntry.state,
            Lottery.public_id,
            Lottery.draws_at,
            Allocation.public_id,
        )
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .join(Allocation, Allocation.id == Lottery.session_id)
        .where(LotteryEntry.member_id == member_id)
    )


def own_tickets(session: Session, member_id: int) -> list[OwnTicket]:
    """Return the tickets of a person in lotteries that are to be drawn, by the draw."""
    live = _own(member_id).where(LotteryEntry.state == "entered", LIVE_LOTTERY)
    rows = session.execute(live.order_by(Lottery.draws_at, Lottery.id))
    return [OwnTicket(*row) for row in rows]


def ticket_of(session: Session, lottery: uuid.UUID, member_id: int | None) -> str | None:
    """Return a person's ticket in a lottery; None where they have none."""
    ticket = session.scalar(
        select(LotteryEntry.ticket)
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .where(Lottery.public_id == lottery, LotteryEntry.member_id == member_id)
    )
    return str(ticket) if ticket else None


def own_draws(session: Session, member_id: int, now: datetime) -> list[OwnDraw]:
    """Return the draws of sessions to come in which a person takes part or took part, by the draw.

    Without those from which they withdrew.
    """
    query = (
        select_sessions(member_id)
        .add_columns(_entry.ticket, _entry.state, _own_lottery.public_id, _own_lottery.draws_at)
        .join(_own_lottery, _own_lottery.session_id == ClassSession.id)
        .join(_entry, and_(_entry.lottery_id == _own_lottery.id, _entry.member_id == member_id))
        .where(_entry.state != "withdrawn", ClassSession.ends_at > now)
        .order_by(_own_lottery.draws_at, _own_lottery.id)
    )
    return [
        OwnDraw(session_view_of(*row[:-4]), *row[-4:])  # the columns that are added above
        for row in session.execute(query)
    ]


def own_ticket(session: Session, member_id: int, ticket: uuid.UUID) -> OwnTicket:
    """Return one ticket of a person; there must be it."""
    row = session.execute(_own(member_id).where(LotteryEntry.ticket == ticket)).one()
    return OwnTicket(*row)


def own_entries(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return a member's entries, for the export of one's own data."""
    return (
        select(
            Allocation.name_en.label("session"),
            Allocation.starts_at,
            Lottery.draws_at,
            LotteryEntry.ticket,
            LotteryEntry.state,
            LotteryEntry.position,
            LotteryEntry.created_at,
        )
        .join(Lottery, Lottery.id == LotteryEntry.lottery_id)
        .join(Allocation, Allocation.id == Lottery.session_id)
        .where(LotteryEntry.member_id == member_id)
    )
