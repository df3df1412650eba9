"""A door with a contact and an exit button: the bridge as a process, its board on a pty."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from firmware_bridge.devices.modbus import READ_INPUTS
from firmware_bridge.sim.relay import SimulatedRelay
from tests.world.rig import DOOR, SITE, Phone, Rig, eventually, rigged

CONTACT, BUTTON = 0, 1
WIRED = f"contact = {{ input = {CONTACT} }}\nexit = {{ input = {BUTTON} }}"
SHORT = replace(SITE, doors=tuple(replace(door, strike_ms=700) for door in SITE.doors))


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def rig(tmp_path: Path, phone: Phone) -> Iterator[Rig]:
    with rigged(tmp_path, site=SHORT) as rig:
        rig.write_config(more=WIRED)
        shut(rig)
        rig.start()
        rig.know(phone)
        yield rig


def shut(rig: Rig) -> None:
    rig.relay.closed_inputs.add(CONTACT)


def open_door(rig: Rig) -> None:
    rig.relay.closed_inputs.discard(CONTACT)


def uploaded(rig: Rig) -> list[dict[str, Any]]:
    """The entries that the server has, in their order."""
    return [rig.peer.entries[key] for key in sorted(rig.peer.entries)]


def kinds(rig: Rig) -> list[str]:
    return [entry.kind for entry in rig.entries() if entry.kind != "started"]


def test_a_door_that_is_opened_ends_its_strike_and_makes_no_further_entry(
    rig: Rig, phone: Phone
) -> None:
    assert rig.scan(phone.code())["struck"]
    open_door(rig)
    rig.event("doorway", what="opened")
    eventually(lambda: rig.relay.cuts == [0])
    shut(rig)
    rig.event("doorway", what="closed")
    assert kinds(rig) == ["scan"]


def test_where_nobody_goes_in_the_server_hears_of_it_and_the_person_may_come_in(
    rig: Rig, phone: Phone
) -> None:
    granted = rig.scan(phone.code())
    rig.event("doorway", what="not_opened")
    eventually(lambda: [row["kind"] for row in uploaded(rig)][-2:] == ["scan", "not_opened"])
    assert uploaded(rig)[-1]["ref"] == granted["uuid"]
    again = rig.scan(phone.code(1))
    assert (again["struck"], again["repeat"]) == (True, False)


def test_a_forced_door_is_told_and_one_after_the_exit_button_is_not(rig: Rig) -> None:
    rig.relay.closed_inputs.add(BUTTON)
    rig.event("doorway", what="exit_request")
    rig.relay.closed_inputs.discard(BUTTON)
    open_door(rig)
    rig.event("doorway", what="opened")
    shut(rig)
    rig.event("doorway", what="closed")
    eventually(lambda: kinds(rig) == ["exit_request"])
    rig.stop()
    rig.start()
    open_door(rig)
    rig.event("doorway", what="forced_open")
    eventually(lambda: kinds(rig) == ["exit_request", "forced_open"])


def test_a_fire_alarm_is_told_and_opens_nothing(rig: Rig, phone: Phone) -> None:
    rig.stop()
    text = rig.config.read_text()
    rig.config.write_text(text.replace("[[doors]]", "fire = { input = 5 }\n[[doors]]"))
    rig.start()
    rig.relay.closed_inputs.add(5)
    rig.event("fire", on=True)
    eventually(lambda: "fire" in rig.peer.statuses[-1].get("alarms", "").split(","))
    assert rig.relay.pulses == []
    assert rig.scan(phone.code())["granted"]
    rig.relay.closed_inputs.discard(5)
    rig.event("fire", on=False)
    eventually(lambda: rig.peer.statuses[-1].get("alarms", "") == "")


def test_scans_are_answered_while_the_inputs_are_read(rig: Rig, phone: Phone) -> None:
    open_door(rig)
    rig.event("doorway", what="forced_open")
    for second in range(5):
        assert rig.scan(phone.code(second))["granted"]
    rig.relay.reply_mode = "silent"
    rig.event("board", up=False)
    rig.relay.reply_mode = "echo"
    rig.event("board", up=True)
    shut(rig)
    open_door(rig)
    assert rig.stop() == 0


def test_a_contact_on_a_board_of_its_own_that_falls_silent_is_an_alarm_and_shuts_no_door(
    tmp_path: Path, phone: Phone
) -> None:
    inputs = SimulatedRelay(tmp_path / "inputs", unit=9)
    inputs.closed_inputs.add(CONTACT)
    with rigged(tmp_path, site=SHORT) as rig:
        rig.write_config(
            more=f'contact = {{ port = "{inputs.wire.link}", unit = 9, input = {CONTACT} }}'
        )
        rig.start()
        rig.know(phone)
        inputs.reply_mode = "silent"
        rig.event("board", up=False)
        eventually(lambda: rig.peer.statuses[-1].get("alarms") == f"input_fault:{DOOR}")
        scan = rig.scan(phone.code())
        assert scan["struck"], scan
        inputs.reply_mode = "echo"
        rig.event("board", up=True)
        eventually(lambda: not rig.peer.statuses[-1].get("alarms"))
    inputs.close()


def test_a_button_that_is_pressed_for_a_moment_lets_out(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()
    answer = rig.relay._answer

    def seen_once(frame: bytes, reply: bytes) -> None:
        answer(frame, reply)
        if frame[1] == READ_INPUTS and BUTTON in rig.relay.closed_inputs:
            rig.relay.closed_inputs.discard(BUTTON)
            answered.set()

    monkeypatch.setattr(rig.relay, "_answer", seen_once)
    rig.relay.closed_inputs.add(BUTTON)
    assert answered.wait(10)
    open_door(rig)
    rig.event("doorway", what="opened")
