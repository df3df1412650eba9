"""The minutes that a space may have of its own. Pure."""

from typing import Final

MINUTES: Final = (
    "step_minutes",
    "least_minutes",
    "most_minutes",
    "before_minutes",
    "after_minutes",
)
"""Columns of a space; where one is empty, the service's policy decides."""
