"""All that the service does by itself, on time. How a job runs once per due time: `zone.core.jobs`."""

from typing import Final

from zone.app import FEATURES
from zone.core.jobs.service import Job

JOBS: Final[tuple[Job, ...]] = tuple(job for feature in FEATURES for job in feature.jobs)
"""The jobs of all features."""
