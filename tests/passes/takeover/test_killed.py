"""An import whose process is killed in the middle is finished by the same file."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.passes.takeover.test_takeover import NOW, take
from tests.world.takeover import count_of, csv_file
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading
from zone.members.people.models import Member
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.takeover import invariants
from zone.passes.takeover.models import TakenOverPass

pytestmark = [pytest.mark.engines("sqlite", "postgresql"), pytest.mark.slow, pytest.mark.thorough]
ROWS = 600


def test_a_killed_import_is_finished_by_the_same_file(
    shop: Flask, settings: Settings, tmp_path: Path
) -> None:
    """kill -9 between two batches of 100, or within one: what is stored is whole batches."""
    content = csv_file(
        *({"external_id": f"K-{n}", "email": f"k{n % 400}@example.fi"} for n in range(ROWS))
    )
    file = tmp_path / "passes.csv"
    file.write_bytes(content)
    people = count_of(Member)
    url = db.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-m", "zone", "takeover", str(file), "--store"],
        env=os.environ | {"ZONE_DATABASE_URL": url, "ZONE_DATA_DIR": str(settings.data_dir)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as importing:
        assert importing.stderr
        said = [line for line, _ in zip(importing.stderr, range(2), strict=False)]
        importing.kill()
    assert said == ["100 of 600\n", "200 of 600\n"]
    stored = count_of(TakenOverPass)
    assert stored % 100 == 0
    assert 200 <= stored < ROWS
    again = take(content)
    assert (again.done, again.before, again.faults) == (ROWS - stored, stored, ())
    assert (count_of(Pass), count_of(TakenOverPass)) == (ROWS, ROWS)
    assert count_of(Member) == people + 400
    with reading() as session:
        assert invariants.count_wrong_takeovers(session, NOW) == 0
        sold = session.scalars(select(PassEvent.pass_id).where(PassEvent.kind == "sold")).all()
    assert len(sold) == len(set(sold)) == ROWS
