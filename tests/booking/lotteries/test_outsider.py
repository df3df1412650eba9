"""An outsider recomputes a draw from what everybody can download: by the command, and alone."""

import json
import re
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.world.booking import World
from tests.world.lotteries import a_drawn_class, announce, draw, enter, people
from zone.cli.main import zone

pytestmark = pytest.mark.engines("sqlite", thorough="postgresql")
GUIDE: Final = Path(__file__).resolve().parents[3] / "docs" / "lottery.md"


@pytest.fixture
def drawn(world: World) -> uuid.UUID:
    """A lottery of seven people for three places."""
    crew = people(world, 8)
    lottery = announce(a_drawn_class(world, places=3), crew[0])
    for member in crew[1:]:
        enter(lottery, member)
    draw(lottery)
    return lottery


@pytest.fixture
def downloaded(app: Flask, drawn: uuid.UUID, tmp_path: Path) -> Path:
    """The file that the page lets everybody download."""
    answer = app.test_client().get(f"/lotteries/{drawn}.json")
    assert answer.status_code == 200
    path = tmp_path / "lottery.json"
    path.write_bytes(answer.data)
    return path


def program(tmp_path: Path) -> Path:
    """The program of the guide, as it stands there."""
    [code] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "outsider.py"
    path.write_text(code, encoding="utf-8")
    return path


def outsider(tmp_path: Path, file: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-I", program(tmp_path), file], capture_output=True, check=False
    )
    return done.returncode


def by_command(file: Path) -> int:
    return CliRunner().invoke(zone, ["lottery", str(file)]).exit_code


def change(file: Path, **changed: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))


def test_the_draw_is_as_it_was_promised(tmp_path: Path, downloaded: Path) -> None:
    assert outsider(tmp_path, downloaded) == 0
    assert by_command(downloaded) == 0


def test_the_api_has_what_the_file_has(app: Flask, drawn: uuid.UUID, downloaded: Path) -> None:
    answer = app.test_client().get(f"/api/v1/lotteries/{drawn}")
    assert answer.json == json.loads(downloaded.read_text())


def test_the_file_names_nobody(downloaded: Path) -> None:
    assert "drawn1" not in downloaded.read_text()
    assert "zone.example" not in downloaded.read_text()


@pytest.mark.thorough
@pytest.mark.planted_fault("somebody is put before the others, or the seed is another one")
@pytest.mark.parametrize("what", ["order", "seed", "places"])
def test_what_was_changed_is_noticed(tmp_path: Path, downloaded: Path, what: str) -> None:
    entries = json.loads(downloaded.read_text())["entries"]
    faults: dict[str, dict[str, Any]] = {
        "order": {"entries": [entries[-1], *entries[:-1]]},
        "seed": {"seed": "00" * 32},
        "places": {"places": 2},
    }
    change(downloaded, **faults[what])
    assert outsider(tmp_path, downloaded) == 1
    assert by_command(downloaded) == 1


def test_the_command_reads_its_input_and_refuses_what_is_no_json() -> None:
    refused = CliRunner().invoke(zone, ["lottery", "-"], input="no json")
    assert refused.exit_code == 1
    assert "no JSON" in refused.output
