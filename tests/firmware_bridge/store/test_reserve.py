"""The reserve holds what the disk has room for."""

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.store.reserve import Reserve

KIB = 1024


@pytest.fixture
def at_most_300_kib() -> Iterator[None]:
    """Let no file of this process grow beyond that, as a disk without room."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300 * KIB, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("at_most_300_kib")
def test_a_reserve_that_may_be_smaller_holds_half_or_a_quarter(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 1024 * KIB, 128 * KIB)
    assert reserve.held
    assert (tmp_path / "reserve").stat().st_size == 256 * KIB


@pytest.mark.usefixtures("at_most_300_kib")
def test_otherwise_it_is_held_whole_or_not_at_all(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "reserve", 1024 * KIB).held
    assert (tmp_path / "reserve").stat().st_size == 0
