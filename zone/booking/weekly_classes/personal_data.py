"""The tables of weekly classes that name people."""

from typing import Final

from zone.core.personal_data import PersonalData

PERSONAL_DATA: Final = (
    PersonalData("session_rule", ("instructor_id",), reason="who leads a weekly class"),
)
