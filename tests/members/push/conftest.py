"""A push service on a loopback port, for the tests of notifications."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world.push import PushService, push_service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as running:
        yield running
