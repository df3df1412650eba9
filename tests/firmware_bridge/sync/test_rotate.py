"""A new device key: the old one ends with the first use of the new, and no power cut leaves a box locked out."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.cli import main
from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync import rotate as rotating
from firmware_bridge.sync.client import Channel, JournalKeys, ServerError, SignOn, SingleKey
from firmware_bridge.sync.enrol import enrol
from tests.world.peer import Peer
from tests.world.rig import Rig, eventually


class PlugPulled(BaseException):
    """The power goes off: nothing after this is done."""


class Box:
    """A box that is enrolled, and can be switched off and on."""

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
def box(tmp_path: Path, peer: Peer) -> Iterator[Box]:
    box = Box(tmp_path, peer)
    yield box
    box.close()


def test_the_new_key_signs_on_and_the_old_one_no_longer(box: Box) -> None:
    (old,) = box.journal.keys()
    box.rotate()
    new, beside = box.journal.keys()
    assert (beside, new != old) == (old, True)
    assert box.sign_on()
    assert not box.works_with(old)


def test_until_the_new_key_is_used_the_old_one_works(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    (old,) = box.journal.keys()
    cut(monkeypatch, "announced")
    with pytest.raises(PlugPulled):
        box.rotate()
    assert box.works_with(old)


def cut(monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Pull the plug once, at a moment of the rotation."""
    announce = rotating.announce

    def never(*_: object) -> None:
        raise PlugPulled

    def then_off(*args: object) -> None:
        announce(*args)  # type: ignore[arg-type]  # as it was called
        raise PlugPulled

    cuts = {
        "kept": (rotating, "announce", never),
        "announced": (rotating, "announce", then_off),
        "used": (Journal, "use_key", never),
        "begun": (Journal, "save_spare_key", never),
    }
    monkeypatch.setattr(*cuts[moment])


def check_a_power_cut_leaves_a_working_box(
    box: Box, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The property: cut off anywhere, the box signs on after it boots, and can be rotated then."""
    with monkeypatch.context() as patched:
        cut(patched, moment)
        with pytest.raises(PlugPulled):
            box.rotate()
    box.reboot()
    assert box.sign_on()
    before = box.journal.keys()[0]
    box.rotate()
    assert box.sign_on()
    assert not box.works_with(before)


@pytest.mark.parametrize("moment", ["begun", "kept", "announced", "used"])
def test_a_power_cut_while_rotating_leaves_a_working_box(
    box: Box, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    check_a_power_cut_leaves_a_working_box(box, monkeypatch, moment)


@pytest.mark.planted_fault("a box that keeps the new key in memory only")
def test_a_box_that_keeps_the_new_key_in_memory_only_fails_the_check(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Journal, "save_spare_key", lambda *_: None)
    with pytest.raises(ServerError):
        check_a_power_cut_leaves_a_working_box(box, monkeypatch, "used")


def test_a_server_restored_to_the_day_before_takes_the_box_back(box: Box, peer: Peer) -> None:
    known = dict(peer._bridges)
    box.rotate()
    peer._bridges = known
    assert box.sign_on()


def test_a_bridge_that_runs_goes_on_with_the_new_key(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.start()
    rig.event("changes")
    assert main(["rotate", "--config", str(rig.config)]) == 0
    assert "new key is in use" in capsys.readouterr().out
    rig.peer.revoke_tokens()
    asked, signed_on = len(rig.peer.statuses), rig.peer.sign_ons
    eventually(lambda: len(rig.peer.statuses) > asked + 1, "more questions")
    assert rig.peer.sign_ons > signed_on
    assert rig.stop() == 0
