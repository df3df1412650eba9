"""The jobs of the scheduler. `zone.core.jobs` runs each once per due time."""

from typing import Final

from zone.app import FEATURES
from zone.core.jobs.rules import Job

JOBS: Final[tuple[Job, ...]] = tuple(job for feature in FEATURES for job in feature.jobs)
"""The jobs of all features."""
