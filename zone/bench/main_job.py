"""`main-job`: the time of each step of the scripted scenario, with the simulated phone."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from zone.bench.measurements import Measurement
from zone.demo import scenario
from zone.demo.students import ScreenlessStudent
from zone.demo.supervisor import opened


def run() -> Iterator[Measurement]:
    """Yield a figure for each step, in milliseconds."""
    with (
        tempfile.TemporaryDirectory(prefix="zone-main-job-") as folder,
        opened(Path(folder)) as stage,
    ):
        played = scenario.play(stage, ScreenlessStudent(stage.url), lambda *_: None)
    for step, seconds in played.seconds.items():
        yield Measurement("main-job", step, "ms", 1, value=seconds * 1000)
