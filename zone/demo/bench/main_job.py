"""`main-job`: the one scenario, step by step, with the simulated phone; how long each step takes a person's server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from zone.demo import scenario
from zone.demo.bench.figures import Figure
from zone.demo.stage import opened
from zone.demo.students import ScreenlessStudent


def run() -> Iterator[Figure]:
    """A figure a step, in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="zone-main-job-") as folder, opened(Path(folder)) as stage:
        played = scenario.play(stage, ScreenlessStudent(stage.url), lambda *_: None)
    for step, seconds in played.seconds.items():
        yield Figure("main-job", step, "ms", 1, value=seconds * 1000)
