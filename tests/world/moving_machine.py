"""The steps by which bookings and classes move; the others are in `booking_machine`."""

from datetime import timedelta

import hypothesis.strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.booking import NOW, an_actor
from tests.world.booking_machine import PEOPLE, AnyOrder, class_
from tests.world.booking_model import ClassModel
from tests.world.moving_model import MovingModel
from zone.booking.allocations.models import Allocation
from zone.booking.bookings.models import Booking
from zone.booking.moves import service as moves
from zone.booking.moves.rules import Placement
from zone.booking.rebookings import service as rebookings
from zone.booking.reinstatements import service as reinstatements

BY = (-60, -15, 15, 60, 60, -61, 61, -180, 180, 1440, -1440, 7 * 1440)
"""Minutes by which a class is moved: a little, far, and out of the days that can be booked."""


class MovingOrder(AnyOrder):
    """Booking in any order, with moves."""

    model: MovingModel

    def new_model(self, classes: list[ClassModel]) -> MovingModel:
        return MovingModel(NOW, PEOPLE, classes)

    @precondition(lambda self: self.booked())
    @rule(data=st.data(), new=class_)
    def rebook(self, data: st.DataObject, new: int) -> None:
        """A person moves their booking to another session of the activity."""
        person, old = data.draw(st.sampled_from(self.booked()))
        member, booking = self.people[person], self.newest(Booking, person, old)
        to = self.classes[new][1]

        def work(session: Session) -> None:
            rebookings.rebook(session, member_id=member, booking=booking, to=to, now=self.now)

        if self.both(lambda: self.model.rebook(person, old, new), work):
            self.again(work)

    @rule(class_=class_, minutes=st.sampled_from(BY))
    def move(self, class_: int, minutes: int) -> None:
        """Staff hold a class at another time."""
        by, actor = timedelta(minutes=minutes), an_actor(self.manager, "manager")
        id_, public_id = self.classes[class_]
        row = self.connection.execute(
            select(Allocation.starts_at, Allocation.ends_at, Allocation.version).where(
                Allocation.id == id_
            )
        ).one()
        to = Placement(row.starts_at + by, row.ends_at + by, None)

        def work(session: Session) -> None:
            moves.move_session(
                session, actor, public_id, to, reason="Test", now=self.now, version=row.version
            )

        if self.both(lambda: self.model.move(class_, by), work):
            self.again(work)

    @precondition(lambda self: any(one.cancelled for one in self.model.classes))
    @rule()
    def reinstate(self) -> None:
        """The first class that was called off is held after all."""
        number = next(n for n, one in enumerate(self.model.classes) if one.cancelled)
        actor, public_id = an_actor(self.manager, "manager"), self.classes[number][1]

        def work(session: Session) -> None:
            reinstatements.reinstate_session(session, actor, public_id, reason="Test", now=self.now)

        if self.both(lambda: self.model.reinstate(number), work):
            self.again(work)
