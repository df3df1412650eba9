"""Junk at a reader: refused, and stored as far as its budget of rows goes."""

import pytest

from firmware_bridge.door.answer import Answer
from firmware_bridge.door.budget import ROWS, SECONDS_A_ROW, RowBudget
from firmware_bridge.door.repeats import MOST, Repeats
from firmware_bridge.wire.decide import Decision
from firmware_bridge.wire.messages.holders import Right
from firmware_bridge.wire.reasons import Reason
from tests.world.rig import Phone, Stand


def check_junk_leaves_the_disk_alone(stand: Stand, phone: Phone) -> None:
    for number in range(3 * ROWS):
        assert not stand.scan(f"JUNK {number}").opened
        stand.clock.step(0.001)
    assert stand.scan(stand.code(phone)).opened
    stand.clock.step(10 * SECONDS_A_ROW)
    after = stand.scan("JUNK AGAIN")
    stored = [entry.reason for entry in stand.entries()]
    assert stored == [Reason.MALFORMED] * ROWS + [Reason.GRANTED, Reason.MALFORMED]
    assert after.uuid is not None


def test_junk_fills_no_disk_and_keeps_nobody_out(stand: Stand, phone: Phone) -> None:
    check_junk_leaves_the_disk_alone(stand, phone)


def test_what_was_not_stored_is_counted(stand: Stand) -> None:
    answers = [stand.scan(f"JUNK {number}") for number in range(ROWS + 7)]
    assert [answer.uuid is None for answer in answers] == [False] * ROWS + [True] * 7
    stand.clock.step(SECONDS_A_ROW)
    assert stand.scan("JUNK AGAIN").left_out == 7
    stand.clock.step(SECONDS_A_ROW)
    assert stand.scan("AND AGAIN").left_out == 0


@pytest.mark.planted_fault("every scan has a row")
def test_a_door_without_a_budget_fails_the_check(
    stand: Stand, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RowBudget, "take", lambda *_: True)
    with pytest.raises(AssertionError):
        check_junk_leaves_the_disk_alone(stand, phone)


def test_a_known_key_is_on_record_however_often_it_is_refused(stand: Stand) -> None:
    late = Phone(Right("gym", (), 0, 5))
    stand.know(late.holder)
    for _ in range(ROWS + 5):
        assert stand.scan(stand.code(late)).uuid is not None
        stand.clock.step(4)


def check_junk_is_an_alarm(stand: Stand) -> None:
    for number in range(ROWS):
        stand.scan(f"JUNK {number}")
    before = stand.door.sees_junk
    stand.scan("ONE TOO MANY")
    during = stand.door.sees_junk
    stand.clock.step(ROWS / 2 * SECONDS_A_ROW - 1)
    still = stand.door.sees_junk
    stand.clock.step(2)
    assert (before, during, still, stand.door.sees_junk) == (False, True, True, False)
    stand.scan("JUNK AGAIN")
    assert not stand.door.sees_junk


def test_junk_is_an_alarm_until_the_reader_has_been_quiet(stand: Stand) -> None:
    check_junk_is_an_alarm(stand)


@pytest.mark.planted_fault("an alarm that ends with the first row that is free again")
def test_an_alarm_that_flickers_fails_the_check(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RowBudget, "overdrawn", lambda budget, now: budget._filled(now) < 1)
    with pytest.raises(AssertionError):
        check_junk_is_an_alarm(stand)


def test_of_a_flood_a_door_remembers_little_and_each_grant() -> None:
    repeats = Repeats()
    refused = Answer(Decision(False, Reason.MALFORMED), None)
    opened = Answer(Decision(True, Reason.GRANTED), "uuid", until=105.0)
    for number in range(10 * MOST):
        repeats.remember(b"junk %d" % number, refused, 100.0)
    repeats.remember(b"a key", opened, 100.0)
    assert len(repeats._recent) == MOST + 1
    assert repeats.find(b"a key", 105.0) is opened
    assert repeats.find(b"junk 1", 102.0) is refused
    repeats.remember(b"later", refused, 110.0)
    assert len(repeats._recent) == 1
