"""Who is inside each area, as far as this box knows.

In memory alone: at the start it is made from the journal. A person is inside from a grant until
they leave by a reader on the way out, at the longest for as long as people stay there. Offline it
goes by what the doors of this box have seen.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

# The longest time that an area remembers: of anti-passback, and of a stay.
KEEP_SECONDS: Final = 86_400
# How often what is too old is looked for, in movements.
TIDY_EVERY: Final = 1_000
# Strikes of one person that may fail in a row without a wrong count.
MOST_UNDONE: Final = 4
# A clock that goes back by more has been set; by less, another door has looked just before.
SET_BACK: Final = 1.0
_NEVER: Final = float("-inf")


@dataclass(frozen=True, slots=True)
class Movement:
    """Somebody came into an area, or left it, at `at` (UTC seconds)."""

    area: str
    holder: int
    at: float
    leaving: bool


@dataclass(frozen=True, slots=True)
class Inside:
    """What counts for one person at a door: how many are inside, and whether they are.

    `left_at`: when they last left (UTC seconds), if ever.
    """

    people: int = 0
    is_inside: bool = False
    left_at: float | None = None


@dataclass(slots=True)
class _Times:
    """When a person last passed one way, and the times before, which hold if that is undone."""

    _newest: tuple[float, ...] = ()

    @property
    def last(self) -> float:
        return self._newest[-1] if self._newest else _NEVER

    def passed(self, at: float) -> None:
        self._newest = tuple(sorted({*self._newest, at}))[-MOST_UNDONE:]

    def undo(self, at: float) -> None:
        self._newest = tuple(one for one in self._newest if one != at)


@dataclass(slots=True)
class _PersonTimes:
    came: _Times = field(default_factory=_Times)
    left: _Times = field(default_factory=_Times)

    def way(self, *, leaving: bool) -> _Times:
        return self.left if leaving else self.came

    def is_inside(self, stay: float, now: float) -> bool:
        # Both ways: what was stored by a clock that was far ahead says nothing.
        return self.came.last > self.left.last and abs(now - self.came.last) < stay


class _Area:
    """The people of one area, and those inside, which are counted anew only as times run out."""

    def __init__(self) -> None:
        self._people: dict[int, _PersonTimes] = {}
        self._inside: set[int] = set()
        self._counted_at, self._next_end, self._stay = _NEVER, _NEVER, _NEVER
        self._untidied = 0

    def change(self, movement: Movement, *, undo: bool = False) -> None:
        person = self._people.setdefault(movement.holder, _PersonTimes())
        way = person.way(leaving=movement.leaving)
        (way.undo if undo else way.passed)(movement.at)
        if person.is_inside(self._stay, max(movement.at, self._counted_at)):
            self._inside.add(movement.holder)
            self._next_end = min(self._next_end, person.came.last + self._stay)
        else:
            self._inside.discard(movement.holder)
        self._untidied += 1
        if self._untidied >= max(TIDY_EVERY, len(self._people)):
            self._tidy(movement.at)

    def look(self, holder: int | None, stay: float | None, now: float) -> Inside:
        if stay is not None:
            self._count(stay, now)
        person = None if holder is None else self._people.get(holder)
        left = None if person is None or person.left.last == _NEVER else person.left.last
        if stay is None:
            return Inside(left_at=left)
        return Inside(len(self._inside), holder in self._inside, left)

    def _count(self, stay: float, now: float) -> None:
        anew = stay != self._stay or now < self._counted_at - SET_BACK
        self._stay, self._counted_at = stay, now if anew else max(now, self._counted_at)
        if not anew and now < self._next_end:
            return
        # As time goes on nobody comes in by it: of a busy day only those inside are looked at.
        self._inside = {
            holder
            for holder in (self._people if anew else self._inside)
            if self._people[holder].is_inside(stay, now)
        }
        ends = (self._people[holder].came.last + stay for holder in self._inside)
        self._next_end = min(ends, default=float("inf"))

    def _tidy(self, now: float) -> None:
        since = now - KEEP_SECONDS
        self._people = {
            holder: person
            for holder, person in self._people.items()
            if max(person.came.last, person.left.last) >= since
        }
        self._inside &= self._people.keys()
        self._untidied = 0


class Presence:
    """The people inside all areas of this box. Safe to use from any thread."""

    def __init__(self, movements: Iterable[Movement] = ()) -> None:
        self._lock = threading.Lock()
        self._areas: dict[str, _Area] = {}
        for movement in movements:
            self.passed(movement)

    def passed(self, movement: Movement) -> None:
        """Somebody came in or left, by whatever box; the same twice changes nothing."""
        with self._lock:
            self._area(movement.area).change(movement)

    def undo(self, movement: Movement) -> None:
        """Nobody went through: what was true before is true again."""
        with self._lock:
            self._area(movement.area).change(movement, undo=True)

    def look(self, area: str, holder: int | None, stay: float | None, now: float) -> Inside:
        """What counts for a person in an area where people stay for `stay` seconds.

        None: nobody asks how many are inside, and it is not counted.
        """
        with self._lock:
            return self._area(area).look(holder, stay, now)

    def enter(self, movement: Movement, stay: float | None, limit: int | None) -> bool:
        """Let a person in, unless that many are inside; False: it is full.

        Looking and entering are one step: of two doors one gives the last place away.
        """
        with self._lock:
            area = self._area(movement.area)
            inside = area.look(movement.holder, stay, movement.at)
            if limit is not None and not inside.is_inside and inside.people >= limit:
                return False
            area.change(movement)
            return True

    def _area(self, area: str) -> _Area:
        return self._areas.setdefault(area, _Area())
