"""The order of tests: those that start processes come first, dealt to the workers of a run.

A worker takes an equal part of the list and, when it is done, takes from the others. A slow test
at the end of a part would be what everybody waits for; a fast one is not.
"""

from collections.abc import Sequence
from itertools import groupby
from math import ceil

import pytest


def slow_first(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """Return the tests so that each worker's part begins with its share of the slow ones.

    The slow tests of one file stay together: they share what their module has started.
    """
    parts: list[list[pytest.Item]] = [[] for _ in range(workers)]
    slow = (item for item in items if item.get_closest_marker("slow"))
    for _path, group in groupby(slow, key=lambda item: item.path):
        min(parts, key=len).extend(group)
    others = iter([item for item in items if not item.get_closest_marker("slow")])
    size = ceil(len(items) / workers)
    for part in parts:
        part.extend(item for _, item in zip(range(size - len(part)), others, strict=False))
    return [item for part in parts for item in part]
