"""Which tests run in which tier, and their order.

Of what could run on both engines the default tier runs each case on one, in turn over the tests of
a file: the first on SQLite, the second on PostgreSQL. Of a planted fault SQLite is enough: what is
proven is that the check notices. The other runs are thorough. A test whose marker names both,
`engines("sqlite", "postgresql")`, runs every case on each: races, and what a database refuses.
Of many cases that need a database the default tier then runs three.

Tests that start processes come first, dealt to the workers of a run. A worker takes an equal part
of the list and, when it is done, takes from the others. A slow test at the end of a part would be
what everybody waits for; a fast one is not.
"""

from collections.abc import Sequence
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any

import pytest


def slow_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests so that each worker's part begins with its share of the slow ones.

    The slow tests of one file, or of a folder with fixtures of its own scope, stay together: they
    share what was started for them.
    """
    parts: list[list[pytest.Item]] = [[] for _ in range(workers)]
    slow = [item for item in items if item.get_closest_marker("slow")]
    folders = {item.path.parent for item in slow if _shares_a_folder(item)}

    def place_of(item: pytest.Item) -> Path:
        return item.path.parent if item.path.parent in folders else item.path

    for _place, group in groupby(slow, key=place_of):
        min(parts, key=len).extend(group)
    others = iter([item for item in items if not item.get_closest_marker("slow")])
    size = ceil(len(items) / workers)
    for part in parts:
        part.extend(item for _, item in zip(range(size - len(part)), others, strict=False))
    return [item for part in parts for item in part]


def _shares_a_folder(item: pytest.Item) -> bool:
    """Whether a test uses a fixture that is made once for its folder."""
    fixtures = getattr(item, "_fixtureinfo").name2fixturedefs.values()  # noqa: B009 -- of Function
    return any(found[-1].scope == "package" for found in fixtures)


def give_engines_in_turn(items: Sequence[pytest.Item]) -> None:
    """Mark as thorough, of each case that would run on both engines, one of its two runs."""
    runs_of: dict[object, list[pytest.Item]] = {}
    for item in items:
        if _runs_on_both_engines(item):
            runs_of.setdefault(_turns_of(item), []).append(item)
    for runs in runs_of.values():
        engines = list(dict.fromkeys(map(_engine_of, runs)))
        if runs[0].get_closest_marker("planted_fault"):
            engines = engines[:1]
        cases = list(dict.fromkeys(map(_case_of, runs)))
        for run in runs:
            if _engine_of(run) != engines[cases.index(_case_of(run)) % len(engines)]:
                run.add_marker("thorough")


def leave_out_cases(items: Sequence[pytest.Item]) -> None:
    """Mark as thorough all but three cases of a test on a database: the first, middle and last.

    A test marked `every_case` keeps all, as do those without a database, which cost little.
    """
    cases_of: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        if "engine_name" in _parameters_of(item) and not (
            item.get_closest_marker("thorough") or item.get_closest_marker("every_case")
        ):
            cases_of.setdefault((item.nodeid.partition("[")[0], _engine_of(item)), []).append(item)
    for cases in cases_of.values():
        kept = {0, len(cases) // 2, len(cases) - 1}
        for number, case in enumerate(cases):
            if number not in kept:
                case.add_marker("thorough")


def _runs_on_both_engines(item: pytest.Item) -> bool:
    return (
        "engine_name" in _parameters_of(item)
        and item.get_closest_marker("engines") is None
        and item.get_closest_marker("thorough") is None
    )


def _turns_of(item: pytest.Item) -> object:
    """Return what the runs have in common that take turns: their file, or a planted fault."""
    planted = item.get_closest_marker("planted_fault")
    return item.nodeid.partition("[")[0] if planted else item.path


def _parameters_of(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return {} if callspec is None else callspec.params


def _engine_of(item: pytest.Item) -> str:
    return str(_parameters_of(item)["engine_name"])


def _case_of(item: pytest.Item) -> tuple[str, str]:
    """Return the function, and the name of the case: that of the run without its engine."""
    function, _, name = item.nodeid.removesuffix("]").partition("[")
    return function, "-".join(part for part in name.split("-") if part != _engine_of(item))
