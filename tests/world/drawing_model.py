"""The model of lotteries: the places of a class are drawn among those who entered.

Like `booking_model` it imports nothing of the product. The order in which tickets are drawn is
given to it: that this order is the promised one is for the tests of `lotteries`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tests.world.booking_model import (
    OPENS,
    QUEUE_PLACES,
    ClassModel,
    QueuePlace,
    RefusedError,
    days_later,
)
from tests.world.moving_model import MovingModel


@dataclass
class LotteryModel:
    """A lottery of one class: from when and until when people enter, what came of each, and how it
    ended.
    """

    class_: int
    opens_at: datetime
    draws_at: datetime
    entries: dict[int, str] = field(default_factory=dict)
    ended: str | None = None

    @property
    def entered(self) -> list[int]:
        return [person for person, state in self.entries.items() if state == "entered"]


class DrawingModel(MovingModel):
    """Booking with moves, in which places may be drawn."""

    def __init__(self, now: datetime, people: int, classes: list[ClassModel]) -> None:
        super().__init__(now, people, classes)
        self.lotteries: list[LotteryModel] = []

    def announce(self, number: int, opens_at: datetime, draws_at: datetime) -> None:
        one = self.classes[number]
        first, last = days_later(one.start, -OPENS), one.closes
        conditions = {
            "session_cancelled": one.cancelled,
            "session_ended": self.now >= one.end,
            "lottery_committed": one.draws_at is not None,
            "places_in_use": one.taken > 0 or len(one.queue) > 0,
            "lottery_times": draws_at <= max(self.now, opens_at) or not first <= draws_at <= last,
        }
        if any(conditions.values()):
            raise RefusedError(*(code for code, holds in conditions.items() if holds))
        one.draws_at = draws_at
        self.lotteries.append(LotteryModel(number, opens_at, draws_at))

    def enter(self, person: int, lottery: LotteryModel) -> None:
        if lottery.ended:
            raise RefusedError("lottery_over")
        if lottery.entries.get(person) == "entered":
            raise RefusedError("already_entered")
        at = max(self.now, lottery.draws_at)
        reasons = self.reasons(person, lottery.class_, kept=True, at=at)
        reasons -= {"places_are_drawn", "too_many_bookings"}
        conditions = {
            "lottery_over": self.now >= lottery.draws_at,
            "entries_not_open": self.now < lottery.opens_at,
        }
        reasons |= {code for code, holds in conditions.items() if holds}
        if reasons:
            raise RefusedError(*reasons)
        lottery.entries[person] = "entered"

    def withdraw(self, person: int, lottery: LotteryModel) -> None:
        if lottery.entries[person] == "withdrawn":
            return
        if lottery.ended or self.now >= lottery.draws_at:
            raise RefusedError("lottery_over")
        lottery.entries[person] = "withdrawn"

    def due(self) -> list[LotteryModel]:
        """Return the lotteries that the job ends now, in its order."""
        live = [one for one in self.lotteries if one.ended is None]
        due = [one for one in live if self._is_due(one)]
        return sorted(due, key=lambda one: one.draws_at)

    def _is_due(self, lottery: LotteryModel) -> bool:
        one = self.classes[lottery.class_]
        return one.cancelled or self.now >= min(lottery.draws_at, one.start)

    def draw(self, lottery: LotteryModel, order: Sequence[int]) -> None:
        """End a lottery: the first whom nothing is in the way of have the places, the others wait.

        `order`: who entered, in the order that was drawn.
        """
        one = self.classes[lottery.class_]
        one.draws_at = None
        if one.cancelled or self.now >= one.start:
            lottery.ended = "called_off"
            lottery.entries |= dict.fromkeys(lottery.entered, "called_off")
            return
        lottery.ended = "drawn"
        for person in order:
            lottery.entries[person] = self._outcome(person, lottery.class_)

    def _outcome(self, person: int, number: int) -> str:
        one = self.classes[number]
        # Who entered in time does not lose by a late draw, nor by a class that was moved.
        against = self.reasons(person, number) - {"booking_closed", "booking_not_open"}
        if one.free:
            if against:
                return "refused"
            self._hold(person, number)
            return "won"
        if against - {"session_full", "too_many_bookings"}:
            return "refused"
        queues = sum(other.place_of(person) is not None for other in self.classes)
        if not self._is_closed(one) and queues < QUEUE_PLACES:
            one.queue.append(QueuePlace(person))
            one.waits.append((person, self.now))
        return "lost"
