"""`zone-bridge status` and `tail`: what the folder of a box says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_bridge.cli import main
from tests.world.rig import DOOR, Phone, Rig


@pytest.fixture
def used(rig: Rig) -> Rig:
    phone = Phone()
    rig.start()
    rig.know(phone)
    assert rig.scan(phone.code())["struck"]
    rig.event("uploaded", waiting=0)
    return rig


def test_the_status_says_what_runs_waits_and_is_known(
    used: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--config", str(used.config)]) == 0
    said = capsys.readouterr().out
    for part in ("running", "2 kept, 0 to send", "1 people, 1 phones", f"Gym: normal ({DOOR})"):
        assert part in said
    used.stop()
    assert main(["status", "--config", str(used.config)]) == 1
    assert "NOT RUNNING" in capsys.readouterr().out


def test_the_newest_entries_are_printed_without_names(
    used: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tail", "--lines", "1", "--config", str(used.config)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "UTC  Gym  granted" in line
    assert main(["tail", "--config", str(used.config)]) == 0
    assert [row.split()[4] for row in capsys.readouterr().out.splitlines()] == [
        "started",
        "granted",
    ]


def test_new_entries_follow_until_the_person_ends_it(
    used: Rig, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(seconds: float) -> None:
        used.scan("JUNK")
        monkeypatch.setattr("firmware_bridge.status.time.sleep", interrupted)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("firmware_bridge.status.time.sleep", end)
    assert main(["tail", "--lines", "1", "--follow", "--config", str(used.config)]) == 0
    assert [line.split()[4] for line in capsys.readouterr().out.splitlines()] == [
        "granted",
        "malformed",
    ]


def test_a_door_that_the_box_has_no_name_of_is_printed_by_its_uuid(
    used: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    used.stop()
    (used.folder / "data" / "roster.sqlite").unlink()
    assert main(["tail", "--lines", "1", "--config", str(used.config)]) == 0
    assert f"UTC  {DOOR}  granted" in capsys.readouterr().out


@pytest.mark.parametrize("lines", ["-1", "many"])
def test_a_number_of_lines_is_0_or_more(
    rig: Rig, lines: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["tail", "--lines", lines, "--config", str(rig.config)])
    said = capsys.readouterr()
    assert "a number, 0 or more, is needed" in said.err
    assert said.out == ""


@pytest.mark.thorough
def test_a_pipe_that_is_closed_ends_the_lines_without_a_word(used: Rig) -> None:
    command = [sys.executable, "-m", "firmware_bridge.cli", "tail", "--config", str(used.config)]
    for arguments in (command, [*command, "--follow"], [*command[:3], "status", *command[4:]]):
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run(
            arguments, check=False, stdout=write, stderr=subprocess.PIPE, timeout=60
        )
        os.close(write)
        assert (done.returncode, done.stderr) == (0, b"")


def test_a_folder_without_a_bridge_is_said_to_be_one(
    rig: Rig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = rig.config.read_text()
    rig.config.write_text(text.replace(f"{rig.folder}/data", str(tmp_path / "none")))
    for command in ("status", "tail"):
        assert main([command, "--config", str(rig.config)]) == 2
        assert "journal.sqlite" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
