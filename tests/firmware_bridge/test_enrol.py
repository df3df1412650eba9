"""`zone-bridge enrol`: a code is typed, or a real reader scans the QR code of the page."""

import builtins
import os
import pwd
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge import invitations
from firmware_bridge.cli import main
from firmware_bridge.config import ReaderSettings
from firmware_bridge.devices.reader_profiles import GENERIC
from firmware_bridge.invitations import scan_invitation
from firmware_bridge.sim.reader import SimulatedReader
from firmware_bridge.store.journal import Journal
from firmware_bridge.wire.messages.enrol import Invitation, format_code, read_code
from tests.world.peer import Peer
from tests.world.rig import DOOR, Phone, Rig

TOKEN = "q3YtVm-_" * 5 + "abc"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[SimulatedReader]:
    reader = SimulatedReader(tmp_path / "reader")
    yield reader
    reader.close()


def settings(folder: Path, *, server: str | None = None) -> Path:
    """The settings of a box with one reader; `server` is left to the enrolment where None."""
    path = folder / "box.toml"
    path.write_text(
        f'data = "{folder}/data"\n'
        + (f'server = "{server}"\n' if server else "")
        + f'[[doors]]\ndoor = "{DOOR}"\nreader = {{ port = "{folder}/reader" }}\n'
        f'relay = {{ port = "{folder}/relay" }}\n'
    )
    return path


def enrolled(folder: Path) -> str | None:
    journal = Journal(folder / "data")
    identity = journal.identity()
    journal.close()
    return None if identity is None else identity.bridge


def shown_after(reader: SimulatedReader, *texts: str | bytes) -> None:
    """Hold these in front of the reader, one after the other, in a moment."""

    def show() -> None:
        for text in texts:
            reader.scan(text)

    threading.Timer(0.5, show).start()


@pytest.mark.parametrize(
    "typed",
    ["7K3M-9QXC-H0T1", "7k3m 9qxc hOti", "  7K3M9QXCHoTL\n", "7-K3-M9-QX-CH-0T-I"],
)
def test_what_is_easily_mistyped_is_forgiven(typed: str) -> None:
    assert read_code(typed) == "7K3M9QXCH0T1"
    assert format_code("7K3M9QXCH0T1") == "7K3M-9QXC-H0T1"


@pytest.mark.parametrize("other", ["", "7K3M-9QXC-H0T", "7K3M-9QXC-H0T11", "7K3M-9QXC-H0TU", TOKEN])
def test_what_is_no_code_is_none(other: str) -> None:
    assert read_code(other) is None


