"""What happens in one doorway, by its contact and its exit button. Sans-I/O: events in, facts out.

Theory of operation. The contact says whether the door is open. It was opened rightly while a strike
holds, or after the exit button; else somebody has forced it.

    CLOSED ─ moved ─▶ OPEN ─ 20 s ─▶ warned ─ 10 s more ─▶ held     (or the door's own times)
       ▲                └──────── moved ──┴───────────────┘ │
       └─────────────────────────────── moved ──────────────┘

1. A grant is used up by an opening, or where the door is open already. One that nobody has used
   when its strike is over counts no longer: nobody went in.
2. What the contact cannot say (its board is silent) is no fact: every grant counts then, and no
   opening is forced.
3. Nothing here opens a door. The way out never depends on software: the exit button only says that
   an opening is no break-in.

Times are monotonic seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import HELD_ALARM_SECONDS, HELD_WARNING_SECONDS

# A door that is pulled in the last moment of its strike shows open a little later.
GRACE_SECONDS: Final = 1.0
# Who has pressed the exit button goes through within this time.
EXIT_SECONDS: Final = 5.0

Kind = Literal[
    "opened",
    "closed",
    "not_opened",
    "exit_request",
    "forced_open",
    "held_open_warning",
    "held_open",
]


@dataclass(frozen=True, slots=True)
class Grant:
    """Something that opened the lock: its entry, under number `seq` of the journal."""

    entry: Entry
    seq: int
    until: float


@dataclass(frozen=True, slots=True)
class Fact:
    """What was seen; `grant` is the one that nobody used."""

    kind: Kind
    grant: Grant | None = None


class Passage:
    """One doorway between two events. Not for several threads at once.

    `sees_exits`: it has an exit button. Without one, who goes out looks like who breaks in, so that
    no opening is forced.
    """

    def __init__(self, *, sees_exits: bool = True) -> None:
        self._sees_exits = sees_exits
        # None: the contact has not been read yet, or its board is silent.
        self.open: bool | None = None
        self._pending: list[Grant] = []
        self._allowed_until = float("-inf")
        self._held_from = float("-inf")
        self._told: Kind | None = None

    @property
    def waiting(self) -> Sequence[Grant]:
        """The grants of which it is not known yet whether somebody goes in."""
        return tuple(self._pending)

    @property
    def held(self) -> bool:
        """Whether the door stands open for too long."""
        return self._told == "held_open"

    def struck(self, grant: Grant) -> None:
        """The lock has opened for a grant."""
        # Each person who is let in has the time to go through.
        self.free(grant.until)
        if self.open is False:
            self._pending.append(grant)

    def free(self, until: float) -> None:
        """The lock is open until then: who opens the door forces nothing, nor holds it open."""
        self._allowed_until = max(self._allowed_until, until + GRACE_SECONDS)
        self._held_from = max(self._held_from, until)

    def exit_pressed(self, at: float) -> Sequence[Fact]:
        """The exit button was pressed."""
        self._allowed_until = max(self._allowed_until, at + EXIT_SECONDS)
        return (Fact("exit_request"),)

    def moved(self, is_open: bool, at: float) -> Sequence[Fact]:
        """The contact shows open or closed; the first time after silence it is no opening."""
        before, self.open = self.open, is_open
        if before is None:
            self._held_from = max(self._held_from, at)
            return ()
        if before == is_open:
            return ()
        self._told = None
        if not is_open:
            return (Fact("closed"),)
        self._pending.clear()
        self._held_from = max(self._held_from, at)
        forced = self._sees_exits and at > self._allowed_until
        return (Fact("forced_open" if forced else "opened"),)

    def lost(self) -> Sequence[Fact]:
        """The contact is not heard any more."""
        self.open, self._told = None, None
        self._pending.clear()
        return ()

    def tick(
        self, at: float, warning: float = HELD_WARNING_SECONDS, alarm: float = HELD_ALARM_SECONDS
    ) -> Sequence[Fact]:
        """Return what has become a fact by the time alone.

        A door that is open for `warning` seconds is warned of, and for `alarm` seconds held.
        """
        over = [grant for grant in self._pending if at > grant.until + GRACE_SECONDS]
        self._pending = [grant for grant in self._pending if grant not in over]
        return (
            *(Fact("not_opened", grant) for grant in over),
            *self._held_too_long(at, warning, alarm),
        )

    def _held_too_long(self, at: float, warning: float, alarm: float) -> Sequence[Fact]:
        if not self.open:
            return ()
        held = at - self._held_from
        kind: Kind | None = (
            "held_open" if held >= alarm else "held_open_warning" if held >= warning else None
        )
        if kind is None or self._told in (kind, "held_open"):
            return ()
        self._told = kind
        return (Fact(kind),)
