"""One door: from a scanned line to an answer. Sans-I/O: the output and the server are passed in.

line → parse → load context → decide → (ask once, decide again) → Runner: append, then strike
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.door.answer import Answer
from firmware_bridge.door.budget import RowBudget
from firmware_bridge.door.drift import Drift
from firmware_bridge.door.repeats import Repeats
from firmware_bridge.door.runner import Output, Runner, now_ms
from firmware_bridge.store.elsewhere import Elsewhere, area_of_code
from firmware_bridge.store.journal import Journal, JournalFull
from firmware_bridge.store.presence import Movement
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire.decide import Decision, DoorContext, decide
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import Area
from firmware_bridge.wire.messages.site import Door as DoorSite
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import Token, TokenError, parse, signed_by

# At most one question to the server per door in this time: anybody can make codes of unknown keys.
ASK_PAUSE_SECONDS: Final = 1.0

# What a code is refused for when its phone's clock or the bridge's is off.
OFF_TIME: Final = (Reason.CODE_EXPIRED, Reason.CODE_FROM_FUTURE)

# (kid, holder, door) → whether the server sent rows in time; they are in the roster then.
Ask = Callable[[bytes | None, int | None, str], bool]


class Door:
    """One door. `handle_scan` is for one thread; the stores are shared with other threads.

    `doubt_clock` is told by how many seconds several phones agree to be ahead of the bridge.
    Commands of staff go to `runner`, from the downloader's thread.
    """

    def __init__(
        self,
        door: str,
        journal: Journal,
        roster: Roster,
        clock: Clock,
        ask: Ask,
        output: Output,
        doubt_clock: Callable[[float], None] = lambda ahead: None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.door, self.clock = door, clock
        self._journal, self._roster = journal, roster
        self._ask, self._output, self._doubt_clock = ask, output, doubt_clock
        self._elsewhere = elsewhere or Elsewhere()
        self._presence = self._elsewhere.presence
        no_area = Area("", "", ())
        self._unconfigured = DoorSite(door, "", no_area, state="blocked")
        self.runner = Runner(journal, clock, output, lambda: self.site)
        self.runner.came_in_at = journal.last_came_in(door)
        self._repeats = Repeats()
        self._drift = Drift()
        self._asked_at = float("-inf")
        # Told of each answer, and how many seconds it took.
        self.on_answer: Callable[[Answer, float], None] = lambda answer, seconds: None
        self._budget = RowBudget(clock.monotonic())
        # When the lock began to hold again before its time (monotonic seconds).
        self.relocked_at = float("-inf")
        self.on_relocked: Callable[[], None] = lambda: None
        # The uuid of the next entry, made in advance; see `_finish_scan`.
        self._next_uuid = str(uuid.uuid4())

    def handle_scan(self, line: bytes) -> Answer:
        """Decide on one line exactly as it was sent, store the entry, and open on a grant."""
        began = self.clock.monotonic()
        answer = self._answer(line)
        self.on_answer(answer, self.clock.monotonic() - began)
        return answer

    def _answer(self, line: bytes) -> Answer:
        token = _parse(line)
        try:
            context = self._load_context(token)
        except JournalFull:
            return Answer(Decision(False, Reason.JOURNAL_FULL), None)
        decision = self._unless_broken(decide(context, self.clock.now()))
        repeated = self._repeat_answer(context, decision, line)
        if repeated is not None:
            return repeated
        if decision.askable and self._may_ask():
            decision = self._unless_broken(self._ask_once(token, decision))
        self._compare_clock(context, decision)
        decision = self._unless_interlocked(decision)
        answer = self._settle(decision, token, line)
        self._finish_scan(_repeat_key(answer, line), answer)
        return answer

    def forget(self, entry: Entry) -> None:
        """Do not repeat the answer to this grant: nobody went in by it; from any thread."""
        if entry.kid is not None:
            self._repeats.forget(entry.kid, entry.uuid)
        self._undo_movement(entry)

    def strike_ended(self) -> None:
        """Show green no longer: the lock holds again before its time; from any thread."""
        self.relocked_at = self.clock.monotonic()
        self._repeats.end_strikes(self.relocked_at)
        self.on_relocked()

    @property
    def sees_junk(self) -> bool:
        """Whether the reader sends more that is no code than its rows allow."""
        return self._budget.overdrawn(self.clock.monotonic())

    @property
    def site(self) -> DoorSite:
        """This door's configuration from the server; until one arrives the door is blocked."""
        return self._roster.door(self.door) or self._unconfigured

    def _load_context(self, token: Token | TokenError) -> DoorContext:
        site = self.site
        if isinstance(token, TokenError):
            return DoorContext(token, site, None, None)
        key, holder = self._roster.find(token.kid)
        if key is None and token.cert is not None:
            holder = self._roster.holder(token.cert.holder)
        area = area_of_code(site.area.area, leaving=site.direction == "out")
        asked = token.kid, token.ts, area, None if holder is None else holder.holder
        here, last_here = self._journal.find_grants(*asked)
        elsewhere, last_elsewhere = self._elsewhere.find(*asked)
        inside = self._presence.look(site.area.area, asked[3], _stay(site), self.clock.now())
        return DoorContext(
            token,
            site,
            key,
            holder,
            self._roster.issuers,
            clock_set=self.clock.state() != "unset",
            replayed=here or elsewhere,
            last_grant=max(filter(None, (last_here, last_elsewhere)), default=None),
            last_left=inside.left_at,
            people_inside=inside.people,
            is_inside=inside.is_inside,
            roster_at=self._roster.contact_at,
        )

    def _compare_clock(self, context: DoorContext, decision: Decision) -> None:
        """Tell whether the phones agree that the clock is off; see `drift`."""
        token, key = context.token, context.key
        if decision.reason not in OFF_TIME or not isinstance(token, Token) or key is None:
            return
        # Only now, because nobody waits at a refusal: that a known phone made the code.
        if not signed_by(key.point, token):
            return
        ahead = token.ts - self.clock.now()
        agreed = self._drift.note(token.kid, ahead, self.clock.monotonic())
        if agreed is not None:
            self._doubt_clock(agreed)

    def _unless_broken(self, decision: Decision) -> Decision:
        """The refusal that a grant becomes while the board of this door does not answer."""
        # Not after a strike in vain: who waits would read each time that the door is open.
        if not decision.granted or self._output.works:
            return decision
        return replace(decision, granted=False, reason=Reason.DOOR_FAULT)

    def _unless_interlocked(self, decision: Decision) -> Decision:
        """The refusal that a grant becomes while another door of its interlock is open."""
        if not decision.granted or self.runner.claim(more_time=decision.more_time):
            return decision
        return replace(decision, granted=False, reason=Reason.INTERLOCK)

    def _repeat_answer(
        self, context: DoorContext, decision: Decision, line: bytes
    ) -> Answer | None:
        """The answer that was just given to this key or text, if it still holds."""
        at = self.clock.monotonic()
        # A key counts only when this scan's signature proved it, so a forged code is never a
        # repeat.
        answer = None if decision.kid is None else self._repeats.find(decision.kid, at)
        if answer is not None and self._is_same_visit(context):
            return self._repeated(decision.kid or line, answer, at)
        answer = self._repeats.find(line, at)
        if answer is not None and answer.decision.reason is decision.reason:
            return self._repeated(line, answer, at)
        return None

    def _repeated(self, key: bytes, answer: Answer, at: float) -> Answer:
        answer = replace(answer, repeat=True)
        self._repeats.remember(key, answer, at)
        return answer

    def _is_same_visit(self, context: DoorContext) -> bool:
        """Whether the door would let in again who was let in just now: it may be shut meanwhile."""
        anew = replace(context, replayed=False, last_grant=None, people_inside=0)
        return decide(anew, self.clock.now()).granted

    def _settle(self, decision: Decision, token: Token | TokenError, line: bytes) -> Answer:
        """Store what was decided, and open where it was a grant."""
        # `kid` is set where a signature is proven: who has a key cannot be kept off the record.
        if decision.kid is None and not self._budget.take(self.clock.monotonic()):
            return Answer(decision, None)
        entry = self._build_entry(decision, token, line)
        if entry.granted and not self._pass(entry):
            decision = replace(decision, granted=False, reason=Reason.AREA_FULL)
            entry = replace(entry, granted=False, reason=Reason.AREA_FULL, code=None)
        outcome = self.runner.handle(entry, more_time=decision.more_time)
        if entry.granted and outcome.until is None:
            self._undo_movement(entry)
        if decision.granted and outcome.until is None and outcome.reason is not None:
            decision = replace(decision, granted=False, reason=outcome.reason)
        uuid = None if outcome.entry is None else outcome.entry.uuid
        return Answer(decision, uuid, outcome.until, left_out=self._budget.counted())

    def _pass(self, entry: Entry) -> bool:
        """Count the person in or out before the door opens; False: another took the last place."""
        movement, area = _movement(entry, self.site), self.site.area
        if movement is None:
            return True
        if movement.leaving:
            self._presence.passed(movement)
            return True
        return self._presence.enter(movement, _stay(self.site), area.occupancy_limit)

    def _undo_movement(self, entry: Entry) -> None:
        movement = _movement(entry, self.site)
        if movement is not None:
            self._presence.undo(movement)

    def _finish_scan(self, repeat_key: bytes, answer: Answer) -> None:
        """Do the work that can wait until the door is open; `repeat_key`: see `Repeats`."""
        # 10 µs before the strike would lengthen a scan by 1 %.
        self._repeats.remember(repeat_key, answer, self.clock.monotonic())
        self._next_uuid = str(uuid.uuid4())

    def _may_ask(self) -> bool:
        at = self.clock.monotonic()
        if at - self._asked_at < ASK_PAUSE_SECONDS:
            return False
        self._asked_at = at
        return True

    def _ask_once(self, token: Token | TokenError, decision: Decision) -> Decision:
        kid = token.kid if isinstance(token, Token) else None
        if not self._ask(kid, decision.holder, self.door):
            return decision
        try:
            return decide(self._load_context(token), self.clock.now())
        except JournalFull:
            return replace(decision, reason=Reason.JOURNAL_FULL)

    def _build_entry(self, decision: Decision, token: Token | TokenError, line: bytes) -> Entry:
        parsed = token if isinstance(token, Token) else None
        return Entry(
            seq=0,
            uuid=self._next_uuid,
            door=self.door,
            kind="scan",
            occurred_at=now_ms(self.clock),
            granted=decision.granted,
            reason=decision.reason,
            holder=decision.holder,
            kid=decision.kid,
            ts=None if parsed is None else parsed.ts,
            # By the door alone, not by the flag in the code: a phone could say so on the way in,
            # and be neither counted nor seen.
            leaving=decision.leaving,
            duress=decision.duress,
            passback=decision.passback,
            clock=self.clock.state(),
            # Of ASCII alone, or `parse` had refused it.
            code=line.decode("ascii") if decision.granted else None,
        )


def _stay(site: DoorSite) -> float | None:
    """For how long a person counts as inside, in seconds; None where nothing depends on it."""
    return None if site.area.occupancy_limit is None else site.area.stay_minutes * 60.0


def _movement(entry: Entry, site: DoorSite) -> Movement | None:
    """What a granted scan says of who is inside; None where it names nobody."""
    if entry.holder is None:
        return None
    return Movement(site.area.area, entry.holder, entry.occurred_at / 1000, entry.leaving)


def _repeat_key(answer: Answer, line: bytes) -> bytes:
    """What a further scan has in common with this one when it is the same: see `Repeats`."""
    return answer.decision.kid if answer.opened and answer.decision.kid is not None else line


def _parse(line: bytes) -> Token | TokenError:
    try:
        return parse(line)
    except TokenError as error:
        return error
