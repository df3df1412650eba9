"""The whole living demo: people come to both of its doors, and its mails arrive."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.demo.test_outage import database
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.core.db.transactions import reading
from zone.demo import doors, mails, supervisor, visitors
from zone.demo.supervisor import Installation

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
WAIT_SECONDS = 90


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Installation]:
    with supervisor.opened(tmp_path / "demo", full=True) as opened:
        yield opened


def came(running: Installation) -> set[tuple[str, bool]]:
    """Return at which of the two doors somebody was let in, or refused."""
    ours = (doors.DOOR, doors.GYM_DOOR)
    with database(running), reading() as session:
        scans = select(Door.name, Entry.granted).join(Door, Door.id == Entry.door_id)
        return {
            (name, bool(granted))
            for name, granted in session.execute(scans.where(Door.name.in_(ours)))
        }


def test_people_come_to_both_doors_and_mails_arrive(
    running: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "PAUSE", (0.2, 0.6))
    monkeypatch.setattr(visitors, "PEOPLE", 4)
    said: list[str] = []
    deadline = time.monotonic() + WAIT_SECONDS
    wanted = {(doors.DOOR, True), (doors.GYM_DOOR, True)}
    with visitors.coming(running, said.append):
        while not wanted <= came(running):
            assert time.monotonic() < deadline, said
            time.sleep(0.5)
    assert any("green" in line for line in said)
    assert list((running.settings.data_dir / mails.FOLDER).glob("*.eml"))
