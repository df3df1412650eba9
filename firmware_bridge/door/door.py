"""One door: from a scanned line to an answer. No port and no socket here: the strike and the server are functions.

    line → parse → facts → decide → (ask once, decide again) → append (on disk) → strike

The order of the last two is the bridge's first promise: no green light before the entry is on disk.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import AlreadyGranted, Journal, JournalFull
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire.decide import Decision, DoorContext, decide
from firmware_bridge.wire.messages import roster as messages_roster
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import Token, TokenError, parse

# A phone held up is read again and again, across the change of its code: one answer for all of it.
REPEAT_SECONDS: Final = 3.0
# At most one question per door in this time: unknown keys cost nothing to forge.
ASK_PAUSE_SECONDS: Final = 1.0

# (kid, holder, door) → whether the server sent rows in time, and they are in the roster now.
Ask = Callable[[bytes | None, int | None, str], bool]
# Open for that many milliseconds. Raises StrikeFault.
Strike = Callable[[int], None]


class StrikeFault(Exception):  # noqa: N818 -- the field says fault
    """The relay did not confirm the pulse."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the door shows. `uuid` names the entry, or is None when even a refusal could not be stored.

    `repeat`: the same key or code again within 3 s. `struck`: the relay confirmed the pulse of this grant.
    """

    decision: Decision
    uuid: str | None
    struck: bool = False
    repeat: bool = False

    @property
    def green(self) -> bool:
        return self.decision.granted and self.struck


class Door:
    """The state of one door. `scanned` is for one thread only; the stores behind it are shared, and orders from afar
    come on a thread of their own."""

    def __init__(
        self, door: str, journal: Journal, roster: Roster, clock: Clock, ask: Ask, strike: Strike
    ) -> None:
        self.door = door
        self._journal, self._roster, self._clock = journal, roster, clock
        self._ask, self._strike = ask, strike
        self._nowhere = messages_roster.Door(
            door, "", messages_roster.Area("", "", ()), state="blocked"
        )
        self._shown: dict[bytes, tuple[float, Answer]] = {}
        self._asked_at = float("-inf")
        self._next_uuid = str(uuid.uuid4())

    def scanned(self, line: bytes) -> Answer:
        """Judge one line exactly as the reader sent it, store what happened, and open if it may."""
        token = _parse(line)
        decision = self._judge(token)
        again = self._answer_again(decision, line)
        if again is not None:
            return again
        if decision.askable and self._may_ask():
            decision = self._ask_once(token, decision)
        answer = record_then_strike(self, decision, token)
        self._afterwards(decision.kid or line, answer)
        return answer

    def note(self, kind: str, ref: str | None = None) -> bool:
        """Store something that happened at the door besides a scan; False when the disk is full."""
        entry = Entry(
            0,
            str(uuid.uuid4()),
            self.door,
            kind,
            self._now_ms(),
            False,
            clock=self._clock.state(),
            ref=ref,
        )
        refused = self._append(entry)
        self._journal.appended.set()
        return refused is None

    def answer_order(self, entry: Entry) -> None:
        """Put on disk what becomes of an order.

        Raises:
            AlreadyAnswered, JournalFull: as the journal does.
        """
        self._journal.answer_order(entry, self.site.area.area)
        self._journal.appended.set()

    def strike_for(self, ref: str) -> bool:
        """Strike for what is on disk as `ref`; whether the relay confirmed it. A fault is an entry of its own."""
        try:
            self._strike(self.site.strike_ms)
        except StrikeFault:
            self.note("relay_fault", ref)
            return False
        return True

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def site(self) -> messages_roster.Door:
        """The server's word about this door. Before there is any, it leads nowhere and stays shut."""
        return self._roster.door(self.door) or self._nowhere

    def _judge(self, token: Token | TokenError) -> Decision:
        return decide(self._facts(token), self._clock.now())

    def _facts(self, token: Token | TokenError) -> DoorContext:
        site = self.site
        if isinstance(token, TokenError):
            return DoorContext(token, site, None, None)
        key, holder = self._roster.find(token.kid)
        if key is None and token.cert is not None:
            holder = self._roster.holder(token.cert.holder)
        replayed, last_grant = self._journal.grants(token.kid, token.ts, site.area.area)
        return DoorContext(
            token,
            site,
            key,
            holder,
            self._roster.issuers,
            clock_set=self._clock.state() != "unset",
            replayed=replayed,
            last_grant=last_grant,
            roster_at=self._roster.heard_at,
        )

    def _answer_again(self, decision: Decision, line: bytes) -> Answer | None:
        """The answer given within the last 3 s to this key (proven anew just now) or to this very line."""
        at = self._clock.monotonic()
        shown = self._shown.get(decision.kid or line)
        if shown is None or at - shown[0] > REPEAT_SECONDS:
            return None
        answer = replace(shown[1], repeat=True)
        if answer.decision.granted and not answer.struck and answer.uuid is not None:
            # The grant is on disk but the door never opened: help the person who is still standing there.
            answer = replace(answer, struck=self.strike_for(answer.uuid))
        self._shown[decision.kid or line] = (at, answer)
        return answer

    def _afterwards(self, who: bytes, answer: Answer) -> None:
        """What can wait until the door is open: every 10 µs before that are 1 % of a person's waiting."""
        self._journal.appended.set()
        at = self._clock.monotonic()
        self._shown = {
            who: shown for who, shown in self._shown.items() if at - shown[0] <= REPEAT_SECONDS
        }
        self._shown[who] = (at, answer)
        self._next_uuid = str(uuid.uuid4())

    def _may_ask(self) -> bool:
        at = self._clock.monotonic()
        if at - self._asked_at < ASK_PAUSE_SECONDS:
            return False
        self._asked_at = at
        return True

    def _ask_once(self, token: Token | TokenError, decision: Decision) -> Decision:
        kid = token.kid if isinstance(token, Token) else None
        return self._judge(token) if self._ask(kid, decision.holder, self.door) else decision

    def record(
        self, decision: Decision, token: Token | TokenError
    ) -> tuple[Decision, Entry | None]:
        """Put the decision on disk. What the disk says no to becomes a refusal."""
        entry = self._entry(decision, token)
        refused = self._append(entry)
        if refused is None:
            return decision, entry
        if not decision.granted:
            return decision, None
        refusal = replace(decision, granted=False, reason=refused)
        entry = self._entry(refusal, token)
        return refusal, entry if self._append(entry) is None else None

    def _append(self, entry: Entry) -> Reason | None:
        """None once the entry is on disk, else why it cannot be."""
        try:
            self._journal.append(entry, self.site.area.area)
        except AlreadyGranted:
            return Reason.REPLAYED
        except JournalFull:
            return Reason.JOURNAL_FULL
        return None

    def _entry(self, decision: Decision, token: Token | TokenError) -> Entry:
        known = token if isinstance(token, Token) else None
        return Entry(
            seq=0,
            uuid=self._next_uuid,
            door=self.door,
            kind="scan",
            occurred_at=self._now_ms(),
            granted=decision.granted,
            reason=decision.reason,
            holder=decision.holder,
            kid=decision.kid,
            ts=None if known is None else known.ts,
            leaving=known is not None and decision.kid is not None and known.leaving,
            duress=decision.duress,
            passback=decision.passback,
            clock=self._clock.state(),
        )

    def _now_ms(self) -> int:
        return max(0, int(self._clock.now() * 1000))


def record_then_strike(door: Door, decision: Decision, token: Token | TokenError) -> Answer:
    """First the entry, fsync included; only then the strike."""
    decision, entry = door.record(decision, token)
    struck = entry is not None and decision.granted and door.strike_for(entry.uuid)
    return Answer(decision, None if entry is None else entry.uuid, struck)


def _parse(line: bytes) -> Token | TokenError:
    try:
        return parse(line)
    except TokenError as error:
        return error
