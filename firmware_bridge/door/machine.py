"""One door as a state machine. Sans-I/O: an event in, the next command out.

Theory of operation. A request is the entry of something that was decided: a scan, or a command of
staff. The runner feeds it in, carries the command out, and feeds the result in as the next event,
until the machine has the outcome.

    READY ─ Request ─▶ STORING ─ Stored, a grant ─▶ STRIKING ─ Struck ────▶ READY: open
                       │ │   ▲                          └─ NotStruck ─▶ WITHDRAWING
                       │ │   └─ NotStored, a scan: store its refusal         └─ Withdrawn ─▶ READY
                       │ └─ NotStored, anything else ─▶ READY: shut
                       └─ Stored, a refusal ─▶ READY: shut

1. Only the Stored of a grant is answered by a Strike: no door opens before its entry is on disk.
2. A strike that was not confirmed withdraws its grant: the code may be used again, nobody came in.
3. An event that the table does not name, or of another request, changes nothing and commands
   nothing: a result that comes late or twice opens no door. A new request forgets one that never
   ended.
4. A strike is a pulse that the board ends by itself. No state of this machine holds a door open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Final

from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason


class Phase(Enum):
    """What the door waits for."""

    READY = auto()
    STORING = auto()
    STRIKING = auto()
    WITHDRAWING = auto()


# Events.


@dataclass(frozen=True, slots=True)
class Request:
    """Something was decided, of which `entry` tells."""

    entry: Entry

    @property
    def uuid(self) -> str:
        return self.entry.uuid


@dataclass(frozen=True, slots=True)
class Stored:
    """The entry is on disk, as number `seq` of the journal."""

    uuid: str
    seq: int


@dataclass(frozen=True, slots=True)
class NotStored:
    """The entry could not be stored; `reason` None: the command was answered before."""

    uuid: str
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Struck:
    """The board has confirmed the pulse, which lasts until `until` (monotonic seconds)."""

    uuid: str
    until: float


@dataclass(frozen=True, slots=True)
class NotStruck:
    """The board has not confirmed the pulse."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The fault of the strike is on disk, or there was no room for it."""

    uuid: str


Event = Request | Stored | NotStored | Struck | NotStruck | Withdrawn

# Commands.


@dataclass(frozen=True, slots=True)
class Store:
    """Store the entry. The answer is Stored or NotStored."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Strike:
    """Open the door for this entry. The answer is Struck or NotStruck."""

    uuid: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Store that the strike for this entry, number `seq`, failed. The answer is Withdrawn."""

    entry: Entry
    seq: int


@dataclass(frozen=True, slots=True)
class Finish:
    """The outcome of a request.

    `entry`: what was stored of it, if anything. `reason`: None where a command was answered before.
    Where the door has opened, `until` is the end of the pulse (monotonic seconds), else None, and
    `seq` the number of the entry in the journal.
    """

    entry: Entry | None
    reason: Reason | None
    until: float | None = None
    seq: int = 0


Command = Store | Strike | Withdraw | Finish


class Machine:
    """Where one door is between two events."""

    def __init__(self) -> None:
        self.phase = Phase.READY
        self._entry: Entry | None = None
        self._seq = 0

    def step(self, event: Event) -> Command | None:
        """Return the command that an event leads to; None where it has no place here."""
        if not isinstance(event, Request) and (
            self._entry is None or event.uuid != self._entry.uuid
        ):
            return None
        transition = TRANSITIONS.get((self.phase, type(event)))
        return None if transition is None else transition(self, event)

    def _begin(self, event: Request) -> Command:
        self._entry, self.phase = event.entry, Phase.STORING
        return Store(event.entry)

    def _stored(self, event: Stored) -> Command:
        entry, self._seq = self._pending, event.seq
        if not entry.granted:
            return self._finish(entry, _reason(entry))
        self.phase = Phase.STRIKING
        return Strike(entry.uuid)

    def _not_stored(self, event: NotStored) -> Command:
        entry = self._pending
        if entry.kind == "scan" and entry.granted:
            self._entry = replace(entry, granted=False, reason=event.reason, code=None)
            return Store(self._entry)
        # Of a command nothing is stored: the server repeats it until it has an answer.
        lost = entry.granted or event.reason is None
        return self._finish(None, event.reason if lost else _reason(entry))

    def _struck(self, event: Struck) -> Command:
        return self._finish(self._pending, Reason.GRANTED, event.until)

    def _not_struck(self, event: NotStruck) -> Command:
        self.phase = Phase.WITHDRAWING
        return Withdraw(self._pending, self._seq)

    def _withdrawn(self, event: Withdrawn) -> Command:
        return self._finish(self._pending, Reason.DOOR_FAULT)

    def _finish(
        self, stored: Entry | None, reason: Reason | None, until: float | None = None
    ) -> Command:
        self._entry, self.phase = None, Phase.READY
        return Finish(stored, reason, until, 0 if until is None else self._seq)

    @property
    def _pending(self) -> Entry:
        assert self._entry is not None  # noqa: S101 -- `step` has compared its uuid
        return self._entry


def _reason(entry: Entry) -> Reason | None:
    return None if entry.reason is None else Reason(entry.reason)


TRANSITIONS: Final[Mapping[tuple[Phase, type], Callable[[Machine, Any], Command]]] = {
    **{(phase, Request): Machine._begin for phase in Phase},
    (Phase.STORING, Stored): Machine._stored,
    (Phase.STORING, NotStored): Machine._not_stored,
    (Phase.STRIKING, Struck): Machine._struck,
    (Phase.STRIKING, NotStruck): Machine._not_struck,
    (Phase.WITHDRAWING, Withdrawn): Machine._withdrawn,
}
