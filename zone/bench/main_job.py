"""`main-job`: the one scenario, step by step, with the simulated phone; how long each step takes a person's server."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from zone.bench.measurements import Measurement
from zone.demo import scenario
from zone.demo.students import ScreenlessStudent
from zone.demo.supervisor import opened


def run() -> Iterator[Measurement]:
    """A figure a step, in milliseconds."""
    with (
        tempfile.TemporaryDirectory(prefix="zone-main-job-") as folder,
        opened(Path(folder)) as stage,
    ):
        played = scenario.play(stage, ScreenlessStudent(stage.url), lambda *_: None)
    for step, seconds in played.seconds.items():
        yield Measurement("main-job", step, "ms", 1, value=seconds * 1000)
