"""The codes of many phones tell that the bridge's clock is off; those of one do not."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.door import drift
from firmware_bridge.door.door import Door
from firmware_bridge.door.drift import Drift
from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.token import sign_short
from tests.world.rig import DOOR, Phone, Stand


class DoubtfulDoor:
    """A door whose clock is that many seconds off, and what it says of it."""

    def __init__(self, folder: Path, off: float) -> None:
        self.phones = [Phone() for _ in range(5)]
        self.stand = Stand(folder, *(phone.holder for phone in self.phones))
        self.said: list[float] = []
        stand = self.stand
        self.right = stand.clock.now()
        self.door = Door(
            DOOR,
            stand.journal,
            stand.roster,
            stand.clock,
            stand.question,
            stand,
            self.said.append,
        )
        stand.clock.start_anew(self.right + off)

    def show(self, phone: Phone) -> Reason:
        code = sign_short(phone.key, int(self.right))
        return self.door.handle_scan(code.encode()).decision.reason

    def close(self) -> None:
        self.stand.close()


def check_the_phones_tell_of_a_clock_that_is_off(folder: Path, off: float) -> None:
    door = DoubtfulDoor(folder, off)
    reasons = {door.show(phone) for phone in door.phones[:2]}
    before = list(door.said)
    reasons.add(door.show(door.phones[2]))
    door.close()
    assert reasons == {Reason.CODE_EXPIRED if off > 0 else Reason.CODE_FROM_FUTURE}
    assert before == []
    (said,) = door.said
    # The second of the code is cut off.
    assert -1 <= said + off <= 0


@pytest.mark.parametrize("off", [31, -31, 3600, 86_400 * 20])
def test_three_phones_that_agree_tell_of_a_clock_that_is_off(tmp_path: Path, off: float) -> None:
    check_the_phones_tell_of_a_clock_that_is_off(tmp_path, off)


@pytest.mark.planted_fault("one phone is believed")
def test_a_door_that_believes_one_phone_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drift, "PHONES", 1)
    with pytest.raises(AssertionError):
        check_the_phones_tell_of_a_clock_that_is_off(tmp_path, 3600)


def test_one_phone_shown_often_and_unknown_phones_tell_nothing(tmp_path: Path) -> None:
    door = DoubtfulDoor(tmp_path, 3600)
    for phone in [door.phones[0]] * 5 + [Phone() for _ in range(5)]:
        door.show(phone)
    door.close()
    assert door.said == []


def test_the_codes_of_known_keys_that_somebody_made_up_tell_nothing(tmp_path: Path) -> None:
    door = DoubtfulDoor(tmp_path, 3600)
    for phone in door.phones:
        phone.key = Phone().key
        door.show(phone)
    door.close()
    assert door.said == []


def test_a_key_that_is_no_point_of_the_curve_ends_no_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = DoubtfulDoor(tmp_path, 3600)
    phone = door.phones[0]
    damaged = replace(
        phone.holder, keys=(replace(phone.holder.keys[0], point=b"\x02" + b"\xff" * 32),)
    )
    door.stand.know(damaged)
    assert door.show(phone) is Reason.CODE_EXPIRED
    door.close()
    assert door.said == []


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(-1e6, 1e6), st.floats(0, 100)), max_size=40))
def test_what_phones_agree_on_lies_between_what_they_say(
    codes: list[tuple[int, float, float]],
) -> None:
    seen, at = Drift(), 0.0
    for number, ahead, pause in codes:
        at += pause
        agreed = seen.note(bytes([number]), ahead, at)
        if agreed is not None:
            assert len({number for number, *_ in codes}) >= drift.PHONES
            assert agreed in [offset for _, offset, _ in codes]
