"""Fixtures for the bridge: one door in this process, or a site with the bridge as a process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.peer import Peer, serving
from tests.world.quick_line import quicken
from tests.world.rig import SITE, Phone, Rig, Stand, rigged


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def stand(tmp_path: Path, phone: Phone) -> Iterator[Stand]:
    """A door whose roster has `phone`."""
    stand = Stand(tmp_path, phone.holder)
    yield stand
    stand.close()


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """An enrolled site; the test starts the bridge."""
    with rigged(tmp_path) as site:
        yield site


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A server for bridges, with one site."""
    with serving(SITE) as peer:
        yield peer


@pytest.fixture
def quick_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """The doctor does not wait for a silent line, nor for the end of a pulse."""
    quicken(monkeypatch)
