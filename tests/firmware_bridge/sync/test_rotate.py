"""Rotation of the device key: a power cut at any step leaves a bridge that can sign on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.cli import main
from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync import rotate as rotating
from firmware_bridge.sync.channel import Channel, ServerError
from firmware_bridge.sync.enrol import enrol
from firmware_bridge.sync.sign_on import JournalKeys, SignOn, SingleKey
from tests.world.peer import Peer
from tests.world.rig import Rig, eventually


class PlugPulled(BaseException):
    """A simulated power cut."""


class RebootedBridge:
    """An enrolled bridge that can be restarted."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        self.folder, self.channel = folder, Channel(peer.origin, 5.0)
        self.journal = Journal(folder)
        self.bridge = enrol(self.journal, self.channel, peer.invite()).bridge

    def reboot(self) -> None:
        self.journal.close()
        self.journal = Journal(self.folder)

    def rotate(self) -> None:
        rotating.rotate(self.journal, self.channel, Clock())

    def sign_on(self) -> str:
        return SignOn(self.bridge, JournalKeys(self.journal), Clock()).token(self.channel)

    def works_with(self, key: bytes) -> bool:
        try:
            SignOn(self.bridge, SingleKey(key), Clock()).token(self.channel)
        except ServerError:
            return False
        return True

    def close(self) -> None:
        self.channel.close()
        self.journal.close()


@pytest.fixture
def bridge(tmp_path: Path, peer: Peer) -> Iterator[RebootedBridge]:
    bridge = RebootedBridge(tmp_path, peer)
    yield bridge
    bridge.close()


def test_after_a_rotation_only_the_new_key_signs_on(bridge: RebootedBridge) -> None:
    (old,) = bridge.journal.keys()
    bridge.rotate()
    new, beside = bridge.journal.keys()
    assert (beside, new != old) == (old, True)
    assert bridge.sign_on()
    assert not bridge.works_with(old)


def test_until_the_new_key_is_used_the_old_one_works(
    bridge: RebootedBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = bridge.journal.keys()
    cut_power(monkeypatch, "announced")
    with pytest.raises(PlugPulled):
        bridge.rotate()
    assert bridge.works_with(old)


def cut_power(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Simulate a power cut at a step of the rotation."""
    announce = rotating.announce

    def never(*_: object) -> None:
        raise PlugPulled

    def then_off(*args: object) -> None:
        announce(*args)  # type: ignore[arg-type]  # the arguments of the call
        raise PlugPulled

    cuts = {
        "kept": (rotating, "announce", never),
        "announced": (rotating, "announce", then_off),
        "used": (Journal, "use_key", never),
        "begun": (Journal, "save_spare_key", never),
    }
    monkeypatch.setattr(*cuts[moment])


def check_a_power_cut_leaves_a_working_bridge(
    bridge: RebootedBridge, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """After a power cut at `moment` the bridge signs on, and its key can be rotated."""
    with monkeypatch.context() as patched:
        cut_power(patched, moment)
        with pytest.raises(PlugPulled):
            bridge.rotate()
    bridge.reboot()
    assert bridge.sign_on()
    before = bridge.journal.keys()[0]
    bridge.rotate()
    assert bridge.sign_on()
    assert not bridge.works_with(before)


@pytest.mark.parametrize("moment", ["begun", "kept", "announced", "used"])
def test_a_power_cut_during_a_rotation_leaves_a_working_bridge(
    bridge: RebootedBridge, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    check_a_power_cut_leaves_a_working_bridge(bridge, monkeypatch, moment)


@pytest.mark.thorough
@pytest.mark.planted_fault("the new key is in memory only")
def test_a_new_key_in_memory_only_fails_the_check(
    bridge: RebootedBridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Journal, "save_spare_key", lambda *_: None)
    with pytest.raises(ServerError):
        check_a_power_cut_leaves_a_working_bridge(bridge, monkeypatch, "used")


def test_a_server_restored_to_an_older_backup_accepts_the_bridge(
    bridge: RebootedBridge, peer: Peer
) -> None:
    known = dict(peer._bridges)
    bridge.rotate()
    peer._bridges = known
    assert bridge.sign_on()


def test_a_running_bridge_uses_the_new_key(rig: Rig, capsys: pytest.CaptureFixture[str]) -> None:
    rig.start()
    rig.event("changes")
    assert main(["rotate", "--config", str(rig.config)]) == 0
    assert "new key is in use" in capsys.readouterr().out
    rig.peer.revoke_tokens()
    requests, signed_on = len(rig.peer.statuses), rig.peer.sign_ons
    eventually(lambda: len(rig.peer.statuses) > requests + 1, "more requests")
    assert rig.peer.sign_ons > signed_on
    assert rig.stop() == 0


def test_a_revoked_bridge_is_not_asked_to_try_again(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.peer._bridges.clear()
    assert main(["rotate", "--config", str(rig.config)]) == 1
    said = capsys.readouterr().err
    assert "enrol this box as a new bridge" in said
    assert "run it again" not in said


def test_a_revoked_box_is_told_to_enrol_anew_and_not_to_try_again(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.peer.set_revoked()
    assert main(["rotate", "--config", str(rig.config)]) == 1
    said = capsys.readouterr().err
    assert "enrol this box as a new bridge, in an empty folder" in said
    assert "run it again" not in said
