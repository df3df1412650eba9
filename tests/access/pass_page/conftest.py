"""The pass page in a browser, served by the application over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.served_app import Site, serve
from zone.core.config import Settings
from zone.demo.example import SELLER


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    """A served application with one student who holds a pass."""
    (tmp_path / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    with serve(
        Settings(data_dir=tmp_path, payment_provider="development", **SELLER, pool_size=8)
    ) as site:
        yield site
