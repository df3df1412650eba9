"""The tables of sessions that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData(
        "class_session",
        ("instructor_id",),
        reason="who led a class is part of the record of the work",
    ),
)
