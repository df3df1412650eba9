"""The tables of accessibility that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention

PERSONAL_DATA: Final = (
    PersonalData(
        "accessibility_feedback",
        ("email", "answered_by"),
        retention=Retention(
            "a year after the answer was given or due", "feedback.forget_accessibility"
        ),
    ),
)
