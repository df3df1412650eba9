"""What booking should do, written a second time for one process and in the plainest way.

`booking_machine` lets the service and this model do the same, and compares. It
imports nothing of the product, so that no fault is in both. Source: the rules of the field.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

HELSINKI: Final = ZoneInfo("Europe/Helsinki")
OPEN_BOOKINGS: Final = 2
QUEUE_PLACES: Final = 2
OPENS: Final = timedelta(days=7)
CLOSES: Final = timedelta(minutes=30)
CANCEL: Final = timedelta(hours=2)
PROMOTE: Final = timedelta(hours=1)
OFFER: Final = timedelta(minutes=30)
TAKE_BACK: Final = timedelta(minutes=10)
BAN: Final = timedelta(days=14)
LASTING: Final = frozenset({"no_right", "person_suspended", "booking_suspended", "already_booked"})


@dataclass
class HeldPlace:
    """A place that a person has booked, until when they were told that they may give it back, when
    they booked it, whether it came from the queue, and whether it counts as missed.
    """

    until: datetime
    booked_at: datetime
    promoted: bool = False
    missed: bool = False


@dataclass
class QueuePlace:
    """A person who waits for a class; `offered_until`: a place is kept for them until then.

    `had_booked`: because it was theirs before the class was moved.
    """

    person: int
    offered_until: datetime | None = None
    had_booked: bool = False


@dataclass
class ClassModel:
    """A class: its places, who has one, who waits in which order, and who has ever waited.

    `draws_at`: its places are to be drawn then, and nobody books them before.
    """

    start: datetime
    end: datetime
    places: int
    cancelled: bool = False
    draws_at: datetime | None = None
    booked: dict[int, HeldPlace] = field(default_factory=dict)
    queue: list[QueuePlace] = field(default_factory=list)
    waits: list[tuple[int, datetime]] = field(default_factory=list)

    @property
    def taken(self) -> int:
        return len(self.booked) + sum(one.offered_until is not None for one in self.queue)

    @property
    def free(self) -> bool:
        return self.taken < self.places

    def waiting(self) -> list[QueuePlace]:
        return [one for one in self.queue if one.offered_until is None]

    def place_of(self, person: int) -> QueuePlace | None:
        return next((one for one in self.queue if one.person == person), None)

    def is_scarce(self, person: int, at: datetime) -> bool:
        """Whether a place that this person leaves empty was missing for somebody."""
        others = any(who != person and since < at for who, since in self.waits)
        return others or self.taken * 100 // self.places >= 90

    @property
    def closes(self) -> datetime:
        return self.start - CLOSES

    def cancel_until(self, booked_at: datetime) -> datetime:
        return max(self.start - CANCEL, min(booked_at + TAKE_BACK, self.start))

    def may_give_back(self, held: HeldPlace, now: datetime) -> bool:
        return now <= max(self.cancel_until(held.booked_at), held.until)


@dataclass
class MarkModel:
    """A mark that counts until it is excused or lifted, of a booking of one class."""

    class_: int
    at: datetime
    counts: bool = True


@dataclass
class BanModel:
    """Marks, and until when they keep their person from booking ahead."""

    marks: list[MarkModel]
    until: datetime

    @property
    def holds(self) -> bool:
        return all(mark.counts for mark in self.marks)


@dataclass
class PersonModel:
    """A person: whether they have a pass, when they are suspended, their marks and bans."""

    has_pass: bool = True
    suspended: list[tuple[datetime, datetime]] = field(default_factory=list)
    marks: list[MarkModel] = field(default_factory=list)
    bans: list[BanModel] = field(default_factory=list)

    def banned_until(self, now: datetime) -> datetime | None:
        ends = [ban.until for ban in self.bans if ban.holds and ban.until > now]
        return max(ends, default=None)

    def begin_bans(self, marks: int) -> None:
        """Begin a ban for each so many marks that count and stand behind no ban that holds."""
        spent = [id(mark) for ban in self.bans if ban.holds for mark in ban.marks]
        left = [mark for mark in self.marks if mark.counts and id(mark) not in spent]
        left.sort(key=lambda mark: mark.at)
        while len(left) >= marks:
            behind, left = left[:marks], left[marks:]
            self.bans.append(BanModel(behind, days_later(behind[-1].at, BAN)))


class RefusedError(Exception):
    """The model refuses, with the codes of all reasons."""

    def __init__(self, *codes: str) -> None:
        super().__init__(*codes)
        self.codes = frozenset(codes)


class BookingModel:
    """People and classes, and everything that may happen to them. `now` only goes on."""

    def __init__(self, now: datetime, people: int, classes: list[ClassModel]) -> None:
        self.now = now
        self.people = [PersonModel() for _ in range(people)]
        self.classes = classes
        self.mails: Counter[str] = Counter()
        self.marks_of_a_ban = 2

    def reasons(
        self, person: int, number: int, *, kept: bool = False, at: datetime | None = None
    ) -> set[str]:
        """Return why a person cannot book a class at a time, which is now unless said otherwise;
        `kept`: a place is kept for them.
        """
        at = at or self.now
        wanted, who = self.classes[number], self.people[person]
        ended, drawn = at >= wanted.end, wanted.draws_at is not None
        banned_until = who.banned_until(self.now)
        conditions = {
            "session_cancelled": wanted.cancelled,
            "session_ended": ended,
            "already_booked": number in self._open(person),
            "booking_closed": at > wanted.closes and not ended,
            "places_are_drawn": drawn and not ended,
            "booking_not_open": at < days_later(wanted.start, -OPENS) and not drawn,
            "booking_suspended": banned_until is not None and at < banned_until,
            "overlapping_booking": self._overlaps(person, number),
            "too_many_bookings": len(list(self._open(person))) >= OPEN_BOOKINGS,
            "session_full": not wanted.free and not kept,
        }
        return {code for code, holds in conditions.items() if holds} | self.unheld(person, wanted)

    def unheld(self, person: int, wanted: ClassModel) -> set[str]:
        """Return why a person may not hold a place of a class."""
        who, at = self.people[person], wanted.start
        found = set() if who.has_pass else {"no_right"}
        # What is over is not read again, not even for a class of that time.
        suspended = any(start <= at < end and self.now < end for start, end in who.suspended)
        return found | {"person_suspended"} if suspended else found

    def _open(self, person: int) -> Iterator[int]:
        for number, one in enumerate(self.classes):
            held = one.booked.get(person)
            if held is not None and not held.missed and one.end > self.now:
                yield number

    def _overlaps(self, person: int, number: int) -> bool:
        wanted = self.classes[number]
        others = [self.classes[open_] for open_ in self._open(person) if open_ != number]
        return any(one.start < wanted.end and wanted.start < one.end for one in others)

    def book(self, person: int, number: int) -> None:
        wanted = self.classes[number]
        place = wanted.place_of(person)
        reasons = self.reasons(person, number)
        if reasons and place and self._is_open(place):
            self.accept(person, number)  # the place that is kept for them
            return
        if reasons:
            raise RefusedError(*reasons)
        self._hold(person, number)
        # A place that was kept for this person is free until the job gives it.
        wanted.queue = [one for one in wanted.queue if one.person != person]

    def _hold(self, person: int, number: int) -> None:
        wanted = self.classes[number]
        wanted.booked[person] = HeldPlace(wanted.cancel_until(self.now), self.now)

    def cancel(self, person: int, number: int, *, late: bool) -> None:
        wanted, held = self.classes[number], self.classes[number].booked[person]
        if held.missed or self.now >= wanted.end:
            raise RefusedError("session_ended")
        in_time = wanted.may_give_back(held, self.now)
        if not in_time and self.now >= wanted.start:
            raise RefusedError("cancel_after_start")
        if not in_time and not late:
            raise RefusedError("cancel_too_late")
        scarce = wanted.is_scarce(person, self.now)
        self._give_back(person, number)
        if not in_time and scarce:
            self._mark(person, number, self.now)

    def _give_back(self, person: int, number: int) -> None:
        del self.classes[number].booked[person]
        self.give(number)

    def _mark(self, person: int, number: int, at: datetime) -> None:
        self.people[person].marks.append(MarkModel(number, at))
        self.people[person].begin_bans(self.marks_of_a_ban)

    def excuse(self, person: int, mark: MarkModel) -> None:
        mark.counts = False
        self.people[person].begin_bans(self.marks_of_a_ban)

    def miss(self, number: int) -> None:
        """Everybody who has booked a class that is over stays away."""
        over = self.classes[number]
        for person, held in over.booked.items():
            if not held.missed:
                held.missed = True
                if over.is_scarce(person, over.start):
                    self._mark(person, number, over.end)

    def join(self, person: int, number: int) -> None:
        wanted = self.classes[number]
        over = self.now >= wanted.end
        queues = [one for one in self.classes if one.place_of(person)]
        reasons = self.reasons(person, number)
        reasons -= {"session_full", "booking_closed", "too_many_bookings"}
        conditions = {
            "queue_closed": self._is_closed(wanted) and not over,
            "already_queued": wanted in queues,
            "too_many_queues": len(queues) >= QUEUE_PLACES,
            "session_not_full": wanted.free and not wanted.cancelled and not over,
        }
        reasons |= {code for code, holds in conditions.items() if holds}
        if reasons:
            raise RefusedError(*reasons)
        wanted.queue.append(QueuePlace(person))
        wanted.waits.append((person, self.now))

    def _is_closed(self, wanted: ClassModel) -> bool:
        return self.now > wanted.closes

    def leave(self, person: int, number: int) -> None:
        """End a person's waiting; a place that was kept goes on."""
        wanted = self.classes[number]
        place = wanted.place_of(person)
        if place is None:
            return
        wanted.queue.remove(place)
        if place.offered_until is not None:
            self.give(number)

    def accept(self, person: int, number: int) -> None:
        wanted = self.classes[number]
        place = wanted.place_of(person)
        if place is None or not self._is_open(place):
            raise RefusedError("offer_ended")
        reasons = self.reasons(person, number, kept=True)
        reasons -= {"booking_closed", "booking_not_open"}
        if reasons:
            raise RefusedError(*reasons)
        wanted.queue.remove(place)
        self._hold(person, number)

    def decline(self, person: int, number: int) -> None:
        place = self.classes[number].place_of(person)
        if place is None or not self._is_open(place):
            raise RefusedError("offer_ended")
        self.leave(person, number)

    def _is_open(self, place: QueuePlace) -> bool:
        return place.offered_until is not None and self.now <= place.offered_until

    def give(self, number: int) -> None:
        """Give the free places of a class to those who wait, in their order."""
        wanted = self.classes[number]
        by_itself = self.now <= wanted.start - CANCEL - PROMOTE and not is_night(self.now)
        until = min(self._offers_from() + OFFER, wanted.closes)
        for place in wanted.waiting():
            if not wanted.free or (not by_itself and until <= self.now):
                return
            reasons = self.reasons(place.person, number) - {"booking_closed", "booking_not_open"}
            if reasons & LASTING:
                wanted.queue.remove(place)
                self.mails["queue_removed"] += 1
            elif reasons:
                continue
            elif by_itself:
                wanted.queue.remove(place)
                self._hold(place.person, number)
                wanted.booked[place.person].promoted = True
                self.mails["queue_promoted"] += 1
            else:
                place.offered_until = until
                self.mails["queue_offer"] += 1

    def _offers_from(self) -> datetime:
        if not is_night(self.now):
            return self.now
        local = self.now.astimezone(HELSINKI)
        day = local.date() + timedelta(days=local.hour >= 22)
        return datetime.combine(day, time(8), tzinfo=HELSINKI).astimezone(UTC)

    def settle(self) -> None:
        """The job of each minute: old offers end, free places are given, queues close."""
        for number, one in enumerate(self.classes):
            if self._is_closed(one):
                one.queue.clear()
            for place in list(one.queue):
                if place.offered_until is not None and place.offered_until <= self.now:
                    self.leave(place.person, number)
            if one.queue:
                self.give(number)

    def set_places(self, number: int, places: int) -> None:
        wanted = self.classes[number]
        if wanted.cancelled:
            raise RefusedError("session_cancelled")
        if self.now >= wanted.end:
            raise RefusedError("session_held")
        if places < wanted.taken:
            raise RefusedError("capacity_below_booked")
        if wanted.places != places:  # else it is the second tap on the button
            wanted.places = places
            self.give(number)

    def call_off(self, number: int) -> None:
        wanted = self.classes[number]
        if wanted.cancelled:
            raise RefusedError("session_cancelled")
        if self.now >= wanted.end:
            raise RefusedError("session_held")
        wanted.cancelled = True
        wanted.booked.clear()
        wanted.queue.clear()
        for person in self.people:
            for mark in person.marks:
                mark.counts = mark.counts and mark.class_ != number
            person.begin_bans(self.marks_of_a_ban)

    def sweep(self, people: list[int]) -> None:
        """End what these people have booked, or wait for, and may not hold any more."""
        ahead = [n for n, one in enumerate(self.classes) if one.start > self.now]
        unheld = [
            (person, number)
            for number in ahead
            for person in people
            if self.unheld(person, self.classes[number])
        ]
        for person, number in unheld:
            if person in self.classes[number].booked:
                self._give_back(person, number)
        for person, number in unheld:
            self.leave(person, number)


def is_night(at: datetime) -> bool:
    hour = at.astimezone(HELSINKI).hour
    return hour >= 22 or hour < 8


def days_later(at: datetime, by: timedelta) -> datetime:
    """Return the time of the same wall clock, days later."""
    return (at.astimezone(HELSINKI) + by).astimezone(UTC)
