"""Booking beside its model: each step is done by both, and they must not differ.

Each run is one transaction that is rolled back, with a savepoint for each step: so a run begins
with the same rows, and needs no disk.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import hypothesis.strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, an_actor
from tests.world.booking_model import BookingModel, ClassModel, MarkModel, RefusedError
from tests.world.booking_state import (
    mails_by_template,
    modelled_class,
    stored_bans,
    stored_classes,
)
from tests.world.marks import mark_no_shows
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.feature import FEATURE as BOOKING
from zone.booking.no_shows import service as no_shows
from zone.booking.offers import service as offers
from zone.booking.policies.models import BookingPolicy
from zone.booking.sessions import service as sessions
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.constraints import to_domain_error
from zone.core.db.engine import WRITE, db
from zone.core.errors import DomainError
from zone.members.people.models import Member
from zone.members.roster_marks.service import mark_roster
from zone.members.suspensions import service as suspensions
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import Pass
from zone.passes.passes.service import add_pass, new_pass, record_event

PEOPLE = 5
STARTS = (  # from noon on Monday
    timedelta(hours=5),
    timedelta(hours=5, minutes=30),  # overlaps the first
    timedelta(hours=21),  # on Tuesday at 9: what comes free in the night before is offered
    timedelta(days=7, hours=1),  # cannot be booked before 13
)
PLACES = (1, 2, 1, 2)
LENGTH = timedelta(hours=1)
A_WHILE = (1, 1, 9, 10, 11, 29, 30, 31, 60, 60, 119, 180, 600)
"""Minutes between two steps."""

BEGINS = (0, 0, 70, 119, 125, 170, 190, 235, 269, 300, 590, 700, 1130, 1190)
"""Minutes after noon at which a run begins: around limits of the first classes, and at night."""

person = st.integers(0, PEOPLE - 1)
class_ = st.integers(0, len(STARTS) - 1)


class AnyOrder(RuleBasedStateMachine):
    """The service beside the model. Subclasses name the rows that the test has stored."""

    people: tuple[int, ...]
    classes: tuple[tuple[int, uuid.UUID], ...]
    manager: int
    world: World
    connection: Connection
    model: BookingModel

    def __init__(self) -> None:
        super().__init__()
        self.connection = db.engine.connect().execution_options(**{WRITE: True})
        self.outer = self.connection.begin()
        made = [
            ClassModel(NOW + start, NOW + start + LENGTH, places)
            for start, places in zip(STARTS, PLACES, strict=True)
        ]
        self.model = self.new_model(made)

    def new_model(self, classes: list[ClassModel]) -> BookingModel:
        return BookingModel(NOW, PEOPLE, classes)

    def teardown(self) -> None:
        try:
            self.cancel_unheld(list(range(PEOPLE)))  # a job that may not have run yet
            with self.step() as session:
                broken = [
                    one.holds
                    for one in BOOKING.leaves.invariants
                    if one.count_broken(session, self.now if one.at_present else NOW)
                ]
            assert broken == []
        finally:
            self.outer.rollback()
            self.connection.close()

    @property
    def now(self) -> datetime:
        return self.model.now

    @contextmanager
    def step(self) -> Iterator[Session]:
        """One transaction of the service, as `writing()` makes it, inside that of the run."""
        with Session(
            self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            try:
                yield session
                session.commit()
            except IntegrityError as error:
                session.rollback()
                raise to_domain_error(error) from error

    def both(self, modelled: Callable[[], None], work: Callable[[Session], object]) -> bool:
        """Do it in the model and in the service; both refuse for the same reasons, or neither."""
        expected, refused = frozenset[str](), frozenset[str]()
        try:
            modelled()
        except RefusedError as refusal:
            expected = refusal.codes
        try:
            with self.step() as session:
                work(session)
        except DomainError as refusal:
            refused = frozenset(reason.code for reason in refusal.reasons)
        assert refused == expected
        return not refused

    def newest(self, of: type[Booking | QueueEntry], person: int, class_: int) -> uuid.UUID:
        """The id of a person's newest booking, or place in the queue, of a class."""
        query = select(of.public_id).where(
            of.member_id == self.people[person], of.session_id == self.classes[class_][0]
        )
        return self.connection.execute(query.order_by(of.id.desc()).limit(1)).scalar_one()

    def booked(self) -> list[tuple[int, int]]:
        return [(who, n) for n, one in enumerate(self.model.classes) for who in one.booked]

    def queued(self) -> list[tuple[int, int]]:
        classes = enumerate(self.model.classes)
        return [(place.person, n) for n, one in classes for place in one.queue]

    def counting(self) -> list[tuple[int, int]]:
        return [
            (who, n)
            for who, one in enumerate(self.model.people)
            for n, mark in enumerate(one.marks)
            if mark.counts
        ]

    @initialize(
        wanted=st.lists(st.tuples(st.permutations(range(PEOPLE)), class_), max_size=3),
        minutes=st.sampled_from(BEGINS),
        marks=st.integers(1, 2),
    )
    def begin(self, wanted: list[tuple[list[int], int]], minutes: int, marks: int) -> None:
        """Some classes are full, with a queue, and it is any time of the days before them."""
        self.model.marks_of_a_ban = marks
        with self.step() as session:
            session.add(BookingPolicy(open_bookings=2, queue_places=2, no_shows=marks))
        for people, class_ in wanted:
            self.all_want_one(people, class_)
        self.model.now += timedelta(minutes=minutes)

    @rule(minutes=st.sampled_from(A_WHILE))
    def wait(self, minutes: int) -> None:
        until = self.now + timedelta(minutes=minutes)
        if any(self.now < one.start <= until for one in self.model.classes):
            self.sweep()  # the job runs every few minutes, so it has run before a class begins
        self.model.now = until

    @rule(person=person, class_=class_)
    def book(self, person: int, class_: int) -> None:
        member, wanted = self.people[person], self.classes[class_][1]
        said_before = bookings_context.check_booking(
            self.connection, member_id=member, class_session=wanted, now=self.now
        )
        assert {one.code for one in said_before.reasons} == self.model.reasons(person, class_)
        self.both(
            lambda: self.model.book(person, class_),
            lambda session: bookings.book(
                session, member_id=member, class_session=wanted, now=self.now
            ),
        )

    @rule(people=st.permutations(range(PEOPLE)), class_=class_)
    def all_want_one(self, people: list[int], class_: int) -> None:
        """Everybody books or else waits: single steps seldom make a queue."""
        for one in people:
            self.book(one, class_)
            self.join(one, class_)

    @precondition(lambda self: self.booked())
    @rule(data=st.data(), late=st.booleans())
    def cancel(self, data: st.DataObject, late: bool) -> None:
        person, class_ = data.draw(st.sampled_from(self.booked()))
        member, booking = self.people[person], self.newest(Booking, person, class_)

        def work(session: Session) -> None:
            bookings.cancel(session, member_id=member, booking=booking, now=self.now, late=late)

        if self.both(lambda: self.model.cancel(person, class_, late=late), work):
            self.again(work)

    def again(self, work: Callable[[Session], object]) -> None:
        """The second tap on a button: it changes nothing, which `check_state` sees."""
        with self.step() as session:
            work(session)

    @rule(person=person, class_=class_)
    def join(self, person: int, class_: int) -> None:
        member, wanted = self.people[person], self.classes[class_][1]
        self.both(
            lambda: self.model.join(person, class_),
            lambda session: waitlist.join(
                session, member_id=member, class_session=wanted, now=self.now
            ),
        )

    @precondition(lambda self: self.queued())
    @rule(data=st.data(), answer=st.sampled_from(("leave", "accept", "accept", "decline")))
    def answer(self, data: st.DataObject, answer: str) -> None:
        person, class_ = data.draw(st.sampled_from(self.queued()))
        member, entry = self.people[person], self.newest(QueueEntry, person, class_)
        works: dict[str, Callable[[Session], object]] = {
            "leave": lambda s: waitlist.leave(s, member_id=member, entry=entry, now=self.now),
            "accept": lambda s: offers.accept(s, entry, self.now, member_id=member),
            "decline": lambda s: offers.decline(s, entry, self.now, member_id=member),
        }
        modelled = getattr(self.model, answer)
        if self.both(lambda: modelled(person, class_), works[answer]):
            self.again(works[answer])

    @rule()
    def settle(self) -> None:
        self.model.settle()
        with self.step() as session:
            due = waitlist.sessions_to_settle(session, self.now)
        for session_id in due:
            with self.step() as session:
                waitlist.settle(session, session_id, self.now)

    @rule(class_=class_, places=st.integers(1, 3))
    def change_places(self, class_: int, places: int) -> None:
        actor = an_actor(self.manager, "manager")
        self.both(
            lambda: self.model.set_places(class_, places),
            lambda session: sessions.set_capacity(
                session, actor, self.classes[class_][1], places, reason="Test", now=self.now
            ),
        )

    @precondition(lambda self: self.now > NOW + timedelta(hours=1))
    @rule(class_=class_, sure=st.integers(0, 3))
    def call_off(self, class_: int, sure: int) -> None:
        if sure:  # rarely: nothing else happens to a class that was called off
            return
        actor = an_actor(self.manager, "manager")
        self.both(
            lambda: self.model.call_off(class_),
            lambda session: sessions.cancel_session(
                session, actor, self.classes[class_][1], reason="Test", now=self.now
            ),
        )

    @precondition(lambda self: any(self.now >= one.end for one in self.model.classes))
    @rule()
    def stay_away(self) -> None:
        """Nobody comes to what is over, by doors that were heard."""
        with self.step() as session:
            sessions.mark_held(session, self.now)
        for number, one in enumerate(self.model.classes):
            if one.end > self.now or one.cancelled:
                continue
            self.model.miss(number)
            with self.step() as session:
                missed = select(Booking.id).where(
                    Booking.session_id == self.classes[number][0], Booking.state == "booked"
                )
                ids = session.scalars(missed.order_by(Booking.id)).all()
                mark_no_shows(session, ids, self.now)

    @precondition(lambda self: self.counting())
    @rule(data=st.data())
    def excuse(self, data: st.DataObject) -> None:
        person, number = data.draw(st.sampled_from(self.counting()))
        mark = self.model.people[person].marks[number]
        self.model.excuse(person, mark)
        actor = an_actor(self.manager, "desk")
        with self.step() as session:
            member = session.get_one(Member, self.people[person]).public_id
            no_shows.excuse(
                session,
                actor,
                member,
                self.booking_of_mark(session, person, mark),
                reason="Test",
                now=self.now,
            )

    def booking_of_mark(self, session: Session, person: int, mark: MarkModel) -> uuid.UUID:
        query = (
            select(Booking.public_id)
            .join(AttendanceMark, AttendanceMark.booking_id == Booking.id)
            .where(
                AttendanceMark.member_id == self.people[person],
                AttendanceMark.occurred_at == mark.at,
                Booking.session_id == self.classes[mark.class_][0],
            )
        )
        return session.scalars(query).one()

    @rule(person=person, at_once=st.booleans())
    def refund(self, person: int, at_once: bool) -> None:
        self.model.people[person].has_pass = False
        member = self.people[person]
        with self.step() as session:
            for pass_id in session.scalars(select(Pass.id).where(Pass.member_id == member)).all():
                record_event(
                    session, pass_id, "refunded", occurred_at=self.now, recorded_at=self.now, by="x"
                )
            mark_roster(session, [member], self.now)
        if at_once:  # else the process died in between
            self.cancel_unheld([person])

    @precondition(lambda self: not all(one.has_pass for one in self.model.people))
    @rule()
    def buy_again(self) -> None:
        for number, one in enumerate(self.model.people):
            if not one.has_pass:
                one.has_pass = True
                with self.step() as session:
                    add_pass(
                        session,
                        new_pass(
                            self.people[number],
                            session.get_one(Product, self.world.product),
                            starts_on=NOW.date(),
                            ends_on=NOW.date() + timedelta(days=100),
                        ),
                        now=self.now,
                        by="x",
                    )

    @rule(person=person, hours=st.sampled_from((2, 12, 24 * 9)), at_once=st.booleans())
    def suspend(self, person: int, hours: int, at_once: bool) -> None:
        until = self.now + timedelta(hours=hours)
        self.model.people[person].suspended.append((self.now, until))
        with self.step() as session:
            suspensions.add_suspension(
                session,
                self.people[person],
                reason="x",
                ends_at=until,
                now=self.now,
                recorded_by=self.manager,
            )
        if at_once:
            self.cancel_unheld([person])

    @rule()
    def sweep(self) -> None:
        self.cancel_unheld(list(range(PEOPLE)))

    def cancel_unheld(self, people: list[int]) -> None:
        """Do what `bookings.flows.cancel_unheld` does, in this run's transaction."""
        self.model.sweep(people)
        members = [self.people[one] for one in people]
        with self.step() as session:
            unheld = bookings_queries.unheld_bookings(session, members, self.now)
            entries = bookings_queries.unheld_entries(session, members, self.now)
        for booking_id in unheld:
            with self.step() as session:
                bookings.cancel_unheld(session, booking_id, self.now)
        for entry_id in entries:
            with self.step() as session:
                waitlist.remove_unheld(session, entry_id, self.now)

    @invariant()
    def check_state(self) -> None:
        """Places, queues and bans are those of the model; each offer and promotion is told once."""
        with self.step() as session:
            stored = stored_classes(session, [id_ for id_, _ in self.classes], self.people)
            bans = stored_bans(session, self.people, self.now)
            sent = mails_by_template(session)
        assert stored == [modelled_class(one) for one in self.model.classes]
        assert bans == [one.banned_until(self.now) for one in self.model.people]
        for name in ("queue_offer", "queue_promoted"):
            assert sent[f"booking/{name}"] == self.model.mails[name]
