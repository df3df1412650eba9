"""A disk that takes its time: nothing opens behind it for somebody who has gone away."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.door import runner
from firmware_bridge.door.commands import execute_command
from firmware_bridge.door.runner import PATIENCE_SECONDS, RELEASE_MS
from firmware_bridge.store.journal import Journal
from firmware_bridge.wire.messages.commands import DoorCommand
from firmware_bridge.wire.reasons import Reason
from tests.firmware_bridge.door.test_schedules import ReleasedStand
from tests.world.rig import DOOR, Phone

ORDER = "22222222-2222-4222-8222-222222222222"


class SlowDisk(ReleasedStand):
    """A door whose journal takes `takes` seconds for an entry."""

    takes = 0.0

    def slow_down(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("append", "answer_command"):
            real = getattr(Journal, name)

            def slow(journal: Journal, *args: object, real: object = real, **how: object) -> int:
                self.clock.step(self.takes)
                return real(journal, *args, **how)  # type: ignore[operator, no-any-return]

            monkeypatch.setattr(Journal, name, slow)


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def stand(tmp_path: Path, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowDisk]:
    stand = SlowDisk(tmp_path, phone)
    stand.slow_down(monkeypatch)
    yield stand
    stand.close()


def check_who_has_gone_is_not_let_in(stand: SlowDisk, phone: Phone) -> None:
    stand.takes = PATIENCE_SECONDS + 0.1
    code = stand.code(phone)
    answer = stand.scan(code)
    assert (answer.opened, answer.decision.reason) == (False, Reason.DOOR_FAULT)
    assert stand.strikes == []
    stand.takes = 0.0
    assert stand.scan(code).opened, "its code is not used up"
    assert len(stand.strikes) == 1


def test_who_has_waited_for_the_disk_and_gone_is_not_let_in(stand: SlowDisk, phone: Phone) -> None:
    check_who_has_gone_is_not_let_in(stand, phone)


@pytest.mark.planted_fault("a grant opens however long its entry took")
def test_a_door_with_endless_patience_fails_the_check(
    stand: SlowDisk, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PATIENCE_SECONDS", 60.0)
    with pytest.raises(AssertionError):
        check_who_has_gone_is_not_let_in(stand, phone)


def test_who_still_waits_is_let_in(stand: SlowDisk, phone: Phone) -> None:
    stand.takes = PATIENCE_SECONDS - 0.5
    assert stand.scan(stand.code(phone)).opened


def test_the_desk_opens_no_door_when_it_does_not_look_any_more(stand: SlowDisk) -> None:
    stand.takes = PATIENCE_SECONDS + 0.1
    order = DoorCommand(ORDER, DOOR, "open_once", int(stand.clock.now()) + 60)
    assert execute_command(stand.door, order) == "relay_fault"
    assert stand.strikes == []
    assert stand.kinds() == ["opened_by_desk", "relay_fault"]


def test_a_release_that_ended_while_its_entry_was_stored_opens_nothing(stand: SlowDisk) -> None:
    stand.release(10)
    stand.takes = 15
    stand.pass_time(0.1)
    assert stand.strikes == []
    stand.takes = 0.0
    stand.pass_time(0.1)
    assert stand.kinds() == ["released", "release_ended"]
    stand.release(10)
    stand.pass_time(4)
    assert set(stand.strikes) == {RELEASE_MS}
