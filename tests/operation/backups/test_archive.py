"""The file of a backup is whole or refused, whatever happened to its bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.world.booking import NOW
from zone.core.errors import OperationError
from zone.operation.backups import archive
from zone.operation.backups.archive import ArchivePart, Manifest


def written(folder: Path) -> tuple[Path, Manifest]:
    """Write an archive with two parts and return it with its manifest."""
    parts = {"table/one": b"one\n" * 40, "two": bytes(range(256))}
    files = {}
    for name, content in parts.items():
        files[name] = folder / Path(name).name
        files[name].write_bytes(content)
    listed = tuple(archive.part_of(file, name) for name, file in files.items())
    manifest = Manifest("1", "0001", "sqlite", NOW.isoformat(), listed)
    archive.write(folder / "good", manifest, files)
    return folder / "good", manifest


@contextmanager
def found_as_damage() -> Iterator[list[str]]:
    """Yield a list that holds the sentence of the refusal, if there is one."""
    damage: list[str] = []
    try:
        yield damage
    except OperationError as error:
        damage.append(str(error))
    assert all("not a whole backup" in sentence for sentence in damage)


@pytest.mark.parametrize("bits", [0x55, 0x01, 0x80])
def test_a_changed_byte_is_found_or_has_changed_nothing(tmp_path: Path, bits: int) -> None:
    path, manifest = written(tmp_path)
    good = path.read_bytes()
    found = 0
    for at in range(len(good)):
        path.write_bytes(good[:at] + bytes([good[at] ^ bits]) + good[at + 1 :])
        with found_as_damage() as damage:
            assert archive.verify(path) == manifest
        found += len(damage)
    # All but gzip's header of 10 bytes (RFC 1952, 2.3.1), which names the time and the operating
    # system, and the bits that fill its last byte.
    assert found >= len(good) - 11


def test_a_shortened_file_is_found_wherever_it_ends(tmp_path: Path) -> None:
    path, _ = written(tmp_path)
    good = path.read_bytes()
    for length in range(len(good)):
        path.write_bytes(good[:length])
        with pytest.raises(OperationError, match="not a whole backup"):
            archive.verify(path)


@pytest.mark.planted_fault("the end of the file is not read, where gzip's checksum stands")
def test_an_archive_whose_end_is_not_read_fails_the_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_end", lambda tar: None)
    with pytest.raises(AssertionError):
        test_a_changed_byte_is_found_or_has_changed_nothing(tmp_path, 0x55)


def test_what_could_be_unpacked_is_what_was_written(tmp_path: Path) -> None:
    path, manifest = written(tmp_path)
    assert archive.unpack(path, tmp_path / "out") == manifest
    assert (tmp_path / "out" / "table" / "one").read_bytes() == b"one\n" * 40


def test_a_changed_part_does_not_fit_its_hash(tmp_path: Path) -> None:
    (tmp_path / "part").write_bytes(b"one")
    part = archive.part_of(tmp_path / "part", "part")
    lying = replace(part, sha256="0" * 64)
    manifest = Manifest("1", "0001", "sqlite", NOW.isoformat(), (lying,))
    with pytest.raises(OperationError, match="not as it was written"):
        archive.write(tmp_path / "bad", manifest, {"part": tmp_path / "part"})
    assert not (tmp_path / "bad").exists()


@pytest.mark.parametrize("name", ["/etc/passwd", "../above"])
def test_no_part_is_written_outside(tmp_path: Path, name: str) -> None:
    (tmp_path / "part").write_bytes(b"")
    manifest = Manifest("1", "0001", "sqlite", NOW.isoformat(), (ArchivePart(name, 0, "0"),))
    with pytest.raises(OperationError, match="a part is named"):
        archive.write(tmp_path / "bad", manifest, {name: tmp_path / "part"})


def test_abandoned_folders_are_deleted_and_used_ones_are_not(tmp_path: Path) -> None:
    left = tmp_path / f"{archive.SCRATCH}left"
    left.mkdir()
    (left / "zone.sqlite").touch()
    with archive.scratch(tmp_path) as first, archive.scratch(tmp_path) as second:
        assert set(tmp_path.iterdir()) == {first, second}
    assert list(tmp_path.iterdir()) == []
