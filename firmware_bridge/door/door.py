"""One door: from a scanned line to an answer. Sans-I/O: the strike and the server are functions.

    line → parse → load context → decide → (ask once, decide again) → append (on disk) → strike

Invariant 1 of the product is the order of the last two: no door opens before the entry is on disk.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.door.budget import RowBudget
from firmware_bridge.store.journal import AlreadyGranted, Journal, JournalFull
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire.decide import Decision, DoorContext, decide
from firmware_bridge.wire.messages import roster as messages_roster
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import Token, TokenError, parse

# A scanner reads a phone held in front of it several times a second, and the code changes
# meanwhile: a key that was granted is the same visit within this time. A refusal is repeated for
# the same text only: the next code is judged anew, or it would stick to a phone that is held up.
REPEAT_SECONDS: Final = 3.0
# At most one question to the server per door in this time: anybody can make codes of unknown keys.
ASK_PAUSE_SECONDS: Final = 1.0

# (kid, holder, door) → whether the server sent rows in time; they are in the roster then.
Ask = Callable[[bytes | None, int | None, str], bool]
# Energises the strike for that many milliseconds. Raises StrikeFault.
Strike = Callable[[int], None]


class StrikeFault(Exception):  # noqa: N818 -- "fault" is the term of door hardware
    """The relay did not confirm the pulse."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one scan.

    `uuid` is that of the entry; None when a refusal was not stored: the disk is full, or junk has
    used up its rows. `struck`: the relay confirmed the pulse. `repeat`: the same key or text again
    within 3 s. `left_out`: so many scans before this one were refused and not stored.
    """

    decision: Decision
    uuid: str | None
    struck: bool = False
    repeat: bool = False
    left_out: int = 0

    @property
    def green(self) -> bool:
        return self.decision.granted and self.struck


class Door:
    """One door. `handle_scan` is for one thread; the stores are shared with other threads.

    Remote commands call `answer_command` and `strike_for` from the downloader's thread.
    """

    def __init__(
        self, door: str, journal: Journal, roster: Roster, clock: Clock, ask: Ask, strike: Strike
    ) -> None:
        self.door = door
        self._journal, self._roster, self._clock = journal, roster, clock
        self._ask, self._strike = ask, strike
        no_area = messages_roster.Area("", "", ())
        self._unconfigured = messages_roster.Door(door, "", no_area, state="blocked")
        # Key id of a grant, or the text of a refusal → monotonic time and answer.
        self._recent: dict[bytes, tuple[float, Answer]] = {}
        self._asked_at = float("-inf")
        self._budget = RowBudget(clock.monotonic())
        # The uuid of the next entry, made in advance; see `_finish_scan`.
        self._next_uuid = str(uuid.uuid4())

    def handle_scan(self, line: bytes) -> Answer:
        """Decide on one line exactly as it was sent, store the entry, and open on a grant."""
        token = _parse(line)
        context = self._load_context(token)
        decision = decide(context, self._clock.now())
        repeated = self._repeat_answer(context, decision, line)
        if repeated is not None:
            return repeated
        if decision.askable and self._may_ask():
            decision = self._ask_once(token, decision)
        answer = record_then_strike(self, decision, token)
        self._finish_scan(_repeat_key(answer.decision, line), answer)
        return answer

    def note(self, kind: str, ref: str | None = None) -> bool:
        """Store an event at the door other than a scan; False when the disk is full."""
        entry = Entry(
            seq=0,
            uuid=str(uuid.uuid4()),
            door=self.door,
            kind=kind,
            occurred_at=self._now_ms(),
            granted=False,
            clock=self._clock.state(),
            ref=ref,
        )
        refused = self._append(entry)
        self._journal.appended.set()
        return refused is None

    def answer_command(self, entry: Entry) -> None:
        """Store the answer to a remote command.

        Raises:
            AlreadyAnswered, JournalFull: see `Journal.answer_command`.
        """
        self._journal.answer_command(entry, self.site.area.area)
        self._journal.appended.set()

    def strike_for(self, ref: str) -> bool:
        """Open for the entry or command `ref`; return whether the relay confirmed it."""
        try:
            self._strike(self.site.strike_ms)
        except StrikeFault:
            self.note("relay_fault", ref)
            return False
        return True

    def left_out(self) -> int:
        """Return how many scans were refused and not stored since the last call."""
        return self._budget.counted()

    @property
    def clock(self) -> Clock:
        return self._clock

    @property
    def site(self) -> messages_roster.Door:
        """This door's configuration from the server; until one arrives the door is blocked."""
        return self._roster.door(self.door) or self._unconfigured

    def _load_context(self, token: Token | TokenError) -> DoorContext:
        site = self.site
        if isinstance(token, TokenError):
            return DoorContext(token, site, None, None)
        key, holder = self._roster.find(token.kid)
        if key is None and token.cert is not None:
            holder = self._roster.holder(token.cert.holder)
        replayed, last_grant = self._journal.find_grants(token.kid, token.ts, site.area.area)
        return DoorContext(
            token,
            site,
            key,
            holder,
            self._roster.issuers,
            clock_set=self._clock.state() != "unset",
            replayed=replayed,
            last_grant=last_grant,
            roster_at=self._roster.contact_at,
        )

    def _repeat_answer(
        self, context: DoorContext, decision: Decision, line: bytes
    ) -> Answer | None:
        """The answer given to this key or text within the last 3 s, if it still holds."""
        # A key counts only when this scan's signature proved it, so a forged code is never a
        # repeat.
        answer = self._answered(decision.kid) if decision.kid is not None else None
        if answer is not None and self._is_same_visit(context):
            if not answer.struck and answer.uuid is not None:
                # The grant is on disk but the relay failed: try again, the person is still there.
                answer = replace(answer, struck=self.strike_for(answer.uuid))
            return self._repeated(decision.kid or line, answer)
        answer = self._answered(line)
        if answer is not None and answer.decision.reason is decision.reason:
            return self._repeated(line, answer)
        return None

    def _answered(self, key: bytes) -> Answer | None:
        """The answer under a key of `_recent` within the last 3 s."""
        at, answer = self._recent.get(key, (float("-inf"), None))
        return answer if self._clock.monotonic() - at <= REPEAT_SECONDS else None

    def _repeated(self, key: bytes, answer: Answer) -> Answer:
        answer = replace(answer, repeat=True)
        self._recent[key] = (self._clock.monotonic(), answer)
        return answer

    def _is_same_visit(self, context: DoorContext) -> bool:
        """Whether the door would let in again who was let in just now: it may be shut meanwhile."""
        anew = replace(context, replayed=False, last_grant=None)
        return decide(anew, self._clock.now()).granted

    def _finish_scan(self, repeat_key: bytes, answer: Answer) -> None:
        """Do the work that can wait until the door is open; `repeat_key`: see `_recent`."""
        # 10 µs before the strike would lengthen a scan by 1 %.
        self._journal.appended.set()
        at = self._clock.monotonic()
        self._recent = {
            key: recent for key, recent in self._recent.items() if at - recent[0] <= REPEAT_SECONDS
        }
        self._recent[repeat_key] = (at, answer)
        self._next_uuid = str(uuid.uuid4())

    def _may_ask(self) -> bool:
        at = self._clock.monotonic()
        if at - self._asked_at < ASK_PAUSE_SECONDS:
            return False
        self._asked_at = at
        return True

    def _ask_once(self, token: Token | TokenError, decision: Decision) -> Decision:
        kid = token.kid if isinstance(token, Token) else None
        if not self._ask(kid, decision.holder, self.door):
            return decision
        return decide(self._load_context(token), self._clock.now())

    def record(
        self, decision: Decision, token: Token | TokenError
    ) -> tuple[Decision, Entry | None]:
        """Store the decision. A grant that cannot be stored becomes a refusal.

        Returns the decision and its entry; None when the refusal could not be stored either.
        """
        # `kid` is set where a signature is proven: who has a key cannot be kept off the record.
        if decision.kid is None and not self._budget.take(self._clock.monotonic()):
            return decision, None
        entry = self._build_entry(decision, token)
        refused = self._append(entry)
        if refused is None:
            return decision, entry
        if not decision.granted:
            return decision, None
        refusal = replace(decision, granted=False, reason=refused)
        entry = self._build_entry(refusal, token)
        return refusal, entry if self._append(entry) is None else None

    def _append(self, entry: Entry) -> Reason | None:
        """Store an entry; return None, or the reason why it could not be stored."""
        try:
            self._journal.append(entry, self.site.area.area)
        except AlreadyGranted:
            # Another door of the area has granted this code since `find_grants`: the index decides.
            return Reason.REPLAYED
        except JournalFull:
            return Reason.JOURNAL_FULL
        return None

    def _build_entry(self, decision: Decision, token: Token | TokenError) -> Entry:
        parsed = token if isinstance(token, Token) else None
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
            ts=None if parsed is None else parsed.ts,
            # The flag counts only when the signature is proven, which is when `kid` is set.
            leaving=parsed is not None and decision.kid is not None and parsed.leaving,
            duress=decision.duress,
            passback=decision.passback,
            clock=self._clock.state(),
        )

    def _now_ms(self) -> int:
        return max(0, int(self._clock.now() * 1000))


def record_then_strike(door: Door, decision: Decision, token: Token | TokenError) -> Answer:
    """Store the entry, fsync included; only then open."""
    decision, entry = door.record(decision, token)
    if entry is None:
        return Answer(decision, None)
    struck = decision.granted and door.strike_for(entry.uuid)
    return Answer(decision, entry.uuid, struck, left_out=door.left_out())


def _repeat_key(decision: Decision, line: bytes) -> bytes:
    """What a further scan has in common with this one when it is the same: see `_recent`."""
    return decision.kid if decision.granted and decision.kid is not None else line


def _parse(line: bytes) -> Token | TokenError:
    try:
        return parse(line)
    except TokenError as error:
        return error
