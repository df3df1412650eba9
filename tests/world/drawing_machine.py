"""The steps of lotteries; the others are in `moving_machine` and `booking_machine`."""

import uuid
from datetime import timedelta
from typing import Final

import hypothesis.strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.world.booking import NOW, an_actor
from tests.world.booking_machine import PEOPLE, class_, person
from tests.world.booking_model import ClassModel
from tests.world.drawing_model import DrawingModel, LotteryModel
from tests.world.moving_machine import MovingOrder
from zone.booking.draws import service as draws
from zone.booking.lotteries import drawing
from zone.booking.lotteries import service as lotteries
from zone.booking.lotteries.models import Lottery, LotteryEnd, LotteryEntry
from zone.booking.lotteries.rules import NewLottery

SECRET: Final = b"s" * 32
OPENS_IN = (0, 0, 0, 30)
DRAWS_IN = (30, 60, 180, 600, 1440, 6 * 1440)
"""Minutes from the announcement."""


class EveryOrder(MovingOrder):
    """Booking in any order, with moves and lotteries."""

    model: DrawingModel

    def new_model(self, classes: list[ClassModel]) -> DrawingModel:
        return DrawingModel(NOW, PEOPLE, classes)

    @rule(
        class_=class_,
        opens=st.sampled_from(OPENS_IN),
        draws=st.sampled_from(DRAWS_IN),
        people=st.permutations(range(PEOPLE)),
        most=st.integers(0, PEOPLE),
    )
    def announce(self, class_: int, opens: int, draws: int, people: list[int], most: int) -> None:
        """A lottery is announced, and some people enter it: single steps seldom fill one."""
        opens_at, draws_at = (self.now + timedelta(minutes=one) for one in (opens, draws))
        announced = self.both(
            lambda: self.model.announce(class_, opens_at, draws_at),
            lambda session: lotteries.announce(
                session,
                an_actor(self.manager, "manager"),
                self.classes[class_][1],
                NewLottery(opens_at, draws_at),
                secret=SECRET,
                now=self.now,
            ),
        )
        if announced:
            for one in people[:most]:
                self.enter_one(one, len(self.model.lotteries) - 1)

    @precondition(lambda self: self.model.lotteries)
    @rule(person=person, data=st.data())
    def enter(self, person: int, data: st.DataObject) -> None:
        self.enter_one(person, data.draw(st.integers(0, len(self.model.lotteries) - 1)))

    def enter_one(self, person: int, number: int) -> None:
        public_id = self.stored_lotteries()[number].public_id
        self.both(
            lambda: self.model.enter(person, self.model.lotteries[number]),
            lambda session: lotteries.enter(
                session, member_id=self.people[person], lottery=public_id, now=self.now
            ),
        )

    def entered(self) -> list[tuple[int, int]]:
        lotteries_ = enumerate(self.model.lotteries)
        return [(person, n) for n, one in lotteries_ for person in one.entries]

    @precondition(lambda self: self.entered())
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        person, number = data.draw(st.sampled_from(self.entered()))
        member, ticket = self.people[person], self.tickets(number)[person]

        def work(session: Session) -> None:
            lotteries.withdraw(session, member_id=member, ticket=ticket, now=self.now)

        if self.both(lambda: self.model.withdraw(person, self.model.lotteries[number]), work):
            self.again(work)

    @rule()
    def draw(self) -> None:
        """What the job does each minute."""
        for lottery in self.model.due():
            number = self.model.lotteries.index(lottery)
            stored = self.stored_lotteries()[number]
            self.model.draw(lottery, self.drawn_order(number, lottery, stored.public_id))
            with self.step() as session:
                assert draws.draw(session, stored.id, [SECRET], self.now)
        with self.step() as session:
            assert not draws.lotteries_to_end(session, self.now)

    def drawn_order(self, number: int, lottery: LotteryModel, public_id: uuid.UUID) -> list[int]:
        person_of = {str(ticket): person for person, ticket in self.tickets(number).items()}
        tickets = [one for one, person in person_of.items() if person in lottery.entered]
        seed = drawing.make_seed(SECRET, str(public_id))
        return [person_of[ticket] for ticket in drawing.drawn_order(seed, tickets)]

    def stored_lotteries(self) -> list[Lottery]:
        with Session(self.connection, join_transaction_mode="create_savepoint") as session:
            return list(session.scalars(select(Lottery).order_by(Lottery.id)))

    def tickets(self, number: int) -> dict[int, uuid.UUID]:
        """Return the ticket of each person in a lottery."""
        query = select(LotteryEntry.member_id, LotteryEntry.ticket).where(
            LotteryEntry.lottery_id == self.stored_lotteries()[number].id
        )
        rows = self.connection.execute(query)
        return {self.people.index(member): ticket for member, ticket in rows if member is not None}

    @invariant()
    def check_lotteries(self) -> None:
        """How each lottery ended, and what came of each ticket, are those of the model."""
        rows = self.connection.execute(
            select(Lottery.id, LotteryEnd.kind, LotteryEntry.member_id, LotteryEntry.state)
            .outerjoin(LotteryEnd, LotteryEnd.lottery_id == Lottery.id)
            .outerjoin(LotteryEntry, LotteryEntry.lottery_id == Lottery.id)
            .order_by(Lottery.id)
        )
        found: dict[int, tuple[str | None, dict[int, str]]] = {}
        for id_, ended, member, state in rows:
            _, entries = found.setdefault(id_, (ended, {}))
            if member is not None:
                entries[self.people.index(member)] = state
        assert list(found.values()) == [(one.ended, one.entries) for one in self.model.lotteries]
