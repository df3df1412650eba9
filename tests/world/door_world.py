"""An airlock in this process, by a clock of its own: events in, promises checked at each pulse."""

import sqlite3
import uuid
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from firmware_bridge.door.commands import execute_command
from firmware_bridge.door.door import Door
from firmware_bridge.door.doorway import Doorway
from firmware_bridge.door.interlock import Interlock
from firmware_bridge.door.runner import SHUT, StrikeFault
from firmware_bridge.door.schedules import Moment, Schedule, due
from firmware_bridge.store.elsewhere import Elsewhere
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.presence import KEEP_SECONDS, Presence
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire.messages.changes import SharedGrant
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import Release, Site
from firmware_bridge.wire.token import sign_short
from tests.world.rig import DOOR, GYM, OTHER_DOOR, SITE, Phone, SteppedClock, snapshot

DOORS = (DOOR, OTHER_DOOR)
LONGEST_SECONDS = 60.001
_NEWEST_GRANT = (
    "SELECT json_extract(body, '$.uuid') FROM entry WHERE json_extract(body, '$.door') = ?"
    " AND json_extract(body, '$.granted') ORDER BY seq DESC LIMIT 1"
)
_NEWEST_RELEASE = (
    "SELECT json_extract(body, '$.kind') FROM entry WHERE json_extract(body, '$.door') = ?"
    " AND json_extract(body, '$.kind') IN ('released', 'release_ended') ORDER BY seq DESC LIMIT 1"
)


class Coil:
    """The output of one door: a pulse that the board ends by itself."""

    def __init__(self, world: "DoorWorld", number: int) -> None:
        self._world, self._number = world, number
        self.until = float("-inf")
        # `silent`: it obeys, and does not say so.
        self.how = "good"

    @property
    def works(self) -> bool:
        return self.how != "dead"

    @property
    def closed(self) -> bool:
        return self._world.clock.mono < self.until

    def strike(self, ms: int) -> None:
        if self.how != "dead":
            self._world.check_pulse(self._number)
            self.until = self._world.clock.mono + ms / 1000
        if self.how != "good":
            raise StrikeFault(self.how)

    def cut(self) -> bool:
        if self.how != "dead":
            self.until = float("-inf")
        return self.how == "good"


