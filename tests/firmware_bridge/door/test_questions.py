"""Questions of a door to the server about a refusal that newer data could change."""

from dataclasses import replace

import pytest

from firmware_bridge.door import door as door_door
from firmware_bridge.wire.messages.holders import Holder
from firmware_bridge.wire.reasons import Reason
from tests.firmware_bridge.door.test_door import bad_code, reasons
from tests.world.rig import DOOR, Phone, Stand


class RecordingServer:
    """Answers questions with rows and records them."""

    def __init__(self, stand: Stand, *holders: Holder) -> None:
        self.stand, self.holders = stand, holders
        self.questions: list[tuple[bytes | None, int | None, str]] = []
        stand.ask = self

    def __call__(self, kid: bytes | None, holder: int | None, door: str) -> bool:
        self.questions.append((kid, holder, door))
        self.stand.roster.apply_rows([row.to_json() for row in self.holders])
        return bool(self.holders)


def test_an_unknown_key_is_asked_about_and_opens(stand: Stand) -> None:
    new = Phone()
    server = RecordingServer(stand, new.holder)
    assert stand.scan(stand.code(new)).opened
    assert server.questions == [(new.kid, None, DOOR)]
    assert reasons(stand) == [Reason.GRANTED]


def test_a_question_about_an_unknown_holder_has_the_number(stand: Stand) -> None:
    new = Phone()
    server = RecordingServer(stand, new.holder)
    assert stand.scan(new.long_code()).opened
    assert server.questions == [(new.kid, new.holder.holder, DOOR)]


def test_a_right_bought_a_minute_ago_is_fetched_and_opens(stand: Stand, phone: Phone) -> None:
    stand.know(replace(phone.holder, rights=()))
    RecordingServer(stand, phone.holder)
    assert stand.scan(stand.code(phone)).opened


def test_without_newer_data_the_refusal_stays(stand: Stand) -> None:
    server = RecordingServer(stand)
    assert stand.scan(stand.code(Phone())).decision.reason is Reason.UNKNOWN_KEY
    assert len(server.questions) == 1


def check_one_question_a_second(stand: Stand) -> None:
    server = RecordingServer(stand)
    for _ in range(20):
        stand.scan(stand.code(Phone()))
        stand.clock.step(0.1)
    assert 2 <= len(server.questions) <= 3


def test_a_flood_of_forged_keys_asks_once_a_second(stand: Stand) -> None:
    check_one_question_a_second(stand)


@pytest.mark.planted_fault("a door that asks every time")
def test_a_door_that_asks_every_time_fails_the_check(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_door, "ASK_PAUSE_SECONDS", 0.0)
    with pytest.raises(AssertionError):
        check_one_question_a_second(stand)


@pytest.mark.parametrize(
    "reason", [Reason.MALFORMED, Reason.BAD_SIGNATURE, Reason.REPLAYED, Reason.CODE_EXPIRED]
)
def test_no_question_when_newer_data_cannot_change_the_refusal(
    stand: Stand, phone: Phone, reason: Reason
) -> None:
    text = bad_code(stand, phone, reason)
    server = RecordingServer(stand, phone.holder)
    assert stand.scan(text).decision.reason is reason
    assert server.questions == []
