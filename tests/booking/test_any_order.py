"""Whatever people and staff do in whatever order, booking stays what a small model says.

Each run is one transaction that is rolled back, with a savepoint for each step: so a run begins
with the same rows, and needs no disk.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.world.booking import NOW, World, a_member, a_session, an_actor, class_details
from tests.world.booking_model import BookingModel, ClassModel, MarkModel, RefusedError
from tests.world.marks import mark_no_shows
from zone.booking.attendance_marks.models import AttendanceMark
from zone.booking.booking_bans.queries import banned_until
from zone.booking.bookings import context as bookings_context
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.bookings.models import Booking
from zone.booking.feature import FEATURE as BOOKING
from zone.booking.no_shows import service as no_shows
from zone.booking.offers import service as offers
from zone.booking.policies.models import BookingPolicy
from zone.booking.promotions import service as promotions
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import service as waitlist
from zone.booking.waitlist.models import QueueEntry
from zone.core.db.constraints import to_domain_error
from zone.core.db.engine import WRITE, db
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.members.roster_marks.service import mark_roster
from zone.members.suspensions import service as suspensions
from zone.passes.catalogue.models import Product
from zone.passes.passes.models import Pass
from zone.passes.passes.service import add_pass, record_event

PEOPLE = 5
STARTS = (  # from noon on Monday
    timedelta(hours=5),
    timedelta(hours=5, minutes=30),  # overlaps the first
    timedelta(hours=21),  # on Tuesday at 9: what comes free in the night before is offered
    timedelta(days=7, hours=1),  # cannot be booked before 13
)
PLACES = (1, 2, 1, 2)
LENGTH = timedelta(hours=1)
A_WHILE = (1, 9, 10, 11, 30, 31, 60, 119, 180, 600)
"""Minutes between two steps."""

person = st.integers(0, PEOPLE - 1)
class_ = st.integers(0, len(STARTS) - 1)


class AnyOrder(RuleBasedStateMachine):
    """The service beside the model. Subclasses name the rows that the test has stored."""

    people: tuple[int, ...]
    classes: tuple[tuple[int, uuid.UUID], ...]
    manager: int
    world: World
    connection: Connection

    def __init__(self) -> None:
        super().__init__()
        self.connection = db.engine.connect().execution_options(**{WRITE: True})
        self.outer = self.connection.begin()
        made = [
            ClassModel(NOW + start, NOW + start + LENGTH, places)
            for start, places in zip(STARTS, PLACES, strict=True)
        ]
        self.model = BookingModel(NOW, PEOPLE, made)

    def teardown(self) -> None:
        try:
            self.cancel_unheld(list(range(PEOPLE)))  # a job that may not have run yet
            with self.step() as session:
                broken = [
                    one.holds
                    for one in BOOKING.invariants
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

    def booking_of(self, person: int, class_: int) -> uuid.UUID:
        newest = (
            select(Booking.public_id)
            .where(
                Booking.member_id == self.people[person],
                Booking.session_id == self.classes[class_][0],
            )
            .order_by(Booking.id.desc())
            .limit(1)
        )
        return self.connection.execute(newest).scalar_one()

    def entry_of(self, person: int, class_: int) -> uuid.UUID:
        newest = (
            select(QueueEntry.public_id)
            .where(
                QueueEntry.member_id == self.people[person],
                QueueEntry.session_id == self.classes[class_][0],
            )
            .order_by(QueueEntry.id.desc())
            .limit(1)
        )
        return self.connection.execute(newest).scalar_one()

    def booked(self) -> list[tuple[int, int]]:
        return [(who, n) for n, one in enumerate(self.model.classes) for who in one.booked]

    def queued(self) -> list[tuple[int, int]]:
        return [(one.person, n) for n, klass in enumerate(self.model.classes) for one in klass.queue]

    def counting(self) -> list[tuple[int, int]]:
        return [
            (who, n)
            for who, one in enumerate(self.model.people)
            for n, mark in enumerate(one.marks)
            if mark.counts
        ]

    @rule(minutes=st.sampled_from(A_WHILE))
    def wait(self, minutes: int) -> None:
        self.model.now += timedelta(minutes=minutes)

    @rule(person=person, class_=class_)
    def book(self, person: int, class_: int) -> None:
        member, wanted = self.people[person], self.classes[class_][1]
        with self.step() as session:
            said_before = bookings_context.check_booking(
                session.connection(), member_id=member, class_session=wanted, now=self.now
            )
        assert {one.code for one in said_before.reasons} == self.model.reasons(person, class_)
        self.both(
            lambda: self.model.book(person, class_),
            lambda session: bookings.book(
                session, member_id=member, class_session=wanted, now=self.now
            ),
        )

    @precondition(lambda self: self.booked())
    @rule(data=st.data(), late=st.booleans())
    def cancel(self, data: st.DataObject, late: bool) -> None:
        person, class_ = data.draw(st.sampled_from(self.booked()))
        member, booking = self.people[person], self.booking_of(person, class_)

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
        member, entry = self.people[person], self.entry_of(person, class_)
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
        actor = an_actor(self.manager, "service")
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
                        self.people[number],
                        session.get_one(Product, self.world.product),
                        starts_on=NOW.date(),
                        ends_on=NOW.date() + timedelta(days=100),
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
        with self.step() as session:
            for number, one in enumerate(self.model.classes):
                assert self.stored_class(session, number) == modelled_class(one)
            for number, person in enumerate(self.model.people):
                until = banned_until(session, self.people[number], self.now)
                assert until == person.banned_until(self.now)

    def stored_class(self, session: Session, number: int) -> dict[str, Any]:
        id_, _public = self.classes[number]
        row = session.get_one(ClassSession, id_)
        live = select(Booking.member_id, Booking.state, Booking.cancel_until).where(
            Booking.session_id == id_, Booking.state != "cancelled"
        )
        queue = select(QueueEntry.member_id, QueueEntry.offered_until).where(
            QueueEntry.session_id == id_, QueueEntry.state.in_(("waiting", "offered"))
        )
        return {
            "cancelled": row.state == "cancelled",
            "counter": row.booked,
            "places": row.bookable,
            "booked": {
                (self.number_of(member), until, state == "no_show")
                for member, state, until in session.execute(live)
            },
            "queue": [
                (self.number_of(member), until)
                for member, until in session.execute(queue.order_by(QueueEntry.rank))
            ],
        }

    def number_of(self, member: int | None) -> int:
        return -1 if member is None else self.people.index(member)

    @invariant()
    def check_mails(self) -> None:
        """Each offer and each promotion is told once."""
        with self.step() as session:
            query = select(OutboxMail.template, func.count()).where(
                OutboxMail.template.in_(("booking/queue_offer", "booking/queue_promoted"))
            )
            sent = {name: count for name, count in session.execute(query.group_by(OutboxMail.template))}
        for name in ("queue_offer", "queue_promoted"):
            assert sent.get(f"booking/{name}", 0) == self.model.mails[name]


def modelled_class(one: ClassModel) -> dict[str, Any]:
    return {
        "cancelled": one.cancelled,
        "counter": one.taken,
        "places": one.places,
        "booked": {(person, held.until, held.missed) for person, held in one.booked.items()},
        "queue": [(place.person, place.offered_until) for place in one.queue],
    }


def check_any_order(world: World, runs: int, steps: int) -> None:
    """Let hypothesis look for an order of steps after which service and model differ."""
    with writing() as session:
        session.merge(BookingPolicy(id=1, open_bookings=2, queue_places=2))
        offer = [
            class_details(world, kind="online", space=None, capacity=places, percent=100)
            for places in PLACES
        ]
        made = [
            a_session(session, world, start=NOW + start, offer=details)
            for start, details in zip(STARTS, offer, strict=True)
        ]
        rows: dict[str, Any] = {
            "people": tuple(a_member(session, world, f"p{n}") for n in range(PEOPLE)),
            "manager": a_member(session, world, "manager", with_pass=False),
            "classes": tuple((one.id, one.public_id) for one in made),
            "world": world,
        }
    machine = type("AnyOrderHere", (AnyOrder,), rows)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.engines("sqlite")
def test_service_and_model_agree(app: Flask, world: World) -> None:
    check_any_order(world, runs=30, steps=30)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@pytest.mark.engines("sqlite", "postgresql")
def test_service_and_model_agree_after_thousands_of_runs(app: Flask, world: World) -> None:
    check_any_order(world, runs=3000, steps=50)
