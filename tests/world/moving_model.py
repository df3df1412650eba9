"""The model of moves: of a booking by its person, and of a class by staff; and a class held after
all.

Like `booking_model` it imports nothing of the product.
"""

from datetime import timedelta
from typing import Final

from tests.world.booking_model import BookingModel, ClassModel, QueuePlace, RefusedError

A_LITTLE: Final = timedelta(minutes=60)
FIRST_RIGHT: Final = timedelta(hours=48)


class MovingModel(BookingModel):
    """Booking, in which bookings and classes may move."""

    def rebook(self, person: int, old: int, new: int) -> None:
        """Give a booking back and book another class, or do neither."""
        before, wanted = self.classes[old], self.classes[new]
        held, place = before.booked[person], wanted.place_of(person)
        if old == new:
            raise RefusedError("other_activity")
        if held.missed or self.now >= before.end:
            raise RefusedError("session_ended")
        if not before.may_give_back(held, self.now):
            raise RefusedError("cancel_too_late")
        all_booked = dict(before.booked)  # in the order in which they are asked after a move
        del before.booked[person]
        kept = place is not None and self._is_open(place)
        reasons = self.reasons(person, new, kept=kept)
        if kept:
            reasons -= {"booking_closed", "booking_not_open"}
        if reasons:
            before.booked = all_booked
            raise RefusedError(*reasons)
        self.give(old)
        wanted.queue = [one for one in wanted.queue if one.person != person]
        self._hold(person, new)

    def move(self, number: int, by: timedelta) -> None:
        """Hold a class at another time. People come along when it is not far, else they are asked
        first; who waits comes along in any case.
        """
        moved = self.classes[number]
        start = moved.start + by
        if moved.cancelled:
            raise RefusedError("session_cancelled")
        if self.now >= moved.end:
            raise RefusedError("session_held")
        if start <= self.now:
            raise RefusedError("session_in_past")
        closes = start - (moved.start - moved.closes)
        far, first = abs(by) > A_LITTLE, [one for one in moved.queue if one.had_booked]
        if (first or (far and moved.booked)) and closes <= self.now:
            raise RefusedError("move_too_late")
        moved.start, moved.end = start, moved.end + by
        self._keep_offers_open(moved, far=far)
        if far:
            self._ask_first(moved)
        for held in moved.booked.values():
            held.until = start
            # No mail has left yet: the one about the move takes the place of the first.
            self.mails["queue_promoted"] -= held.promoted
            held.promoted = False

    def _keep_offers_open(self, moved: ClassModel, *, far: bool) -> None:
        """No offer outlasts booking; who is asked about another time has two more days."""
        for place in moved.queue:
            if place.offered_until is not None:
                again = self.now + FIRST_RIGHT if far and place.had_booked else self.now
                until = max(place.offered_until, again) if place.had_booked else place.offered_until
                place.offered_until = min(until, moved.closes)

    def _ask_first(self, moved: ClassModel) -> None:
        until = min(self.now + FIRST_RIGHT, moved.closes)
        moved.queue += [QueuePlace(person, until, had_booked=True) for person in moved.booked]
        moved.booked.clear()

    def reinstate(self, number: int) -> None:
        """Hold a class that was called off; nobody gets their place back by that."""
        one = self.classes[number]
        if self.now >= one.end:
            raise RefusedError("session_held")
        one.cancelled = False
