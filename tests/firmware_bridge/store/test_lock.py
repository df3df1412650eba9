"""One process of the bridge on a data folder."""

from pathlib import Path

import pytest

from firmware_bridge.cli import main
from firmware_bridge.store.lock import FolderInUse, only_process_on
from tests.world.rig import Phone, Rig


def test_the_lock_is_free_again_when_its_process_has_ended(tmp_path: Path) -> None:
    with only_process_on(tmp_path), pytest.raises(FolderInUse), only_process_on(tmp_path):
        pass
    with only_process_on(tmp_path):
        pass


def test_a_second_bridge_on_the_folder_ends_with_a_word_and_the_first_goes_on(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    phone = Phone()
    rig.start()
    rig.know(phone)
    for command in ([], ["enrol", "--token", rig.peer.invite()]):
        assert main([*command, "--config", str(rig.config)]) == 2
        assert "another zone-bridge works on" in capsys.readouterr().err
    assert rig.scan(phone.code())["struck"]


def test_after_a_kill_the_folder_is_free(rig: Rig) -> None:
    rig.start()
    rig.kill()
    rig.start()
