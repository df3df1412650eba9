"""`zone-bridge doctor` and ports with odd names, two names, or another door's device."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge import doctor_ports
from firmware_bridge.cli import main
from firmware_bridge.config import load
from firmware_bridge.devices.board_profiles import BOARDS
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.doctor import examine
from firmware_bridge.port_names import list_ports
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.sim.relay import SimulatedRelay
from tests.world.rig import OTHER_DOOR, Rig

pytestmark = pytest.mark.usefixtures("quick_lines")


def edit(rig: Rig, old: str, new: str) -> None:
    text = rig.config.read_text()
    assert old in text
    rig.config.write_text(text.replace(old, new))


def wrong(rig: Rig) -> list[tuple[str, str]]:
    return [(one.what, one.step) for one in examine(load(rig.config), None) if not one.good]


def add_second_door(rig: Rig, reader: Path, relay: Path, *, coil: int = 1) -> None:
    rig.config.write_text(
        f'{rig.config.read_text()}\n[[doors]]\ndoor = "{OTHER_DOOR}"\n'
        f'reader = {{ port = "{reader}" }}\n'
        f'relay = {{ port = "{relay}", baud = 115200, coil = {coil} }}\n'
    )


@contextmanager
def another_reader(path: Path) -> Iterator[Path]:
    reader = SimulatedReader(path)
    try:
        yield path
    finally:
        reader.close()


def test_a_device_with_two_names_is_found_before_two_doors_fight_for_it(
    rig: Rig, tmp_path: Path
) -> None:
    for name in ("reader", "relay"):
        (tmp_path / f"other {name} ä").symlink_to(os.path.realpath(rig.folder / name))
    add_second_door(rig, tmp_path / "other reader ä", tmp_path / "other relay ä")
    said = wrong(rig)
    assert [what.endswith("are the same device") for what, _ in said] == [True, True]
    assert {step.partition(":")[0] for _, step in said} == {
        "A reader needs a port of its own",
        "Boards share a line under one name",
    }


def test_a_name_with_spaces_and_letters_is_a_name(rig: Rig, tmp_path: Path) -> None:
    place = tmp_path / "ovi № 1"
    place.mkdir()
    (place / "lukija ä").symlink_to(os.path.realpath(rig.folder / "reader"))
    edit(rig, f"{rig.folder}/reader", f"{place}/lukija ä")
    assert wrong(rig) == []


@pytest.mark.parametrize("name", ["reader", "data"])
def test_a_name_that_is_no_whole_path_is_named(
    rig: Rig, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It works for who tries it here, and not for the service."""
    monkeypatch.chdir(rig.folder)
    edit(rig, f"{rig.folder}/{name}", name)
    assert wrong(rig) == [(f"{name} is no whole path", doctor_ports.WHOLE_PATH)]


@pytest.mark.parametrize("name", ["reader", "relay", "data"])
def test_a_name_with_a_nul_is_an_error_of_the_settings(
    rig: Rig, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(rig, f"{rig.folder}/{name}", f"{rig.folder}/\\u0000{name}")
    for command in ("run", "doctor", "status"):
        assert main([command, "--config", str(rig.config)]) == 2
        assert capsys.readouterr().err.startswith("Settings: ")


@pytest.mark.parametrize(
    ("port", "why"),
    [
        ("/nowhere", "/nowhere is not there"),
        ("/etc/hostname", "/etc/hostname is no serial port"),
        ("/dev/null", "/dev/null is no serial port"),
        ("/etc", "/etc is no serial port"),
    ],
)
def test_what_is_wrong_with_a_port_is_said_in_a_few_words(port: str, why: str) -> None:
    lost: list[str] = []
    link = SerialLink(port, 9600, lambda up, why: lost.append(why))
    assert link.read(0) == b""
    assert lost == [why]


def test_a_port_that_another_program_has_is_told_from_a_missing_one(rig: Rig) -> None:
    lost: list[str] = []
    port = str(rig.folder / "reader")
    first = SerialLink(port, 9600, lambda up, why: None)
    first.read(0)
    second = SerialLink(port, 9600, lambda up, why: lost.append(why))
    second.read(0)
    first.close()
    assert lost == [f"another program has {port}"]


def test_the_ports_that_are_there_are_listed(tmp_path: Path) -> None:
    for name in ("ttyUSB0", "ttyACM3", "ttyS0"):
        (tmp_path / name).touch()
    (tmp_path / "zone").mkdir()
    (tmp_path / "zone" / "port-1-2").symlink_to(tmp_path / "ttyUSB0")
    assert list_ports(tmp_path) == [str(tmp_path / "ttyACM3"), f"{tmp_path}/zone/port-1-2"]


def test_each_question_names_its_door(rig: Rig, tmp_path: Path) -> None:
    """Otherwise nobody finds two readers, strikes or contacts that are swapped."""
    with another_reader(tmp_path / "reader-2") as port:
        rig.write_config(more="contact = { input = 0 }\nexit = { input = 1 }")
        add_second_door(rig, port, rig.folder / "relay")
        asked: list[str] = []

        def answer_no(question: str) -> bool:
            asked.append(question)
            return question.startswith("Open the door") and "second" in question

        list(examine(load(rig.config), answer_no))
    for question in asked:
        assert "Gym" in question
    of_both = {question.replace("Gym, side door", "Gym") for question in asked}
    assert len([one for one in asked if "side door" in one]) == 3  # code, strike, click
    assert {one.split()[0] for one in of_both} == {"Show", "Open", "Did", "Shut", "Leave"}


def test_a_lock_that_clicks_at_another_door_has_a_step(rig: Rig) -> None:
    said = list(examine(load(rig.config), lambda question: question.startswith("Open")))
    (step,) = [one.step for one in said if not one.good]
    assert "each other's `relay`" in step


def test_a_board_of_the_other_family_at_its_own_address_is_found(rig: Rig, tmp_path: Path) -> None:
    board = SimulatedRelay(tmp_path / "lc", 255, profile=BOARDS["lctech"])
    edit(rig, f"{rig.folder}/relay", f"{tmp_path}/lc")
    ((_, step),) = wrong(rig)
    board.close()
    assert "answers as unit 255 at 115200 baud" in step
    assert 'profile = "lctech"' in step
