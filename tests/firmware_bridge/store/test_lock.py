"""One process of the bridge on a data folder."""

import shutil
from contextlib import closing
from pathlib import Path

import pytest

from firmware_bridge.cli import main
from firmware_bridge.store import box
from firmware_bridge.store.journal import Journal
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


def test_a_copied_folder_opens_nothing_and_says_why(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.start()
    assert rig.stop() == 0
    copy = rig.folder / "copy"
    shutil.copytree(rig.folder / "data", copy)
    config = rig.folder / "copy.toml"
    config.write_text(rig.config.read_text().replace(f"{rig.folder}/data", str(copy)))
    assert main(["--config", str(config)]) == 2
    assert "copied or moved" in capsys.readouterr().err
    rig.start()


def test_the_key_of_a_box_is_not_rotated_away_from_a_copy_of_its_folder(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.start()
    assert rig.stop() == 0
    copy = rig.folder / "copy"
    shutil.copytree(rig.folder / "data", copy)
    config = rig.folder / "copy.toml"
    config.write_text(rig.config.read_text().replace(f"{rig.folder}/data", str(copy)))
    assert main(["rotate", "--config", str(config)]) == 2
    assert "copied or moved" in capsys.readouterr().err
    rig.start()
    rig.event("wire")  # it has signed on


@pytest.mark.parametrize("damage", [b"no database at all", b"SQLite format 3\0" + bytes(4000)])
def test_a_journal_that_is_no_database_is_named_in_a_word(
    rig: Rig, capsys: pytest.CaptureFixture[str], damage: bytes
) -> None:
    (rig.folder / "data" / "journal.sqlite").write_bytes(damage)
    for command in ([], ["doctor", "--no-ask"], ["rotate"], ["adopt"]):
        assert main([*command, "--config", str(rig.config)]) == 2
        assert "the journal cannot be opened" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_named_in_a_word(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    rig.config.write_text(rig.config.read_text().replace(f"{rig.folder}/data", "/proc/none"))
    assert main(["--config", str(rig.config)]) == 2
    assert "data folder cannot be used" in capsys.readouterr().err


def check_a_copy_is_told_from_its_original(folder: Path) -> None:
    original, copy = folder / "original", folder / "copy"
    with closing(Journal(original)) as journal:
        for _ in range(2):  # the first start takes the folder, the next one knows it
            box.check_box(journal, original)
    shutil.copytree(original, copy)
    with closing(Journal(copy)) as journal, pytest.raises(box.CopiedFolder):
        box.check_box(journal, copy)


def test_a_copy_is_told_from_its_original(tmp_path: Path) -> None:
    check_a_copy_is_told_from_its_original(tmp_path)


@pytest.mark.planted_fault("a mark that all folders share")
def test_a_mark_that_all_folders_share_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "mark_of", lambda folder: "the same")
    with pytest.raises(pytest.fail.Exception):
        check_a_copy_is_told_from_its_original(tmp_path)


def test_a_folder_that_was_moved_for_good_is_adopted(rig: Rig) -> None:
    rig.start()
    assert rig.stop() == 0
    moved = rig.folder / "moved"
    shutil.copytree(rig.folder / "data", moved)
    shutil.rmtree(rig.folder / "data")
    rig.config.write_text(rig.config.read_text().replace(f"{rig.folder}/data", str(moved)))
    assert main(["adopt", "--config", str(rig.config)]) == 0
    rig.start()