def test_the_box_enrols_by_a_scan_alone_and_stays_with_that_server(
    tmp_path: Path, peer: Peer, reader: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path)
    invitation = Invitation(peer.origin, peer.invite())
    shown_after(reader, Phone().code(), invitation.to_text())
    assert main(["enrol", "--scan", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "That was another code" in said
    assert said.splitlines()[-1] == enrolled(tmp_path)
    # `server` is in no setting, and the box finds it again.
    assert main(["rotate", "--config", str(config)]) == 0
    assert main(["doctor", "--no-ask", "--config", str(config)]) == 1
    assert f"{peer.origin} knows this bridge" in capsys.readouterr().out


@pytest.mark.parametrize(
    "frame", [b"%s\r", b"]Q1%s\r\n", b"\x02%s\x03", b"%s\t"], ids=["plain", "aim", "stx", "tab"]
)
def test_a_scanner_may_add_something(tmp_path: Path, frame: bytes) -> None:
    reader = SimulatedReader(tmp_path / "reader", after=b"")
    invitation = Invitation("https://zone.example", TOKEN)
    shown_after(reader, frame % invitation.to_text().encode())
    found = scan_invitation([ReaderSettings(str(tmp_path / "reader"), GENERIC)], print, 10.0)
    reader.close()
    assert found == invitation


def test_any_reader_of_the_box_will_do(tmp_path: Path, reader: SimulatedReader) -> None:
    other = SimulatedReader(tmp_path / "other")
    invitation = Invitation("https://zone.example", TOKEN)
    shown_after(other, invitation.to_text())
    ports = [ReaderSettings(str(tmp_path / name), GENERIC) for name in ("reader", "gone", "other")]
    said: list[str] = []
    assert scan_invitation(ports, said.append, 10.0) == invitation
    assert any("gone" in line for line in said), "a reader that is not there is named"
    other.close()


def test_a_code_of_another_server_than_that_of_the_settings_is_refused(
    tmp_path: Path, peer: Peer, reader: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path, server="https://other.example")
    shown_after(reader, Invitation(peer.origin, peer.invite()).to_text())
    assert main(["enrol", "--scan", "--config", str(config)]) == 2
    assert f"the code is of {peer.origin}" in capsys.readouterr().err
    assert enrolled(tmp_path) is None


def test_no_box_enrols_over_a_connection_that_others_can_read(
    tmp_path: Path, reader: SimulatedReader, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path)
    shown_after(reader, Invitation("http://zone.example", TOKEN).to_text())
    for given in (["--scan"], ["--token", TOKEN, "--server", "http://zone.example"]):
        assert main(["enrol", *given, "--config", str(config)]) == 2
        assert "https is needed" in capsys.readouterr().err


def test_nothing_scanned_is_said(
    tmp_path: Path,
    reader: SimulatedReader,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(invitations.scan_invitation, "__defaults__", (0.2,))
    assert main(["enrol", "--scan", "--config", str(settings(tmp_path))]) == 2
    assert "no enrolment code was scanned" in capsys.readouterr().err


def test_a_person_types_the_code(
    tmp_path: Path,
    peer: Peer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    token = peer.invite()
    monkeypatch.setattr(builtins, "input", lambda question: f" {token} ")
    assert main(["enrol", "--config", str(settings(tmp_path, server=peer.origin))]) == 0
    assert capsys.readouterr().out.strip() == enrolled(tmp_path)


def test_nobody_there_to_type_and_no_server_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody(question: str) -> str:
        raise EOFError

    monkeypatch.setattr(builtins, "input", nobody)
    config = settings(tmp_path, server="https://zone.example")
    assert main(["enrol", "--config", str(config)]) == 2
    assert "no code was typed" in capsys.readouterr().err
    assert main(["enrol", "--token", TOKEN, "--config", str(settings(tmp_path))]) == 2
    assert "server: a text is needed" in capsys.readouterr().err


def test_an_enrolled_box_is_told_so_before_anybody_is_asked(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    text = rig.config.read_text()
    rig.config.write_text("\n".join(row for row in text.split("\n") if "server" not in row))
    for way in (["--scan"], ["--token", TOKEN], []):
        assert main(["enrol", *way, "--config", str(rig.config)]) == 1
        said = capsys.readouterr()
        assert "Not enrolled: this folder is that of bridge" in said.err
        assert said.out == ""


@pytest.mark.parametrize("command", ["rotate", "trust", "run"])
def test_what_needs_an_enrolled_box_says_so(
    tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--config", str(settings(tmp_path))]) == 2
    assert "run zone-bridge enrol first" in capsys.readouterr().err


def test_without_a_network_the_address_is_named_and_the_code_still_good(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings(tmp_path, server="http://127.0.0.1:9")
    assert main(["enrol", "--token", TOKEN, "--config", str(config)]) == 1
    assert "http://127.0.0.1:9, and run this again with the same code" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may open the folder of another user")
@pytest.mark.parametrize("command", ["enrol", "doctor", "adopt", "rotate", "trust", "run"])
def test_root_leaves_no_files_in_the_folder_of_the_service(
    tmp_path: Path,
    command: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # `run` is also what a service manager starts, which is not refused.
    monkeypatch.setattr("os.isatty", lambda _file: True)
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
    config = settings(tmp_path, server="https://zone.example")
    assert main([command, "--config", str(config)]) == 2
    assert "sudo -u nobody" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_a_running_bridge_is_stopped_first(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    rig.start()
    assert main(["enrol", "--scan", "--config", str(rig.config)]) == 2
    assert "stop it first" in capsys.readouterr().err
