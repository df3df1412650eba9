"""One door in this process: its answers, its entries and its strikes."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.door import door as door_door
from firmware_bridge.door import machine, repeats, runner
from firmware_bridge.door.answer import Answer
from firmware_bridge.door.runner import MORE_TIME_MS
from firmware_bridge.store import journal as journals
from firmware_bridge.store.journal import Journal
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.holders import Right
from firmware_bridge.wire.messages.site import Door as DoorSite
from firmware_bridge.wire.messages.site import Site
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import FLAG_DURESS, FLAG_EXIT, sign_short
from tests.world.rig import DOOR, GYM, SITE, Phone, Stand


def reasons(stand: Stand) -> list[str | None]:
    return [entry.reason for entry in stand.entries()]


def test_a_good_code_is_stored_then_opens(stand: Stand, phone: Phone) -> None:
    answer = stand.scan(stand.code(phone))
    assert answer.opened
    assert stand.strikes == [5000]
    (entry,) = stand.entries()
    assert (entry.seq, entry.uuid, entry.granted, entry.reason) == (
        1,
        answer.uuid,
        True,
        Reason.GRANTED,
    )
    assert (entry.door, entry.holder, entry.kid) == (DOOR, phone.holder.holder, phone.kid)
    assert entry.occurred_at == int(stand.clock.now() * 1000)


def test_the_strike_has_the_configured_length(stand: Stand, phone: Phone) -> None:
    stand.know(phone.holder, site=Site((DoorSite(DOOR, "Lift", GYM, strike_ms=15_000),), {}))
    stand.scan(stand.code(phone))
    assert stand.strikes == [15_000]


def test_for_who_needs_more_time_the_door_stays_open_longer(tmp_path: Path) -> None:
    slow, other = Phone(), Phone()
    stand = Stand(tmp_path, replace(slow.holder, more_time=True), other.holder)
    answers = []
    for phone, then in ((slow, 60), (other, 60), (slow, 5), (other, 0)):
        answers.append(stand.scan(stand.code(phone)))
        stand.clock.step(then)
    stand.close()
    assert stand.strikes[:2] == [MORE_TIME_MS, 5000]
    assert [answer.until for answer in answers[:2]] == [115.0, 165.0]
    assert stand.strikes[2:] == [MORE_TIME_MS, MORE_TIME_MS - 5000], "the next one shuts it not"


# Invariant 1, within one process: the entry is on disk before the strike.


def check_entry_before_strike(stand: Stand, phone: Phone) -> None:
    seen: list[int] = []
    stand.strike = lambda ms: seen.append(len(stand.entries()))  # type: ignore[method-assign] # reads the journal
    stand.scan(stand.code(phone))
    assert seen == [1]


def test_the_entry_is_stored_when_the_relay_strikes(stand: Stand, phone: Phone) -> None:
    check_entry_before_strike(stand, phone)


def strike_first(door_runner: runner.Runner, command: machine.Command | None) -> machine.Event:
    """The fault: strike first, then store the entry."""
    if isinstance(command, machine.Store):
        door_runner.strike(command.entry.uuid)
    return carry_out(door_runner, command)


carry_out = runner.carry_out


@pytest.mark.planted_fault("a strike before the entry")
def test_a_strike_before_the_entry_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "carry_out", strike_first)
    with pytest.raises(AssertionError):
        check_entry_before_strike(stand, phone)


def check_uploader_waits_until_the_strike(stand: Stand, phone: Phone) -> None:
    woken: list[bool] = []
    stand.strike = lambda ms: woken.append(stand.journal.appended.is_set())  # type: ignore[method-assign] # looks at the event
    assert stand.scan(stand.code(phone)).opened
    assert woken == [False]
    assert stand.journal.appended.is_set()


def test_the_uploader_is_woken_after_the_strike(stand: Stand, phone: Phone) -> None:
    check_uploader_waits_until_the_strike(stand, phone)


@pytest.mark.planted_fault("an uploader woken before the strike")
def test_an_uploader_woken_before_the_strike_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Journal.append

    def append_and_wake(self: Journal, entry: Entry, area: str, **how: bool) -> int:
        self.appended.set()
        return real(self, entry, area, **how)

    monkeypatch.setattr(Journal, "append", append_and_wake)
    with pytest.raises(AssertionError):
        check_uploader_waits_until_the_strike(stand, phone)


# Replay and repeat.


def test_a_code_shown_again_later_is_replayed(stand: Stand, phone: Phone) -> None:
    code = stand.code(phone)
    assert stand.scan(code).opened
    stand.clock.step(5.5)
    assert stand.scan(code).decision.reason is Reason.REPLAYED
    assert len(stand.strikes) == 1


def check_a_second_phone_of_one_pass_lets_nobody_in(stand: Stand, phone: Phone) -> None:
    second = Phone()
    keys = (*phone.holder.keys, *second.holder.keys)
    hard = Site((replace(SITE.doors[0], area=replace(GYM, passback="hard")),), SITE.issuers)
    stand.know(replace(phone.holder, keys=keys), site=hard)
    assert stand.scan(stand.code(phone)).opened
    stand.restart()
    stand.clock.step(20)
    assert stand.scan(stand.code(second)).decision.reason is Reason.ANTI_PASSBACK
    stand.clock.step(60)
    assert stand.scan(stand.code(second)).opened


def test_a_second_phone_of_one_pass_lets_nobody_in(stand: Stand, phone: Phone) -> None:
    check_a_second_phone_of_one_pass_lets_nobody_in(stand, phone)


@pytest.mark.planted_fault("the rule is per key")
def test_a_passback_rule_per_key_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Journal.find_grants
    monkeypatch.setattr(
        Journal, "find_grants", lambda self, kid, ts, area, holder: real(self, kid, ts, area, None)
    )
    with pytest.raises(AssertionError):
        check_a_second_phone_of_one_pass_lets_nobody_in(stand, phone)


def check_replay_is_refused_after_a_restart(stand: Stand, phone: Phone) -> None:
    code = stand.code(phone)
    assert stand.scan(code).opened
    stand.restart()
    assert stand.scan(code).decision.reason is Reason.REPLAYED
    assert reasons(stand) == [Reason.GRANTED, Reason.REPLAYED]


def test_a_replay_is_refused_after_a_restart(stand: Stand, phone: Phone) -> None:
    check_replay_is_refused_after_a_restart(stand, phone)


@pytest.mark.planted_fault("a door does not find its grants")
def test_a_door_without_its_grants_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Journal, "find_grants", lambda *asked: (False, None))
    monkeypatch.setattr(journals, "_SCHEMA", journals._SCHEMA.replace("UNIQUE", ""))
    stand.journal._db.execute("DROP INDEX one_grant_per_code")
    with pytest.raises(AssertionError):
        check_replay_is_refused_after_a_restart(stand, phone)


def test_the_mirrored_signature_of_a_used_code_is_a_replay_too(stand: Stand, phone: Phone) -> None:
    from firmware_bridge.wire import base45
    from tests.world.make_vectors import mirrored

    code = stand.code(phone)
    raw = base45.decode(code[2:])
    assert stand.scan(code).opened
    stand.clock.step(6)
    again = stand.scan("Z1" + base45.encode(raw[:-64] + mirrored(raw[-64:])))
    assert again.decision.reason is Reason.REPLAYED


def check_held_up_phone(stand: Stand, phone: Phone) -> None:
    """A phone held up for 5 s, across changes of its code, gives one strike and only green."""
    answers, lights = [], set()
    for _ in range(25):
        answers.append(stand.scan(sign_short(phone.key, int(stand.clock.now()) // 2 * 2)))
        lights.add(answers[-1].light(stand.clock.monotonic()))
        stand.clock.step(0.2)
    assert lights == {"green"}
    assert [answer.repeat for answer in answers] == [False] + [True] * 24
    assert len(stand.strikes) == len(stand.entries()) == 1


def test_a_phone_held_up_for_five_seconds_is_one_strike_and_green_all_the_time(
    stand: Stand, phone: Phone
) -> None:
    check_held_up_phone(stand, phone)


@pytest.mark.planted_fault("a door without the repeat rule")
def test_a_door_without_the_repeat_rule_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeats.Repeats, "find", lambda *asked: None)
    with pytest.raises(AssertionError):
        check_held_up_phone(stand, phone)


def test_the_green_ends_with_the_strike_also_of_a_phone_that_is_held_up_on(
    stand: Stand, phone: Phone
) -> None:
    stand.scan(stand.code(phone))
    lights = []
    for _ in range(8):
        stand.clock.step(1)
        answer = stand.scan(stand.code(phone))
        assert answer.repeat
        lights.append(answer.light(stand.clock.monotonic()))
    assert lights == ["green"] * 4 + ["off"] * 4
    assert len(stand.strikes) == len(stand.entries()) == 1


def check_a_long_strike_is_one_entry(stand: Stand, phone: Phone) -> None:
    """Shown again after 10 s of 15: the strike still holds, so it is the same answer."""
    slow = replace(SITE.doors[0], strike_ms=15_000)
    stand.know(phone.holder, site=Site((slow,), SITE.issuers))
    stand.scan(stand.code(phone))
    stand.clock.step(10)
    answer = stand.scan(stand.code(phone))
    assert (answer.repeat, answer.light(stand.clock.monotonic())) == (True, "green")
    assert len(stand.strikes) == len(stand.entries()) == 1


def test_a_key_gets_its_answer_again_for_as_long_as_its_strike_holds(
    stand: Stand, phone: Phone
) -> None:
    check_a_long_strike_is_one_entry(stand, phone)


@pytest.mark.planted_fault("an answer that is forgotten before its strike is over")
def test_an_answer_that_is_forgotten_too_early_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remember(self: repeats.Repeats, key: bytes, answer: Answer, at: float) -> None:
        self._recent[key] = (at + repeats.REPEAT_SECONDS, answer)

    monkeypatch.setattr(repeats.Repeats, "remember", remember)
    with pytest.raises(AssertionError):
        check_a_long_strike_is_one_entry(stand, phone)


def test_after_the_strike_and_three_seconds_a_new_code_is_a_new_entry(
    stand: Stand, phone: Phone
) -> None:
    stand.scan(stand.code(phone))
    stand.clock.step(4.9)
    assert stand.scan(stand.code(phone)).repeat
    stand.clock.step(3.1)
    answer = stand.scan(stand.code(phone))
    assert answer.opened
    assert not answer.repeat
    assert answer.decision.passback
    assert len(stand.strikes) == 2


def test_another_key_during_a_strike_gets_its_own_entry_and_a_strike_that_runs_anew(
    stand: Stand, phone: Phone
) -> None:
    other = Phone()
    stand.know(phone.holder, other.holder)
    stand.scan(stand.code(phone))
    stand.clock.step(4)
    answer = stand.scan(stand.code(other))
    assert (answer.opened, answer.repeat) == (True, False)
    assert len(stand.strikes) == len(stand.entries()) == 2
    stand.clock.step(4)
    assert answer.light(stand.clock.monotonic()) == "green"


def test_a_repeat_is_for_the_proven_key_only(stand: Stand, phone: Phone) -> None:
    other = Phone()
    forged = sign_short(other.key, int(stand.clock.now()))
    assert stand.scan(stand.code(phone)).opened
    assert not stand.scan(forged).opened
    assert len(stand.entries()) == 2


def test_two_phones_side_by_side_are_each_repeated(stand: Stand, phone: Phone) -> None:
    other = Phone()
    stand.know(phone.holder, other.holder)
    codes = [stand.code(phone), stand.code(other)]
    answers = [stand.scan(code) for code in codes * 3]
    assert [answer.repeat for answer in answers] == [False] * 2 + [True] * 4
    assert len(stand.strikes) == 2


def test_a_bad_code_held_up_is_one_entry(stand: Stand) -> None:
    for _ in range(10):
        assert stand.scan("HTTPS://EXAMPLE.ORG").decision.reason is Reason.MALFORMED
        stand.clock.step(1)
    assert len(stand.entries()) == 1


def check_a_refusal_does_not_stick(stand: Stand, phone: Phone) -> None:
    code = stand.code(phone)
    assert stand.scan(code).opened
    stand.clock.step(5.5)
    for _ in range(8):  # held up with the code of before
        assert stand.scan(code).decision.reason is Reason.REPLAYED
        stand.clock.step(1)
    assert stand.scan(stand.code(phone)).opened
    assert reasons(stand) == [Reason.GRANTED, Reason.REPLAYED, Reason.GRANTED]


def test_a_refusal_does_not_stick_to_a_phone_that_is_held_up(stand: Stand, phone: Phone) -> None:
    check_a_refusal_does_not_stick(stand, phone)


@pytest.mark.planted_fault("a refusal holds for the key, as a grant does")
def test_a_refusal_that_sticks_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_door, "_repeat_key", lambda answer, line: answer.decision.kid or line)
    with pytest.raises(AssertionError):
        check_a_refusal_does_not_stick(stand, phone)


def test_a_right_that_arrives_while_a_code_is_held_up_opens(stand: Stand) -> None:
    late = Phone(_right(exp=5))
    stand.know(late.holder)
    code = stand.code(late)
    assert stand.scan(code).decision.reason is Reason.EXPIRED
    stand.know(replace(late.holder, rights=(_right(),)))
    assert stand.scan(code).opened


def test_a_pass_that_is_resumed_while_its_code_is_held_up_opens(tmp_path: Path) -> None:
    """The door knows of the pause without a network, and asks once whether it is over."""
    resting, asked = Phone(_right(nbf=2**32 - 1)), list[int | None]()
    paused = replace(resting.holder, pauses=(_right(exp=2**32 - 1),))

    def resume(kid: bytes | None, holder: int | None, door: str) -> bool:
        asked.append(holder)
        if len(asked) == 2:
            stand.know(replace(resting.holder, rights=(_right(),)))
        return len(asked) == 2

    stand = Stand(tmp_path, paused, ask=resume)
    refused = stand.scan(stand.code(resting))
    assert (refused.decision.reason, refused.opened) == (Reason.PAUSED, False)
    stand.clock.step(1)
    assert stand.scan(stand.code(resting)).opened
    assert asked == [resting.holder.holder] * 2
    stand.close()


def test_a_lockdown_ends_the_green_of_a_phone_that_is_held_up(stand: Stand, phone: Phone) -> None:
    stand.relay_works = False
    assert not stand.scan(stand.code(phone)).opened
    shut = replace(SITE.doors[0], state="lockdown")
    stand.know(phone.holder, site=replace(SITE, doors=(shut,)))
    stand.relay_works = True
    assert not stand.scan(stand.code(phone)).decision.granted
    assert stand.strikes == []


def test_a_key_revoked_while_held_up_is_refused_at_once(stand: Stand, phone: Phone) -> None:
    stand.scan(stand.code(phone))
    stand.know(phone.revoked)
    assert stand.scan(stand.code(phone)).decision.reason is Reason.REVOKED


# Each kind of bad code is refused with its reason and stored, and the next good code works.


def _right(**change: Any) -> Right:
    return replace(Right("gym", (), 0, 2**32), **change)


BAD = (
    Reason.UNKNOWN_KEY,
    Reason.MALFORMED,
    Reason.BAD_SIGNATURE,
    Reason.REPLAYED,
    Reason.CODE_EXPIRED,
    Reason.CODE_FROM_FUTURE,
    Reason.EXPIRED,
    Reason.NOT_YET_VALID,
    Reason.WRONG_CAMPUS,
    Reason.PAUSED,
    Reason.OUTSIDE_HOURS,
)


def bad_code(stand: Stand, phone: Phone, reason: Reason) -> bytes:
    """A code that the door must refuse now with `reason`."""
    rights = {
        Reason.EXPIRED: _right(exp=5),
        Reason.NOT_YET_VALID: _right(nbf=2**32 - 1),
        Reason.WRONG_CAMPUS: _right(campuses=("arabia",)),
        Reason.PAUSED: _right(nbf=2**32 - 1),
        Reason.OUTSIDE_HOURS: _right(nbf=2**32 - 1),
    }
    named = {Reason.PAUSED: "pauses", Reason.OUTSIDE_HOURS: "hours"}
    other = Phone(rights.get(reason, _right()))
    if reason in rights:
        limits = (_right(exp=2**32 - 1),)
        why: dict[str, Any] = {named[reason]: limits} if reason in named else {}
        stand.know(phone.holder, replace(other.holder, **why))
    at, good = int(stand.clock.now()), stand.code(phone).encode()
    if reason is Reason.REPLAYED:
        stand.scan(good)
        stand.clock.step(6)
    return {
        Reason.MALFORMED: good[:60],
        Reason.BAD_SIGNATURE: good[:24] + (b"0" if good[24:25] != b"0" else b"1") + good[25:],
        Reason.REPLAYED: good,
        Reason.CODE_EXPIRED: sign_short(phone.key, at - 40).encode(),
        Reason.CODE_FROM_FUTURE: sign_short(phone.key, at + 60).encode(),
    }.get(reason, stand.code(other).encode())


def test_every_bad_code_is_a_typed_refusal_with_an_entry_and_the_next_good_one_works(
    stand: Stand, phone: Phone
) -> None:
    for reason in BAD:
        text = bad_code(stand, phone, reason)
        strikes = len(stand.strikes)
        assert stand.scan(text).decision.reason is reason
        assert stand.entries()[-1].reason is reason
        assert len(stand.strikes) == strikes
        stand.clock.step(6)
        assert stand.scan(stand.code(phone)).opened
        stand.clock.step(6)
    assert stand.journal.verify_chain() == len(stand.entries())


def test_binary_and_overlong_lines_are_malformed(stand: Stand) -> None:
    for text in (b"", bytes(range(256)), b"\xff" * 119, b"Z1" + b"\x00" * 117, b"A" * 513):
        assert stand.scan(text).decision.reason is Reason.MALFORMED
    assert len(stand.entries()) == 5


# Configuration, clock and flags.


def test_a_door_without_configuration_stays_closed(tmp_path: Path, phone: Phone) -> None:
    stand = Stand(tmp_path)
    stand.know(phone.holder, site=Site((), {}))
    assert stand.scan(stand.code(phone)).decision.reason is Reason.DOOR_BLOCKED
    stand.close()


def test_a_code_before_the_clock_is_set_is_refused(stand: Stand, phone: Phone) -> None:
    code = stand.code(phone)
    stand.clock.start_anew(1000.0)
    answer = stand.scan(code)
    assert answer.decision.reason is Reason.CLOCK_UNSET
    assert stand.entries()[0].clock == "unset"


def test_duress_reaches_the_entry_and_which_way_it_was_says_the_door(
    stand: Stand, phone: Phone
) -> None:
    stand.scan(sign_short(phone.key, int(stand.clock.now()), FLAG_EXIT | FLAG_DURESS))
    (entry,) = stand.entries()
    assert (entry.leaving, entry.duress) == (False, True), "who says so comes in uncounted"


def test_a_long_code_lets_a_new_key_of_a_known_person_in(stand: Stand, phone: Phone) -> None:
    newer = Phone()
    assert stand.scan(newer.long_code(holder=phone.holder.holder)).opened


# The relay.


def check_a_dead_relay_lets_nobody_in(stand: Stand, phone: Phone) -> None:
    """Words, the code and the passback rule follow the strike, not the decision."""
    hard = Site((replace(SITE.doors[0], area=replace(GYM, passback="hard")),), SITE.issuers)
    stand.know(phone.holder, site=hard)
    stand.relay_works = False
    code = stand.code(phone)
    first = stand.scan(code)
    assert (first.opened, first.decision.reason) == (False, Reason.DOOR_FAULT)
    grant, fault = stand.entries()
    assert (fault.kind, fault.ref) == ("relay_fault", grant.uuid)
    stand.relay_works = True
    # With the very same code: it has opened nothing.
    second = stand.scan(code)
    assert (second.opened, second.repeat, second.decision.passback) == (True, False, False)
    assert [entry.kind for entry in stand.entries()] == ["scan", "relay_fault", "scan"]
    assert stand.journal.verify_chain() == 3


def test_a_dead_relay_lets_nobody_in_and_uses_no_code_up(stand: Stand, phone: Phone) -> None:
    check_a_dead_relay_lets_nobody_in(stand, phone)


@pytest.mark.planted_fault("a grant that counts although the strike failed")
def test_a_grant_that_counts_without_its_strike_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Journal, "withdraw", lambda self, fault, area, seq: self.append(fault, area)
    )
    with pytest.raises(AssertionError):
        check_a_dead_relay_lets_nobody_in(stand, phone)


def test_a_code_whose_strike_failed_opens_after_a_restart(stand: Stand, phone: Phone) -> None:
    stand.relay_works = False
    code = stand.code(phone)
    stand.scan(code)
    stand.restart()
    stand.relay_works = True
    assert stand.scan(code).opened


def test_while_its_board_is_set_aside_a_door_refuses_at_once_and_says_why(
    stand: Stand, phone: Phone
) -> None:
    stand.works = False
    code = stand.code(phone)
    for _ in range(3):
        assert stand.scan(code).decision.reason is Reason.DOOR_FAULT
    assert reasons(stand) == [Reason.DOOR_FAULT]
    stand.works = True
    assert stand.scan(code).opened


def test_a_fault_of_the_strike_is_stored_when_the_grant_took_the_last_room(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = Journal._insert, [True]

    def insert(self: Journal, entry: Entry, area: str) -> int:
        if entry.kind == "relay_fault" and full.pop():
            full.append(False)
            raise sqlite3.OperationalError("database or disk is full")
        return real(self, entry, area)

    stand.relay_works = False
    monkeypatch.setattr(Journal, "_insert", insert)
    stand.scan(stand.code(phone))
    assert [entry.kind for entry in stand.entries()] == ["scan", "relay_fault"]
    assert stand.journal.verify_chain() == 2
