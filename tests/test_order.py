"""On which engine a test runs in which tier."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFTEST = """\
import pytest
from tests import order

def pytest_generate_tests(metafunc):
    if "engine_name" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("engines")
        names = marker.args if marker else ("sqlite", "postgresql")
        metafunc.parametrize("engine_name", names)

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    order.give_engines_in_turn(items)
    order.leave_out_cases(items)
"""
FILE = """\
import pytest

def test_first(engine_name): pass
def test_second(engine_name): pass

@pytest.mark.planted_fault("a fault")
def test_fault(engine_name): pass

@pytest.mark.parametrize("n", [1, 2])
def test_third(engine_name, n): pass

@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.parametrize("n", [1, 2])
def test_race(engine_name, n): pass
"""
MANY = """\
import pytest

pytestmark = pytest.mark.engines("sqlite")

@pytest.mark.parametrize("n", range(7))
def test_many(engine_name, n): pass

@pytest.mark.every_case
@pytest.mark.parametrize("n", range(4))
def test_all(engine_name, n): pass

@pytest.mark.parametrize("n", range(4))
def test_without_a_database(n): pass
"""


def collected(folder: Path, tier: str, text: str = FILE) -> set[str]:
    """Return the names of the tests of a file that a tier runs."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_file.py").write_text(text)
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", tier, str(folder)],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return {line.partition("::")[2] for line in found.splitlines() if "::" in line}


def test_the_tests_of_a_file_take_turns_and_nothing_is_left_out(tmp_path: Path) -> None:
    assert collected(tmp_path, "not thorough") == {
        *("test_first[sqlite]", "test_second[postgresql]", "test_fault[sqlite]"),
        *("test_third[sqlite-1]", "test_third[postgresql-2]"),
        *("test_race[sqlite-1]", "test_race[sqlite-2]"),
        *("test_race[postgresql-1]", "test_race[postgresql-2]"),
    }
    assert collected(tmp_path, "thorough") == {
        *("test_first[postgresql]", "test_second[sqlite]", "test_fault[postgresql]"),
        *("test_third[postgresql-1]", "test_third[sqlite-2]"),
    }


def test_of_many_cases_that_need_a_database_three_are_run(tmp_path: Path) -> None:
    assert collected(tmp_path, "not thorough", MANY) == {
        *(f"test_many[sqlite-{n}]" for n in (0, 3, 6)),
        *(f"test_all[sqlite-{n}]" for n in range(4)),
        *(f"test_without_a_database[{n}]" for n in range(4)),
    }
    left = {f"test_many[sqlite-{n}]" for n in (1, 2, 4, 5)}
    assert collected(tmp_path, "thorough", MANY) == left