class DoorWorld:
    """Two doors, their stores on a disk, and what may happen to them."""

    def __init__(
        self, folder: Path, people: int, limit: int | None = None, inner: str = "in"
    ) -> None:
        self.folder, self.clock, self.limit = folder, SteppedClock(), limit
        self.phones = [Phone() for _ in range(people)]
        self.coils = (Coil(self, 0), Coil(self, 1))
        self.site, self.fire = SITE, False
        self.contacts: list[bool | None] = [False, False]
        self.explained: set[str] = set()
        self.figures: Counter[str] = Counter()
        self.slow_seconds = 0.0
        # The door that staff shut while the next entry is stored.
        self.shut_next: int | None = None
        self.orders: list[DoorCommand] = []
        self.codes: list[str] = []
        # Whom another box has let in, whether or not there was a place.
        self.came_elsewhere: set[int] = set()
        self._open()
        self.disk = sqlite3.connect(folder / "journal.sqlite")
        area = replace(GYM, occupancy_limit=limit)
        outer, other = (replace(door, area=area) for door in SITE.doors)
        self.change_site(replace(SITE, doors=(outer, replace(other, direction=inner))))

    def _open(self) -> None:
        self.journal, self.roster = Journal(self.folder), Roster(self.folder)
        movements = self.journal.movements(self.clock.now() - KEEP_SECONDS)
        self.elsewhere, self.interlock = Elsewhere(Presence(movements)), Interlock()
        self._append, self.journal.append = self.journal.append, self._slowly  # type: ignore[method-assign]
        parts = [self._build(number) for number in (0, 1)]
        self.doors = [door for door, _, _ in parts]
        self.ways = [way for _, way, _ in parts]
        self.schedules = [schedule for _, _, schedule in parts]
        self._look()
        for number in (0, 1):
            self.ways[number].contact_moved(self.contacts[number])
        self._look()

    def _slowly(self, entry: Entry, area: str, *, awaits_strike: bool = False) -> int:
        self.clock.step(self.slow_seconds)
        door, self.shut_next = self.shut_next, None
        if door is not None:
            self.change_door(door, state="lockdown")
        return self._append(entry, area, awaits_strike=awaits_strike)

    def _build(self, number: int) -> tuple[Door, Doorway, Schedule]:
        coil = self.coils[number]
        door = Door(
            DOORS[number],
            self.journal,
            self.roster,
            self.clock,
            lambda kid, holder, door: False,
            coil,
            elsewhere=self.elsewhere,
        )
        door.runner.interlock = self.interlock
        way = Doorway(door.runner, self.clock, coil, _ignore, _ignore, door)
        door.runner.on_strike = way.struck
        schedule = Schedule(
            door.runner, self.clock, coil, lambda: self.moment(door), _ignore, way.freed
        )
        return door, way, schedule

    def moment(self, door: Door) -> Moment:
        clock_set = self.clock.state() != "unset"
        heard_at, came_in_at = self.roster.contact_at, door.runner.came_in_at
        return Moment(self.clock.now(), clock_set, self.fire, heard_at, came_in_at)

    def check_pulse(self, number: int) -> None:
        """A pulse has its entry on disk, its door is not shut, and the other one is."""
        door, other = self.doors[number], self.coils[1 - number]
        grant, state = (
            (self.disk.execute(query, (door.door,)).fetchone() or (None,))[0]
            for query in (_NEWEST_GRANT, _NEWEST_RELEASE)
        )
        if grant is not None and grant not in self.explained:
            self.explained.add(grant)
            self.figures["strikes"] += 1
        else:
            assert state == "released", "a pulse whose entry is not on disk"
            assert due(door.site, self.moment(door)), "a release at a time that is none"
            self.figures["pulses of releases"] += 1
        assert not _is_shut(door), "staff have shut it"
        assert not other.closed, "both doors of the airlock are unlocked"
        assert self.contacts[1 - number] is not True, "the other door stands open"

    # What may happen.

    def pass_time(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds * 10))):
            shut = [_is_shut(door) for door in self.doors]
            self.clock.step(0.1)
            self._look()
        for was_shut, coil in zip(shut, self.coils, strict=True):
            holds = was_shut and coil.how == "good" and coil.closed
            assert not holds, "staff have shut it, and a pulse holds it open"

    def _look(self) -> None:
        for schedule, way in zip(self.schedules, self.ways, strict=True):
            schedule.look(self.clock.mono)
            way.tick(self.clock.mono)

    def scan(self, number: int, text: str) -> None:
        answer = self.doors[number].handle_scan(text.encode())
        self.figures[f"scan: {answer.decision.reason}"] += not answer.repeat

    def new_code(self) -> str:
        phone = self.phones[self.figures["codes"] % len(self.phones)]
        self.figures["codes"] += 1
        self.codes.append(sign_short(phone.key, int(self.clock.now())))
        return self.codes[-1]

    def command(self, number: int) -> None:
        expires = int(self.clock.now()) + 30
        self.orders.append(DoorCommand(str(uuid.uuid4()), DOORS[number], "open_once", expires))
        self.repeat_command(-1)

    def repeat_command(self, index: int) -> None:
        order = self.orders[index]
        outcome = execute_command(self.doors[DOORS.index(order.door)], order)
        self.figures[f"command: {outcome}"] += 1

    def change_site(self, site: Site) -> None:
        self.site = site
        with suppress(sqlite3.Error):
            page = snapshot(*(phone.holder for phone in self.phones), site=site)
            self.roster.apply(page, self.clock.now())

    def change_door(self, number: int, **values: Any) -> None:
        doors = list(self.site.doors)
        doors[number] = replace(doors[number], **values)
        self.change_site(replace(self.site, doors=tuple(doors)))

    def release(self, number: int, seconds: int, *, first_person: bool) -> None:
        at = int(self.clock.now())
        self.change_door(number, releases=(Release(at, at + seconds, first_person),))

    def move_contact(self, number: int, state: bool | None) -> None:
        self.contacts[number] = state
        self.ways[number].contact_moved(state)

    def let_in_elsewhere(self, number: int) -> None:
        phone, at = self.phones[number % len(self.phones)], int(self.clock.now())
        self.codes.append(sign_short(phone.key, at))
        grant = SharedGrant(phone.holder.holder, GYM.area, phone.kid, at, at)
        self.came_elsewhere.add(phone.holder.holder)
        self.elsewhere.apply([grant], 1, self.clock.now())
        for door in (0, 1):
            opened = len(self.explained)
            self.scan(door, self.codes[-1])
            # Who came in elsewhere leaves here by the same code.
            may_open = self.doors[door].site.direction == "out"
            assert may_open or len(self.explained) == opened, "used elsewhere, and opens here"

    def fill_disk(self, *, full: bool) -> None:
        (pages,) = self.journal._db.execute("PRAGMA page_count").fetchone()
        self.journal._db.execute(f"PRAGMA max_page_count = {pages if full else 10**6}")
        if not full:
            self.journal.reclaim()

    def restart(self) -> None:
        """End it as a kill does: only the disk and the boards know anything afterwards."""
        self.journal._db.close()
        self.roster.close()
        self._open()

    def _check_places(self) -> None:
        """Never more people are inside than may be, by what is on disk."""
        inside: set[int] = set()
        query = (
            "SELECT json_extract(body, '$.holder'), json_extract(body, '$.leaving') FROM entry"
            " WHERE granted AND json_extract(body, '$.holder') IS NOT NULL ORDER BY seq"
        )
        for holder, leaving in self.disk.execute(query):
            if holder in self.came_elsewhere:
                continue
            (inside.discard if leaving else inside.add)(holder)
            assert self.limit is None or len(inside) <= self.limit, "more than may be inside"

    def end(self) -> None:
        """Check what has to hold afterwards, and close."""
        for coil in self.coils:
            assert coil.until - self.clock.mono <= LONGEST_SECONDS, "no pulse is endless"
        rows = self.disk.execute("SELECT seq, granted, kid, ts, area FROM entry").fetchall()
        used = Counter(tuple(row[2:]) for row in rows if row[1] and row[2] is not None)
        assert set(used.values()) <= {1}, "a code has opened an area twice"
        assert sorted(row[0] for row in rows) == list(range(1, len(rows) + 1))
        self._check_places()
        self.figures["entries"] = self.journal.verify_chain()
        self.disk.close()
        self.journal.close()
        self.roster.close()


def _is_shut(door: Door) -> bool:
    """Whether staff have shut a door; a way out keeps nobody in."""
    return door.site.state in SHUT and door.site.direction != "out"


def _ignore(what: object) -> None:
    """Nobody listens."""
